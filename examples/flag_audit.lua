-- Feature flags of Unleash that should be cleaned up: marked as stale, on everywhere for long, or used by nobody.
--
--   assay examples/flag_audit.lua -- [--json] [--days=90] [--project=ID] [URL]
--
-- Exit code 1 when there are any. Young flags (fewer than so many days) are left alone unless they are marked, and so
-- are switches for operations, which are meant to stay. UNLEASH_URL and UNLEASH_TOKEN say where and who.

local KEPT = { ["kill-switch"] = true, permission = true, operational = true }

local function usage()
  io.stderr:write("usage: assay flag_audit.lua -- [--json] [--days=90] [--project=ID] [URL]\n")
  io.stderr:write("without URL it is UNLEASH_URL; UNLEASH_TOKEN must be set\n")
  require("os").exit(2)
end

local given = { json = false, days = "90", project = "" }
for _, word in ipairs(arg or {}) do
  local name, value = word:match("^%-%-?(%a*)=?(.*)$")
  if name and given[name] == nil then usage() end
  if name then given[name] = value else given[#given + 1] = word end
end
local url, token = given[1] or env.get("UNLEASH_URL"), env.get("UNLEASH_TOKEN")
local days = tonumber(given.days)
if #given > 1 or not (url and token and days) then usage() end

-- Seconds since 1970 of "2026-11-22T10:00:00Z"; os.time alone would take it for local time.
local function seconds(text)
  local year, month, day, hour, min, sec = text:match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)")
  local t = os.time({ year = year, month = month, day = day, hour = hour, min = min, sec = sec, isdst = false })
  return t + (t - os.time(os.date("!*t", t)))
end

-- Whole days; nil when the time is not known.
local function days_since(text) return text and (time() - seconds(text)) // 86400 | 0 end

local function is_on_everywhere(feature)
  for _, environment in ipairs(feature.environments or {}) do
    if not environment.enabled then return false end
  end
  return #(feature.environments or {}) > 0
end

-- The last time that a server asked for the flag, in any environment; nil when none ever did.
local function last_seen(feature)
  local latest = feature.lastSeenAt
  for _, environment in ipairs(feature.environments or {}) do
    local seen = environment.lastSeenAt
    if seen and (not latest or seen > latest) then latest = seen end
  end
  return latest
end

local function reason_to_go(feature)
  if feature.stale then return "marked as stale" end
  local age = days_since(feature.createdAt)
  if KEPT[feature.type] or not age or age < days then return nil end
  local seen = last_seen(feature)
  if not seen then return "never used" end
  if days_since(seen) >= days then return ("not used for %d days"):format(days_since(seen)) end
  if is_on_everywhere(feature) then return ("on everywhere, %d days old"):format(age) end
end

local client = require("assay.unleash").client(url, { token = token, timeout = 30 })
local count, found = 0, json.array()
for feature in client:each_feature({ project = given.project ~= "" and given.project or nil }) do
  if not feature.archivedAt then
    count = count + 1
    local reason = reason_to_go(feature)
    local row = { project = feature.project, flag = feature.name, type = feature.type, reason = reason }
    if reason then found[#found + 1] = row end
  end
end

if given.json then
  print(json.encode({ flags = count, to_clean_up = found }))
else
  if #found > 0 then display(found, { columns = { "project", "flag", "type", "reason" } }) end
  print(("%d of %d flags should be cleaned up"):format(#found, count))
end
if #found > 0 then require("os").exit(1) end

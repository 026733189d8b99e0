-- When the certificates of a cluster with cert-manager expire, the next one first.
--
--   assay examples/cert_expiry.lua -- [--json] [--days=21] [--context=NAME] [NAMESPACE]
--
-- Exit code 1 when one expires within that many days (or CERT_DAYS), was never issued or is not ready, and when there
-- is none at all. Without a namespace it looks at all of them.

local function usage()
  io.stderr:write("usage: assay cert_expiry.lua -- [--json] [--days=21] [--context=NAME] [NAMESPACE]\n")
  require("os").exit(2)
end

local given = { json = false, days = env.get("CERT_DAYS") or "21", context = env.get("KUBE_CONTEXT") or "" }
for _, word in ipairs(arg or {}) do
  local name, value = word:match("^%-%-?(%a*)=?(.*)$")
  if name and given[name] == nil then usage() end
  if name then given[name] = value else given[#given + 1] = word end
end
local days = tonumber(given.days) or usage()
if #given > 1 then usage() end

-- Seconds since 1970 of "2026-11-22T10:00:00Z"; os.time alone would take it for local time.
local function seconds(text)
  local year, month, day, hour, min, sec = text:match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)")
  local t = os.time({ year = year, month = month, day = day, hour = hour, min = min, sec = sec, isdst = false })
  return t + (t - os.time(os.date("!*t", t)))
end

local function is_ready(status)
  for _, condition in ipairs(status.conditions or {}) do
    if condition.type == "Ready" then return condition.status == "True" end
  end
  return false
end

local function describe(certificate)
  local status = certificate.status or {}
  local left = status.notAfter and (seconds(status.notAfter) - time()) / 86400
  local state = is_ready(status) and "ok" or "not ready"
  if not left then
    state = "never issued"
  elseif left < 0 then
    state = "expired"
  elseif left < days then
    state = "expires soon"
  end
  return {
    namespace = certificate.metadata.namespace,
    name = certificate.metadata.name,
    dns_names = table.concat(certificate.spec.dnsNames or {}, " "),
    expires = status.notAfter,
    days_left = left and math.floor(left),
    state = state,
  }
end

local client = require("assay.certmanager").client({ context = given.context ~= "" and given.context or nil })
local rows, wrong = json.array(), 0
for certificate in client:each("certificates", given[1] or "*") do
  rows[#rows + 1] = describe(certificate)
  if rows[#rows].state ~= "ok" then wrong = wrong + 1 end
end
table.sort(rows, function(a, b) return (a.days_left or -math.huge) < (b.days_left or -math.huge) end)

if given.json then
  print(json.encode({ certificates = rows, wrong = wrong }))
elseif #rows > 0 then
  display(rows, { columns = { "namespace", "name", "dns_names", "expires", "days_left", "state" } })
end
if #rows == 0 then io.stderr:write("no certificates found\n") end
if wrong > 0 or #rows == 0 then require("os").exit(1) end

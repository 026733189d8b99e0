-- The alerts that fire in Alertmanager, one line for each kind of alert, the worst first: for a handover or a channel.
--
--   assay examples/alert_digest.lua -- [--json] [--severity=critical] [--receiver=PATTERN] [URL]
--
-- Silenced and inhibited alerts are left out. Exit code 1 when one fires that is as severe as that, or more. Without a
-- URL it is ALERTMANAGER_URL; ALERTMANAGER_TOKEN is sent where it is set.

local RANKS = { critical = 1, error = 2, warning = 3, info = 4, none = 5 }

local function usage()
  io.stderr:write("usage: assay alert_digest.lua -- [--json] [--severity=critical] [--receiver=PATTERN] [URL]\n")
  io.stderr:write("without URL it is ALERTMANAGER_URL; severities: critical, error, warning, info, none\n")
  require("os").exit(2)
end

local given = { json = false, severity = "critical", receiver = "" }
for _, word in ipairs(arg or {}) do
  local name, value = word:match("^%-%-?(%a*)=?(.*)$")
  if name and given[name] == nil then usage() end
  if name then given[name] = value else given[#given + 1] = word end
end
local url, limit = given[1] or env.get("ALERTMANAGER_URL") or usage(), RANKS[given.severity] or usage()
if #given > 1 then usage() end

local client = require("assay.alertmanager").client(url, { token = env.get("ALERTMANAGER_TOKEN"), timeout = 15 })
local alerts = client:alerts({
  active = true, silenced = false, inhibited = false, receiver = given.receiver ~= "" and given.receiver or nil,
})

local digest, by_kind, severe = json.array(), {}, 0
for _, alert in ipairs(alerts) do
  local labels, annotations = alert.labels or {}, alert.annotations or {}
  local name, severity = labels.alertname or "(unnamed)", labels.severity or "none"
  local line = by_kind[name .. "\0" .. severity]
  if not line then
    line = { alert = name, severity = severity, count = 0, since = alert.startsAt, where = json.array() }
    by_kind[name .. "\0" .. severity], digest[#digest + 1] = line, line
  end
  line.count = line.count + 1
  line.summary = line.summary or annotations.summary or annotations.description
  if alert.startsAt and alert.startsAt < (line.since or "~") then line.since = alert.startsAt end
  line.where[#line.where + 1] = labels.instance or labels.pod or labels.namespace
  if (RANKS[severity] or RANKS.critical) <= limit then severe = severe + 1 end -- an unknown severity is not overlooked
end

table.sort(digest, function(a, b)
  local rank_a, rank_b = RANKS[a.severity] or 1, RANKS[b.severity] or 1
  if rank_a ~= rank_b then return rank_a < rank_b end
  if a.count ~= b.count then return a.count > b.count end
  return a.alert < b.alert
end)

if given.json then
  print(json.encode({ firing = #alerts, severe = severe, digest = digest }))
else
  if #digest > 0 then display(digest, { columns = { "severity", "alert", "count", "since", "summary" } }) end
  print(("%d alerts of %d kinds, %d %s or worse"):format(#alerts, #digest, severe, given.severity))
end
if severe > 0 then require("os").exit(1) end

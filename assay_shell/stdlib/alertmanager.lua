--- @module assay.alertmanager
--- @category monitoring
--- @description Alertmanager alert and silence management: query, create and delete alerts and silences
--- @keywords alertmanager, alerts, silences, receivers, monitoring, silence, inhibit, grouping, notification, receiver
--- @quickref M.alerts(url, opts?) -> [alert] | Alerts; opts: {active, silenced, inhibited, unprocessed, filter = [matcher], receiver}
--- @quickref M.post_alerts(url, alerts) -> true | Send a list of alerts {labels, annotations, startsAt, endsAt}
--- @quickref M.alert_groups(url, opts?) -> [{labels, receiver, alerts}] | Grouped alerts; opts: {active, silenced, inhibited, filter, receiver}
--- @quickref M.silences(url, opts?) -> [silence] | Silences; opts: {filter = [matcher]}
--- @quickref M.silence(url, id) -> silence | One silence; an error when there is none
--- @quickref M.create_silence(url, silence) -> {silenceID} | Create a silence, or change the one whose id it has
--- @quickref M.delete_silence(url, id) -> true | Expire a silence
--- @quickref M.status(url) -> {cluster, config, uptime, versionInfo} | State of the server
--- @quickref M.receivers(url) -> [{name}] | Configured receivers
--- @quickref M.is_firing(url, alertname) -> bool | Whether an alert fires that is neither silenced nor inhibited
--- @quickref M.silence_alert(url, alertname, duration_hours, opts?) -> id | Silence an alert by name from now on; opts: {created_by, comment}
--- @quickref M.active_count(url) -> int | Number of alerts that are neither silenced nor inhibited

local rest = require("assay.lib.rest")
local M = {}

local api = rest.service("alertmanager", { headers = rest.authorization, message = rest.by_function })

function M.alerts(url, opts)
  return api.get("alerts", url, "/api/v2/alerts?active?&silenced?&inhibited?&unprocessed?&filter&receiver", opts)
end

function M.post_alerts(url, alerts)
  api:expect("POST", "post_alerts", url, "/api/v2/alerts", nil, { body = alerts })
  return true
end

function M.alert_groups(url, opts)
  return api.get("alert_groups", url, "/api/v2/alerts/groups?active?&silenced?&inhibited?&filter&receiver", opts)
end

function M.silences(url, opts)
  return api.get("silences", url, "/api/v2/silences?filter", opts)
end

function M.silence(url, id)
  return api.get("silence", url, "/api/v2/silence/{id}", { id = id })
end

function M.create_silence(url, silence)
  return api.post("create_silence", url, "/api/v2/silences", nil, { body = silence })
end

function M.delete_silence(url, id)
  api:expect("DELETE", "delete_silence", url, "/api/v2/silence/{id}", { id = id })
  return true
end

function M.status(url)
  return api.get("status", url, "/api/v2/status")
end

function M.receivers(url)
  return api.get("receivers", url, "/api/v2/receivers")
end

local function firing(filter)
  return { active = true, silenced = false, inhibited = false, filter = filter }
end

function M.is_firing(url, alertname)
  local quoted = ('alertname="' .. alertname:gsub('[\\"]', "\\%0") .. '"')
  return #rest.owner(url, M).alerts(url, firing({ quoted })) > 0
end

-- The server takes RFC 3339 times only.
local function timestamp(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
end

function M.silence_alert(url, alertname, duration_hours, opts)
  opts = opts or {}
  local now = time()
  return rest.owner(url, M).create_silence(url, {
    matchers = { { name = "alertname", value = alertname, isRegex = false, isEqual = true } },
    startsAt = timestamp(now),
    endsAt = timestamp(now + duration_hours * 3600),
    createdBy = opts.created_by or "assay",
    comment = opts.comment or "Silenced by assay",
  }).silenceID
end

function M.active_count(url)
  return #rest.owner(url, M).alerts(url, firing())
end

M.client = rest.constructor(M)

return M

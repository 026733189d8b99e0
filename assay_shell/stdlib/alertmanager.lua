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

local api = rest.service("alertmanager", { headers = rest.authorization, message = rest.by_function, objects = true })

--- Lists alerts, unless told otherwise all of them.
--- Options, booleans unless said: `active`, `silenced`, `inhibited`, `unprocessed`, `filter` (list of matchers),
--- `receiver` (pattern).
--- Errors: `alertmanager.alerts: HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, alert in ipairs(c:alerts({ silenced = false, filter = { 'severity="critical"' } })) do print(alert.labels.alertname) end`
--- @effect read
function M.alerts(url, opts)
  return api.get("alerts", url, "/api/v2/alerts?active?&silenced?&inhibited?&unprocessed?&filter&receiver", opts)
end

--- Sends a list of alerts. One that is not sent again goes away by itself.
--- Errors: `alertmanager.post_alerts: HTTP STATUS: BODY` for any status but 200.
--- Example: `c:post_alerts({ { labels = { alertname = "BackupMissing", severity = "warning" } } })`
--- @effect write
function M.post_alerts(url, alerts)
  api:expect("POST", "post_alerts", url, "/api/v2/alerts", nil, { body = alerts })
  return true
end

--- Lists alerts in the groups in which they are notified.
--- Options: `active`, `silenced`, `inhibited`, `filter` (list of matchers), `receiver` (pattern).
--- Errors: `alertmanager.alert_groups: HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, group in ipairs(c:alert_groups()) do print(group.receiver.name, #group.alerts) end`
--- @effect read
function M.alert_groups(url, opts)
  return api.get("alert_groups", url, "/api/v2/alerts/groups?active?&silenced?&inhibited?&filter&receiver", opts)
end

--- Lists silences, expired ones too.
--- Options: `filter` (list of matchers).
--- Errors: `alertmanager.silences: HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, silence in ipairs(c:silences()) do print(silence.id, silence.status.state, silence.comment) end`
--- @effect read
function M.silences(url, opts)
  return api.get("silences", url, "/api/v2/silences?filter", opts)
end

--- Reads a silence.
--- Errors: `alertmanager.silence: HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:silence("b3b4f5a6-0c2e-4f0e-9d1f-5f4e3d2c1b0a").endsAt)`
--- @effect read
function M.silence(url, id)
  return api.get("silence", url, "/api/v2/silence/{id}", { id = id })
end

--- Creates a silence from the API's own fields; one with an `id` replaces that silence.
--- Errors: `alertmanager.create_silence: HTTP STATUS: BODY` for any status but 200.
--- Example: `c:create_silence({ matchers = { { name = "job", value = "api", isRegex = false } }, startsAt = "2026-01-31T09:00:00Z", endsAt = "2026-01-31T11:00:00Z", createdBy = "ana", comment = "upgrade" })`
--- @effect write
function M.create_silence(url, silence)
  return api.post("create_silence", url, "/api/v2/silences", nil, { body = silence })
end

--- Expires a silence: it ends now.
--- Errors: `alertmanager.delete_silence: HTTP STATUS: BODY` for any status but 200.
--- Example: `c:delete_silence(silence.id)`
--- @effect write
function M.delete_silence(url, id)
  api:expect("DELETE", "delete_silence", url, "/api/v2/silence/{id}", { id = id })
  return true
end

--- Says how the server is: its cluster, configuration, version and since when it runs.
--- Errors: `alertmanager.status: HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:status().versionInfo.version)`
--- @effect read
function M.status(url)
  return api.get("status", url, "/api/v2/status")
end

--- Lists the configured receivers.
--- Errors: `alertmanager.receivers: HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, receiver in ipairs(c:receivers()) do print(receiver.name) end`
--- @effect read
function M.receivers(url)
  return api.get("receivers", url, "/api/v2/receivers")
end

local function firing(filter)
  return { active = true, silenced = false, inhibited = false, filter = filter }
end

--- Says whether an alert of that name fires which is neither silenced nor inhibited.
--- Errors: as `alerts`; the name is no text.
--- Example: `if c:is_firing("HighLatency") then print("slow") end`
--- @effect read
function M.is_firing(url, alertname)
  local name = rest.text("alertmanager.is_firing", alertname, "alertname")
  local quoted = 'alertname="' .. name:gsub('[\\"]', "\\%0") .. '"'
  return #rest.owner(url, M).alerts(url, firing({ quoted })) > 0
end

-- The server takes RFC 3339 times only.
local function timestamp(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
end

--- Silences all alerts of a name from now on, for so many hours, which may have a fraction, and gives the silence's id.
--- Options: `created_by` ("assay"), `comment`.
--- Errors: as `create_silence`; the hours are no number.
--- Example: `local id = c:silence_alert("HighLatency", 2, { comment = "load test" })`
--- @effect write
function M.silence_alert(url, alertname, duration_hours, opts)
  opts = opts or {}
  local name = rest.text("alertmanager.silence_alert", alertname, "alertname")
  local hours = rest.seconds("alertmanager.silence_alert", duration_hours, "duration_hours")
  local now = time()
  return rest.owner(url, M).create_silence(url, {
    matchers = { { name = "alertname", value = name, isRegex = false, isEqual = true } },
    startsAt = timestamp(now),
    endsAt = timestamp(now + hours * 3600),
    createdBy = opts.created_by or "assay",
    comment = opts.comment or "Silenced by assay",
  }).silenceID
end

--- Counts the alerts that are neither silenced nor inhibited.
--- Errors: as `alerts`.
--- Example: `assert.eq(c:active_count(), 0)`
--- @effect read
function M.active_count(url)
  return #rest.owner(url, M).alerts(url, firing())
end

--- A client: it has all functions of the module as methods, without the address.
--- Options: `token` (bearer), or `username` and `password`; `headers`, `timeout`, `ca_cert` and the like.
--- Errors: the address is no text.
--- Example: `local c = require("assay.alertmanager").client("http://localhost:9093", { token = env.get("AM_TOKEN") })`
--- @effect read
M.client = rest.constructor(M)

return M

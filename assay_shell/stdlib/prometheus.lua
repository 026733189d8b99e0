--- @module assay.prometheus
--- @category monitoring
--- @description Prometheus monitoring queries: instant and range PromQL, alerts, targets, rules, labels, series
--- @keywords prometheus, promql, metrics, alerts, targets, rules, monitoring, instant-query, range-query, scrape, metadata, reload, observability, metric
--- @quickref M.query(url, promql, opts?) -> number|string|[{metric, value}] | Instant query: one sample is its value, several are a list, none is {}; opts: {time, timeout, limit}
--- @quickref M.query_range(url, promql, start_time?, end_time?, step?) -> [{metric, values}] | Query over a time range
--- @quickref M.alerts(url) -> [alert] | Active alerts
--- @quickref M.targets(url) -> {activeTargets, droppedTargets} | Scrape targets
--- @quickref M.rules(url, opts?) -> [group] | Rule groups; opts: {type = "alert" or "record"}
--- @quickref M.label_values(url, label_name) -> [string] | All values of a label
--- @quickref M.series(url, match_selectors) -> [labels] | Series that match any of the selectors
--- @quickref M.config_reload(url) -> bool | Reload the configuration; false when the server refuses
--- @quickref M.targets_metadata(url, opts?) -> [{target, metric, type, help}] | Metric metadata; opts: {match_target, metric, limit}
--- @quickref M.range(url, promql, opts?) -> [{label, labels, points}] | Series to draw: points are {seconds, number}; opts: {start = "-1h", end_time = "now", step, points = 240}
--- @quickref M.each_rule_group(url, opts?) -> iterator | Rule groups from all pages; opts: {type, page_size = 100}

local _, send_reading = ...
local rest = require("assay.lib.rest")
local series = require("assay.lib.series")
local M = {}

local api = rest.service("prometheus", { headers = rest.authorization, message = rest.by_function })

local LONGEST_LINE = 4000 -- bytes of an expression that still fit a request line everywhere

-- The `data` of an answer. Servers send the `error` of a refused query with status 200, too.
local function data_of(response, call)
  local answer = api:inside(call, response)
  if answer.status == "success" then return answer.data end
  api:raise(call, 200, ("prometheus.%s: %s"):format(call.name, answer.error or "unknown error"))
end

local function data(name, url, line, values)
  return data_of(api:expect("GET", name, url, line, values))
end

local FIELDS = { "query", "time", "start", "end", "step", "timeout", "limit" }
local LINE = "?query=query!&time&start&end&step&timeout&limit"

-- A long expression goes in the body; that is a POST which changes nothing.
local function evaluate(name, url, path, values)
  if type(values.query) ~= "string" or #values.query <= LONGEST_LINE then
    local response, call = api:expect("GET", name, url, path .. LINE, values)
    return call, data_of(response, call)
  end
  local form = {}
  for _, field in ipairs(FIELDS) do
    if values[field] then form[#form + 1] = field .. "=" .. rest.encode(values[field]) end
  end
  local response, call = api:expect("POST", name, url, path, nil, {
    body = table.concat(form, "&"),
    headers = { ["Content-Type"] = "application/x-www-form-urlencoded" },
    reads = send_reading,
  })
  return call, data_of(response, call)
end

local function sample(pair)
  return tonumber(pair[2]) or pair[2]
end

--- A client: it has all functions of the module as methods, without the address.
--- Options: `token` (bearer), or `username` and `password`; `headers` (such as `X-Scope-OrgID` for a tenant),
--- `timeout`, `ca_cert` and the like.
--- Errors: the address is no text.
--- Example: `local c = require("assay.prometheus").client("http://localhost:9090", { token = env.get("PROM_TOKEN") })`
--- @effect read
M.client = rest.constructor(M)

--- Evaluates an expression at one moment. A single sample is its value, a number or such text as "NaN"; several are a
--- list of `{metric, value}`; none is an empty table.
--- Options: `time` (Unix seconds or RFC 3339, now unless given), `timeout` (such as "10s"), `limit` (of series).
--- Errors: `prometheus.query: HTTP STATUS: BODY` for any status but 200; the server's complaint about the expression.
--- Example: `local up = require("assay.prometheus").query("http://localhost:9090", 'sum(up{job="api"})')`
--- @effect read
function M.query(url, promql, opts)
  if promql == nil then error("prometheus.query: attempt to concatenate a nil value (local 'promql')") end
  local call, found = evaluate("query", url, "/api/v1/query", rest.merged({ query = promql }, opts, "prometheus.query"))
  local result, kind = found and found.result, found and found.resultType
  if not result then api:raise(call, 200, "prometheus.query: unexpected response format") end
  if kind == "scalar" or kind == "string" then return sample(result) end
  if kind == "matrix" then return result end
  local samples = {}
  for index, item in ipairs(result) do
    local value = item.value and sample(item.value)
    samples[index] = { metric = item.metric, value = value, histogram = item.histogram }
  end
  if #samples == 1 and samples[1].value ~= nil then return samples[1].value end
  return samples
end

--- Evaluates an expression over a time range and gives the series as the server does: values stay pairs of Unix seconds
--- and text. `range` gives numbers.
--- Times are Unix seconds or RFC 3339, the step is seconds or a duration like "30s".
--- Errors: `prometheus.query_range: HTTP STATUS: BODY` for any status but 200; the server's complaint.
--- Example: `local result = c:query_range("rate(http_requests_total[5m])", time() - 3600, time(), "30s")`
--- @effect read
function M.query_range(url, promql, start_time, end_time, step)
  if promql == nil then error("prometheus.query_range: attempt to concatenate a nil value (local 'promql')") end
  local values = { query = promql, start = start_time, ["end"] = end_time, step = step }
  return select(2, evaluate("query_range", url, "/api/v1/query_range", values)).result
end

--- Lists active alerts, pending ones too.
--- Errors: `prometheus.alerts: HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, alert in ipairs(c:alerts()) do print(alert.labels.alertname, alert.state) end`
--- @effect read
function M.alerts(url)
  return data("alerts", url, "/api/v1/alerts").alerts
end

--- Lists scrape targets, active and dropped ones.
--- Errors: `prometheus.targets: HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, target in ipairs(c:targets().activeTargets) do print(target.scrapeUrl, target.health) end`
--- @effect read
function M.targets(url)
  return data("targets", url, "/api/v1/targets")
end

--- Lists rule groups with their rules.
--- Options: `type` ("alert" or "record").
--- Errors: `prometheus.rules: HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, group in ipairs(c:rules({ type = "alert" })) do print(group.name, #group.rules) end`
--- @effect read
function M.rules(url, opts)
  return data("rules", url, "/api/v1/rules?type", opts).groups
end

--- Lists all values that a label has.
--- Errors: `prometheus.label_values: HTTP STATUS: BODY` for any status but 200.
--- Example: `print(table.concat(c:label_values("job"), " "))`
--- @effect read
function M.label_values(url, label_name)
  return data("label_values", url, "/api/v1/label/{label_name}/values", { label_name = label_name })
end

--- Lists the label sets of the series that match any of the selectors, which are a list.
--- Errors: `prometheus.series: HTTP STATUS: BODY` for any status but 200.
--- Example: `local found = c:series({ 'up{job="api"}', "process_start_time_seconds" })`
--- @effect read
function M.series(url, match_selectors)
  return data("series", url, "/api/v1/series?match[]=match_selectors!", { match_selectors = match_selectors })
end

--- Has the server read its configuration again; false when it refuses, which it does unless it was started with
--- `--web.enable-lifecycle`.
--- Errors: the server cannot be reached.
--- Example: `assert.eq(c:config_reload(), true)`
--- @effect write
function M.config_reload(url)
  return api:request("POST", "config_reload", url, "/-/reload").status == 200
end

--- Lists what targets say about their metrics.
--- Options: `match_target` (selector), `metric`, `limit`.
--- Errors: `prometheus.targets_metadata: HTTP STATUS: BODY` for any status but 200.
--- Example: `local about = c:targets_metadata({ metric = "http_requests_total", limit = 1 })[1]`
--- @effect read
function M.targets_metadata(url, opts)
  return data("targets_metadata", url, "/api/v1/targets/metadata?match_target&metric&limit", opts)
end

--- Evaluates an expression over a time range and gives series that can be drawn: `label` is the name with its labels,
--- `labels` a table, `points` a list of pairs of Unix seconds and a number. What is no finite number is left out.
--- Options: `start` ("-1h") and `end_time` ("now"), as Unix seconds, a duration from now or RFC 3339; `step` (seconds
--- or a duration, else what gives `points`, 240); `timeout`, `limit` (of series).
--- Errors: a time or the step makes no sense; `prometheus.range: HTTP STATUS: BODY` for any status but 200.
--- Example: `local load = c:range("node_load1", { start = "-6h", step = "5m" }) print(load[1].label, load[1].points[1][2])`
--- @effect read
M.range = function(url, promql, opts)
  if promql == nil then error("prometheus.range: attempt to concatenate a nil value (local 'promql')") end
  opts = opts or {}
  local first, last, step = series.window("prometheus.range", opts)
  local values = { query = promql, start = first, ["end"] = last, step = step }
  values.timeout, values.limit = opts.timeout, opts.limit
  return series.of_matrix(select(2, evaluate("range", url, "/api/v1/query_range", values)).result)
end

--- Iterates over rule groups, page by page. Servers before 3.0 know no pages and give all at once.
--- Options: `type` ("alert" or "record"), `page_size` (groups, 100).
--- Errors: `prometheus.each_rule_group: HTTP STATUS: BODY` for any status but 200.
--- Example: `for group in c:each_rule_group() do print(group.file, group.name) end`
--- @effect read
M.each_rule_group = function(url, opts)
  opts = opts or {}
  local line = "/api/v1/rules?type&group_limit=page_size&group_next_token=token"
  return rest.each(function(token)
    local values = { type = opts.type, page_size = opts.page_size or 100, token = token }
    local page = data("each_rule_group", url, line, values)
    return page.groups, page.groupNextToken
  end)
end

return M

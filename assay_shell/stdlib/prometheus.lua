--- @module assay.prometheus
--- @category monitoring
--- @description Prometheus monitoring queries: instant and range PromQL, alerts, targets, rules, labels, series
--- @keywords prometheus, promql, metrics, alerts, targets, rules, monitoring, instant-query, range-query, scrape, metadata, reload, observability, metric
--- @quickref M.query(url, promql) -> number|string|[{metric, value}] | Instant query: one sample is its value, several are a list, none is {}
--- @quickref M.query_range(url, promql, start_time?, end_time?, step?) -> [{metric, values}] | Query over a time range
--- @quickref M.alerts(url) -> [alert] | Active alerts
--- @quickref M.targets(url) -> {activeTargets, droppedTargets} | Scrape targets
--- @quickref M.rules(url, opts?) -> [group] | Rule groups; opts: {type = "alert" or "record"}
--- @quickref M.label_values(url, label_name) -> [string] | All values of a label
--- @quickref M.series(url, match_selectors) -> [labels] | Series that match any of the selectors
--- @quickref M.config_reload(url) -> bool | Reload the configuration; false when the server refuses
--- @quickref M.targets_metadata(url, opts?) -> [{target, metric, type, help}] | Metric metadata; opts: {match_target, metric, limit}

local _, send_reading = ...
local rest = require("assay.lib.rest")
local M = {}

local api = rest.service("prometheus", { headers = rest.authorization, message = rest.by_function })

local LONGEST_LINE = 4000 -- bytes of an expression that still fit a request line everywhere

-- The `data` of an answer. Servers send the `error` of a refused query with status 200, too.
local function checked(call, answer)
  if answer.status == "success" then return answer.data end
  api:raise(call, 200, ("prometheus.%s: %s"):format(call.name, answer.error or "unknown error"))
end

local function data(name, url, line, values)
  local response, call = api:expect("GET", name, url, line, values)
  return checked(call, api:decode(call, response))
end

-- A long expression goes in the body; that is a POST which changes nothing.
local function evaluate(name, url, line, values)
  if type(values.query) ~= "string" or #values.query <= LONGEST_LINE then
    local response, call = api:expect("GET", name, url, line .. "?query=query!&start&end&step", values)
    return call, checked(call, api:decode(call, response))
  end
  local form = {}
  for _, field in ipairs({ "query", "start", "end", "step" }) do
    if values[field] then form[#form + 1] = field .. "=" .. rest.encode(values[field]) end
  end
  local response, call = api:expect("POST", name, url, line, nil, {
    body = table.concat(form, "&"),
    headers = { ["Content-Type"] = "application/x-www-form-urlencoded" },
    reads = send_reading,
  })
  return call, checked(call, api:decode(call, response))
end

local function sample(pair)
  return tonumber(pair[2]) or pair[2]
end

--- @effect read
function M.query(url, promql)
  if promql == nil then error("prometheus.query: attempt to concatenate a nil value (local 'promql')") end
  local call, found = evaluate("query", url, "/api/v1/query", { query = promql })
  local result, kind = found and found.result, found and found.resultType
  if not result then api:raise(call, 200, "prometheus.query: unexpected response format") end
  if kind == "scalar" or kind == "string" then return sample(result) end
  if kind == "matrix" then return result end
  local samples = {}
  for index, series in ipairs(result) do
    local value = series.value and sample(series.value)
    samples[index] = { metric = series.metric, value = value, histogram = series.histogram }
  end
  if #samples == 1 and samples[1].value ~= nil then return samples[1].value end
  return samples
end

--- @effect read
function M.query_range(url, promql, start_time, end_time, step)
  if promql == nil then error("prometheus.query_range: attempt to concatenate a nil value (local 'promql')") end
  local values = { query = promql, start = start_time, ["end"] = end_time, step = step }
  return select(2, evaluate("query_range", url, "/api/v1/query_range", values)).result
end

function M.alerts(url)
  return data("alerts", url, "/api/v1/alerts").alerts
end

function M.targets(url)
  return data("targets", url, "/api/v1/targets")
end

function M.rules(url, opts)
  return data("rules", url, "/api/v1/rules?type", opts).groups
end

function M.label_values(url, label_name)
  return data("label_values", url, "/api/v1/label/{label_name}/values", { label_name = label_name })
end

function M.series(url, match_selectors)
  return data("series", url, "/api/v1/series?match[]=match_selectors!", { match_selectors = match_selectors })
end

function M.config_reload(url)
  return api:request("POST", "config_reload", url, "/-/reload").status == 200
end

function M.targets_metadata(url, opts)
  return data("targets_metadata", url, "/api/v1/targets/metadata?match_target&metric&limit", opts)
end

M.client = rest.constructor(M)

return M

--- @module assay.loki
--- @category monitoring
--- @description Loki log aggregation: push, LogQL query, labels, series, tail
--- @keywords loki, logs, logql, labels, series, monitoring, push, tail, stream, instant, range, query
--- @quickref M.selector(labels) -> string | Stream selector {k="v",...} of a table of labels
--- @quickref c:push(stream_labels, entries) -> true | Send lines, each a string (stamped now) or {nanoseconds, line}
--- @quickref c:query(logql, opts?) -> [result] | Query at one moment; opts: {limit, time, direction}
--- @quickref c:query_range(logql, opts?) -> [result] | Query over a time range; opts: {start, end_time, limit, step, direction}
--- @quickref c:labels(opts?) -> [string] | Names of labels; opts: {start, end_time}
--- @quickref c:label_values(label_name, opts?) -> [string] | Values of a label; opts: {start, end_time}
--- @quickref c:series(match_selectors, opts?) -> [labels] | Streams that match any of the selectors; opts: {start, end_time}
--- @quickref c:tail(logql, opts?) -> {streams, dropped_entries} | Latest lines, over plain HTTP; opts: {limit, start}
--- @quickref c:ready() -> bool | Whether the server takes requests
--- @quickref c:metrics() -> string | Metrics of the server itself, in Prometheus' text format

local rest = require("assay.lib.rest")
local M, Client = {}, {}

local api = rest.service("loki", { headers = rest.authorization })

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

function M.selector(labels)
  local parts = {}
  for name, value in pairs(labels) do
    parts[#parts + 1] = name .. '="' .. tostring(value):gsub('[\\"\n]', ESCAPES) .. '"'
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Options: token, or username and password; headers (X-Scope-OrgID for a tenant); timeout and the like.
function M.client(url, opts)
  return rest.authorized_client(Client, url, opts)
end

-- The arguments of a call: its options and what stands before them.
local function with(opts, name, value)
  return rest.merged({ [name] = value }, opts)
end

local function stamped(entry)
  if type(entry) == "table" then return { tostring(entry[1]), entry[2] } end
  return { tostring(math.floor(time() * 1e9)), entry }
end

function Client:push(stream_labels, entries)
  local values = {}
  for index, entry in ipairs(entries) do values[index] = stamped(entry) end
  local body = { streams = { { stream = stream_labels, values = values } } }
  api:expect("POST", "push", self, "/loki/api/v1/push", nil, { body = body, ok = { 204 } })
  return true
end

function Client:query(logql, opts)
  local line = "/loki/api/v1/query?query=logql!&limit&time&direction"
  return api.get("query", self, line, with(opts, "logql", logql)).data.result
end

function Client:query_range(logql, opts)
  local line = "/loki/api/v1/query_range?query=logql!&start&end=end_time&limit&step&direction"
  return api.get("query_range", self, line, with(opts, "logql", logql)).data.result
end

function Client:labels(opts)
  return api.get("labels", self, "/loki/api/v1/labels?start&end=end_time", opts).data
end

function Client:label_values(label_name, opts)
  local line = "/loki/api/v1/label/{label_name}/values?start&end=end_time"
  return api.get("label_values", self, line, with(opts, "label_name", label_name)).data
end

function Client:series(match_selectors, opts)
  local line = "/loki/api/v1/series?match[]=match_selectors!&start&end=end_time"
  return api.get("series", self, line, with(opts, "match_selectors", match_selectors)).data
end

function Client:tail(logql, opts)
  return api.get("tail", self, "/loki/api/v1/tail?query=logql!&limit&start", with(opts, "logql", logql))
end

function Client:ready()
  return api:request("GET", "ready", self, "/ready").status == 200
end

function Client:metrics()
  return api:expect("GET", "metrics", self, "/metrics").body
end

return M

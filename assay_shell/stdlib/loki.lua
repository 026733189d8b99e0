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
--- @quickref c:tail(logql, opts?) -> {streams, dropped_entries} | Latest lines, once; opts: {limit, start, timeout = 5}
--- @quickref c:ready() -> bool | Whether the server takes requests
--- @quickref c:metrics() -> string | Metrics of the server itself, in Prometheus' text format
--- @quickref c:range(logql, opts?) -> [{label, labels, points}] | Metric query as series to draw: points are {seconds, number}; opts: {start = "-1h", end_time = "now", step, points = 240}
--- @quickref c:each_line(logql, opts?) -> iterator | Lines {time, timestamp, line, labels} of a range, from all pages; opts: {start = "-1h", end_time = "now", direction = "forward", page_size = 1000}
--- @quickref c:follow(logql, opts?) -> iterator | New lines {time, timestamp, line, labels} as they come; opts: {start, limit, delay_for, idle, retries = 5}

local rest = require("assay.lib.rest")
local series = require("assay.lib.series")
local logs = require("assay.lib.logs")
local M, Client = {}, {}

local api = rest.service("loki", { headers = rest.authorization })

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

--- Writes the stream selector for a table of labels, sorted by name.
--- Errors: the argument is no table.
--- Example: `local selector = require("assay.loki").selector({ app = "cart", level = "error" })`
--- @effect pure
function M.selector(labels)
  local parts = {}
  for name, value in pairs(rest.table("loki.selector", labels, "labels")) do
    parts[#parts + 1] = name .. '="' .. tostring(value):gsub('[\\"\n]', ESCAPES) .. '"'
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

--- A client.
--- Options: `token` (bearer), or `username` and `password`; `headers` (`X-Scope-OrgID` for a tenant), `timeout`,
--- `ca_cert` and the like.
--- Errors: the address is no text.
--- Example: `local c = require("assay.loki").client("http://localhost:3100", { headers = { ["X-Scope-OrgID"] = "shop" } })`
--- @effect read
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

--- Sends lines of one stream. A line is text, stamped with the time of the call, or `{nanoseconds, text}`.
--- Errors: `loki: POST /loki/api/v1/push HTTP STATUS: BODY` for any status but 204.
--- Example: `c:push({ app = "cart", level = "info" }, { "deployed 1.4.2" })`
--- @effect write
function Client:push(stream_labels, entries)
  local values = {}
  for index, entry in ipairs(rest.table("loki.push", entries, "entries")) do values[index] = stamped(entry) end
  local body = { streams = { { stream = stream_labels, values = values } } }
  api:expect("POST", "push", self, "/loki/api/v1/push", nil, { body = body, ok = { 204 } })
  return true
end

local QUERY = "/loki/api/v1/query?query=logql!&limit&time&direction"
local RANGE = "/loki/api/v1/query_range?query=logql!&start&end=end_time&limit&step&direction"

local function result_of(response, call)
  return api:inside(call, response, "data", "result")
end

local HOUR = 3600 * 1000000000 -- nanoseconds

-- Servers since 3.2 refuse to look for lines at one moment. What older ones find are the lines of the hour before.
local function lines_before(client, logql, opts)
  local values, last = with(opts, "logql", logql), opts and opts.time
  if last then
    values.start, values.end_time = logs.nanoseconds("loki.query", "time", last) - HOUR, last
  end
  return result_of(api:expect("GET", "query", client, RANGE, values))
end

--- Evaluates an expression at one moment: a vector for a metric query, streams of lines for others.
--- Options: `limit` (lines), `time` (now unless given), `direction` ("forward", "backward").
--- Errors: `loki: GET /loki/api/v1/query HTTP STATUS: BODY` for any status but 200.
--- Example: `local errors = c:query('sum(count_over_time({app="cart"} |= "error" [5m]))')`
--- @effect read
function Client:query(logql, opts)
  local response, call = api:request("GET", "query", self, QUERY, with(opts, "logql", logql))
  if response.status == 400 and response.body:find("not supported as an instant query", 1, true) then
    return lines_before(self, logql, opts)
  end
  if response.status ~= 200 then api:fail(call, response) end
  return result_of(response, call)
end

--- Evaluates an expression over a time range and gives what the server gives: streams `{stream, values}` for lines,
--- `{metric, values}` for numbers.
--- Options: `start` and `end_time` (nanoseconds, seconds with a decimal point, or RFC 3339), `limit`, `step`,
--- `direction`.
--- Errors: `loki: GET /loki/api/v1/query_range HTTP STATUS: BODY` for any status but 200.
--- Example: `local streams = c:query_range('{app="cart"}', { start = "2026-01-31T09:00:00Z", limit = 50 })`
--- @effect read
function Client:query_range(logql, opts)
  return result_of(api:expect("GET", "query_range", self, RANGE, with(opts, "logql", logql)))
end

-- Servers leave an empty list out.
local function names(name, client, line, values)
  local response, call = api:expect("GET", name, client, line, values)
  return api:inside(call, response, "data") or {}
end

--- Lists the names of labels.
--- Options: `start`, `end_time`.
--- Errors: `loki: GET /loki/api/v1/labels HTTP STATUS: BODY` for any status but 200.
--- Example: `print(table.concat(c:labels(), " "))`
--- @effect read
function Client:labels(opts)
  return names("labels", self, "/loki/api/v1/labels?start&end=end_time", opts)
end

--- Lists the values of a label.
--- Options: `start`, `end_time`.
--- Errors: any status but 200.
--- Example: `for _, app in ipairs(c:label_values("app")) do print(app) end`
--- @effect read
function Client:label_values(label_name, opts)
  local line = "/loki/api/v1/label/{label_name}/values?start&end=end_time"
  return names("label_values", self, line, with(opts, "label_name", label_name))
end

--- Lists the label sets of the streams that match any of the selectors, which are a list.
--- Options: `start`, `end_time`.
--- Errors: `loki: GET /loki/api/v1/series HTTP STATUS: BODY` for any status but 200.
--- Example: `local streams = c:series({ '{app="cart"}', '{app="pay"}' })`
--- @effect read
function Client:series(match_selectors, opts)
  local line = "/loki/api/v1/series?match[]=match_selectors!&start&end=end_time"
  return names("series", self, line, with(opts, "match_selectors", match_selectors))
end

local TAIL = "/loki/api/v1/tail?query=logql!&limit&start&delay_for"

-- Servers say so in a header, proxies in words.
local function wants_websocket(response)
  if response.status ~= 400 and response.status ~= 426 then return false end
  return response.headers["sec-websocket-version"] ~= nil or response.body:lower():find("websocket", 1, true) ~= nil
end

-- The first message of a tail; without streams when none comes in time.
local function first_message(client, values)
  local conn <close> = api:websocket("tail", client, TAIL, values)
  local message = ws.recv(conn, { timeout = values.timeout or 5 })
  return message and json.parse(message) or { streams = {} }
end

--- Gives the latest lines once. Servers want a WebSocket for this and get one when they refuse the plain request.
--- `follow` goes on.
--- Options: `limit` (lines), `start`, `timeout` (seconds to wait for the first line on a WebSocket, 5).
--- Errors: `loki: GET /loki/api/v1/tail HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, stream in ipairs(c:tail('{app="cart"}', { limit = 10 }).streams) do print(stream.values[1][2]) end`
--- @effect read
function Client:tail(logql, opts)
  local values = with(opts, "logql", logql)
  local response, call = api:request("GET", "tail", self, "/loki/api/v1/tail?query=logql!&limit&start", values)
  if wants_websocket(response) then return first_message(self, values) end
  if response.status ~= 200 then api:fail(call, response) end
  return api:decode(call, response)
end

--- Says whether the server takes requests.
--- Errors: the server cannot be reached.
--- Example: `assert.eq(c:ready(), true)`
--- @effect read
function Client:ready()
  return api:request("GET", "ready", self, "/ready").status == 200
end

--- Gives the metrics of the server itself, in Prometheus' text format.
--- Errors: `loki: GET /metrics HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:metrics():match("loki_build_info{.-} 1"))`
--- @effect read
function Client:metrics()
  return api:expect("GET", "metrics", self, "/metrics").body
end

local function answer_of_kind(name, kind, client, line, values, advice)
  local response, call = api:expect("GET", name, client, line, values)
  local data = api:inside(call, response, "data")
  if type(data) ~= "table" or data.resultType ~= kind then error(("loki.%s: %s"):format(name, advice), 0) end
  return data.result
end

--- Evaluates a metric query over a time range and gives series that can be drawn, like `assay.prometheus`'s `range`.
--- Options: `start` ("-1h") and `end_time` ("now"), as Unix seconds, a duration from now or RFC 3339; `step` (seconds
--- or a duration, else what gives `points`, 240).
--- Errors: the query gives lines; a time or the step makes no sense; any status but 200.
--- Example: `local errors = c:range('sum by (app) (rate({level="error"}[5m]))', { start = "-1d" })`
--- @effect read
Client.range = function(self, logql, opts)
  local first, last, step = series.window("loki.range", opts or {})
  local values = { logql = logql, start = first, end_time = last, step = step }
  local advice = "the query gives lines, no numbers (each_line goes through them)"
  return series.of_matrix(answer_of_kind("range", "matrix", self, RANGE, values, advice))
end

--- Iterates over the lines of a time range, page by page: tables with `time` (Unix seconds), `timestamp` (nanoseconds
--- as text), `line` and `labels`.
--- Options: `start` ("-1h") and `end_time` ("now"), as for `range` or integer nanoseconds; `direction` ("forward" for
--- the oldest first, or "backward"); `page_size` (lines in one page, 1000; servers allow 5000).
--- Errors: the query gives numbers; a time makes no sense; any status but 200.
--- Example: `for entry in c:each_line('{app="cart"} |= "error"', { start = "-6h" }) do print(entry.line) end`
--- @effect read
Client.each_line = function(self, logql, opts)
  opts = opts or {}
  local window = {
    first = logs.nanoseconds("loki.each_line", "start", opts.start or "-1h"),
    last = logs.nanoseconds("loki.each_line", "end_time", opts.end_time or "now"),
  }
  local backward = opts.direction == "backward"
  return rest.each(logs.pages(function(first, last, size)
    local values = { logql = logql, start = first, end_time = last, limit = size }
    values.direction = backward and "backward" or "forward"
    local advice = "the query gives numbers, no lines (range and query_range give them)"
    return answer_of_kind("each_line", "streams", self, RANGE, values, advice)
  end, window, opts.page_size or 1000, backward))
end

--- Iterates over new lines as they come, over a WebSocket, as `each_line` gives them. A lost connection is opened again
--- and goes on after the last line. Leaving the loop closes it.
--- Options: `start` (as for `each_line`; an hour ago unless given), `limit` (lines from before now, 100), `delay_for`
--- (seconds that the server waits for late lines, 5 at most), `idle` (the loop ends when no line came for so many
--- seconds; never unless given), `retries` (attempts after a lost connection, 5).
--- Errors: the server refuses; the connection stays lost.
--- Example: `for entry in c:follow('{app="cart"}', { idle = 30 }) do print(entry.labels.pod, entry.line) end`
--- @effect read
Client.follow = function(self, logql, opts)
  opts = opts or {}
  local values = { logql = logql, limit = opts.limit, delay_for = opts.delay_for }
  values.start = opts.start and logs.nanoseconds("loki.follow", "start", opts.start)
  return logs.follow("loki.follow", opts, function(last)
    if last then values.start = last + 1 end
    return api:websocket("follow", self, TAIL, values)
  end)
end

return M

--- @module assay.healthcheck
--- @category monitoring
--- @description HTTP health checking utilities: status codes, json path, body matching, latency, multi check
--- @keywords healthcheck, http, health, status, latency, monitoring, json-path, body-match, multi-check, wait, endpoint, probe
--- @quickref M.http(url, opts?) -> {ok, status, latency_ms, error?} | Probe; opts: {method, body, headers, expected_status = 200}
--- @quickref M.json_path(url, path_expr, expected, opts?) -> {ok, actual, expected, error?} | Compare what stands at "a.b.c" of a JSON answer; opts: {headers}
--- @quickref M.status_code(url, expected, opts?) -> {ok, status, error?} | Compare the status; opts: {headers}
--- @quickref M.body_contains(url, pattern, opts?) -> {ok, found, error?} | Look for plain text in the body; opts: {headers}
--- @quickref M.endpoint(url, opts?) -> {ok, status, latency_ms, error?} | Status and latency; opts: {expected_status = 200, max_latency_ms = 5000, headers}
--- @quickref M.multi(checks) -> {ok, results, passed, failed, total} | Run checks {name, check = function}; an error is a failed check
--- @quickref M.wait(url, opts?) -> {ok, status, attempts} | Wait for a status, an error when it does not come; opts: {timeout = 60, interval = 2, expect_status = 200, headers}

local rest = require("assay.lib.rest")
local M = {}

-- Probes take an address, which is used exactly as given, or a client.
local function address(target)
  return type(target) == "table" and target.url or target
end

local function options_for(target, opts)
  if type(target) ~= "table" then return { headers = opts.headers or {} } end
  local options, headers = {}, rest.authorization(target)
  for name, value in pairs(target.transport or {}) do options[name] = value end
  for _, given in ipairs({ target.headers or {}, opts.headers or {} }) do
    for name, value in pairs(given) do headers[name] = value end
  end
  options.headers = headers
  return options
end

-- Sends a request; the response and how long it took in whole milliseconds, or nil and the reason.
local function probe(target, opts, method, body)
  local url, options = address(target), options_for(target, opts)
  local started = time()
  local sent, response
  if method == "post" or method == "put" then
    sent, response = pcall(http[method], url, body, options)
  else
    sent, response = pcall(http.get, url, options)
  end
  if not sent then return nil, tostring(response) end
  return response, math.floor((time() - started) * 1000)
end

local function unexpected(expected, status)
  return ("expected status %s, got %s"):format(expected, status)
end

--- Sends a request and compares the status. `latency_ms` is in whole milliseconds; when nobody answers, status and
--- latency are 0.
--- Options: `method` ("GET", "POST" or "PUT"), `body`, `headers`, `expected_status` (200).
--- Errors: none for what goes wrong with the probe: that is in `error` of the result.
--- Example: `local result = require("assay.healthcheck").http("https://shop.example/healthz") assert.eq(result.ok, true, result.error)`
--- @effect depends
function M.http(url, opts)
  opts = opts or {}
  local expected = opts.expected_status or 200
  local response, latency = probe(url, opts, (opts.method or "GET"):lower(), opts.body or "")
  if not response then return { ok = false, status = 0, latency_ms = 0, error = latency } end
  local ok = response.status == expected
  local reason = not ok and unexpected(expected, response.status) or nil
  return { ok = ok, status = response.status, latency_ms = latency, error = reason }
end

-- The value at "a.b.c", or nil and the reason.
local function follow(document, path_expr)
  local found = document
  for key in path_expr:gmatch("[^.]+") do
    if type(found) ~= "table" then return nil, ("path traversal failed at '%s': not a table"):format(key) end
    found = found[key]
    if found == nil then return nil, ("path '%s': key '%s' not found"):format(path_expr, key) end
  end
  return found
end

--- Compares what stands at a path like "status.db" of a JSON answer, by `==`.
--- Options: `headers`.
--- Errors: none for what goes wrong with the probe: that is in `error` of the result.
--- Example: `local result = require("assay.healthcheck").json_path("https://shop.example/healthz", "status.db", "ok")`
--- @effect read
function M.json_path(url, path_expr, expected, opts)
  rest.text("healthcheck.json_path", path_expr, "path_expr")
  local function failed(reason) return { ok = false, expected = expected, error = reason } end
  local response, problem = probe(url, opts or {})
  if not response then return failed(problem) end
  if response.status ~= 200 then return failed("HTTP " .. response.status) end
  local parsed, document = pcall(json.parse, response.body)
  if not parsed then return failed("JSON parse error: " .. tostring(document)) end
  local actual, reason = follow(document, path_expr)
  if reason then return failed(reason) end
  local result = { ok = actual == expected, actual = actual, expected = expected }
  if not result.ok then result.error = ("expected %s, got %s"):format(expected, actual) end
  return result
end

--- Compares the status of an answer.
--- Options: `headers`.
--- Errors: none for what goes wrong with the probe: that is in `error` of the result.
--- Example: `assert.eq(require("assay.healthcheck").status_code("https://shop.example/admin", 403).ok, true)`
--- @effect read
function M.status_code(url, expected, opts)
  local response, problem = probe(url, opts or {})
  if not response then return { ok = false, status = 0, error = problem } end
  local ok = response.status == expected
  return { ok = ok, status = response.status, error = not ok and unexpected(expected, response.status) or nil }
end

--- Looks for plain text in the body, whatever the status is.
--- Options: `headers`.
--- Errors: none for what goes wrong with the probe: that is in `error` of the result.
--- Example: `assert.eq(require("assay.healthcheck").body_contains("https://shop.example", "Welcome").found, true)`
--- @effect read
function M.body_contains(url, pattern, opts)
  rest.text("healthcheck.body_contains", pattern, "pattern")
  local response, problem = probe(url, opts or {})
  if not response then return { ok = false, found = false, error = problem } end
  local found = response.body:find(pattern, 1, true) ~= nil
  return { ok = found, found = found, error = not found and "pattern not found in response body" or nil }
end

--- Compares status and latency of an answer.
--- Options: `expected_status` (200), `max_latency_ms` (5000, inclusive), `headers`.
--- Errors: none for what goes wrong with the probe: that is in `error` of the result.
--- Example: `local result = require("assay.healthcheck").endpoint("https://shop.example", { max_latency_ms = 300 })`
--- @effect read
function M.endpoint(url, opts)
  opts = opts or {}
  local expected, limit = opts.expected_status or 200, opts.max_latency_ms or 5000
  local response, latency = probe(url, opts)
  if not response then return { ok = false, status = 0, latency_ms = 0, error = latency } end
  local reason
  if response.status ~= expected then
    reason = unexpected(expected, response.status)
  elseif latency > limit then
    reason = ("latency %sms exceeds threshold %sms"):format(latency, limit)
  end
  return { ok = reason == nil, status = response.status, latency_ms = latency, error = reason }
end

--- Runs checks one after the other, each a table with `name` and `check`, a function that gives a result. An error is a
--- failed check. `ok` of the whole means that all are.
--- Errors: a check gives something else than a table.
--- Example: `local health = require("assay.healthcheck") local all = health.multi({ { name = "shop", check = function() return health.http("https://shop.example") end } })`
--- @effect depends
function M.multi(checks)
  local results, passed = {}, 0
  for index, item in ipairs(rest.table("healthcheck.multi", checks, "checks")) do
    local result = { name = item.name }
    local ran, outcome = pcall(item.check)
    if ran then
      for key, value in pairs(outcome) do result[key] = value end
    else
      result.ok, result.error = false, tostring(outcome)
    end
    if result.ok then passed = passed + 1 end
    results[index] = result
  end
  return { ok = passed == #checks, results = results, passed = passed, failed = #checks - passed, total = #checks }
end

--- Waits until the answer has a status.
--- Options: `timeout` (seconds, 60), `interval` (seconds between attempts, 2), `expect_status` (200), `headers`.
--- Errors: `healthcheck.wait: URL not healthy after 60s`.
--- Example: `require("assay.healthcheck").wait("http://localhost:8080/ready", { timeout = 30, interval = 0.5 })`
--- @effect read
function M.wait(url, opts)
  opts = opts or {}
  local timeout, interval, expected = opts.timeout or 60, opts.interval or 2, opts.expect_status or 200
  local found = rest.attempt(math.ceil(timeout / interval), interval, function(attempt)
    local response = probe(url, opts)
    if response and response.status == expected then
      return { ok = true, status = response.status, attempts = attempt }
    end
  end)
  if not found then error(("healthcheck.wait: %s not healthy after %ss"):format(address(url), timeout)) end
  log.info(("healthcheck.wait: %s healthy after %d attempts"):format(address(url), found.attempts))
  return found
end

--- A client: it has all probes as methods, without the address; credentials and headers go along with each.
--- Options: `token` (bearer), or `username` and `password`; `headers`, `timeout`, `ca_cert` and the like.
--- Errors: the address is no text.
--- Example: `local c = require("assay.healthcheck").client("https://shop.example/healthz", { timeout = 5 })`
--- @effect read
M.client = function(url, opts)
  local client = rest.constructor(M)(url, opts)
  client.multi = nil -- which is about several addresses
  return client
end

return M

-- What all modules for services share: clients, requests, statuses and errors.
--
--   api.get("silence", url, "/api/v2/silence/{id}", { id = id })
--
-- The line of a request is what `assay.lib.request_line` describes. Modules find here all that they need of the other
-- shared parts, too: how arguments are checked, pages and waiting.

local _, core = ...
local arguments = require("assay.lib.arguments")
local failure = require("assay.lib.failure")
local pages = require("assay.lib.pages")
local request_line = require("assay.lib.request_line")
local waiting = require("assay.lib.waiting")

local format, gsub, lower, match = string.format, string.gsub, string.lower, string.match
local concat = table.concat
local error, ipairs, pairs, pcall, rawset, setmetatable, type =
  error, ipairs, pairs, pcall, rawset, setmetatable, type

local rest = { complain = failure.complain, shown_body = failure.shown_body }
for _, part in ipairs({ arguments, pages, request_line, waiting }) do
  for name, shared in pairs(part) do rest[name] = shared end
end

local SECRETS = { "token", "api_key", "password" } -- fields of clients that must not be shown

-- Clients ------------------------------------------------------------------------------------------------

--- The base address without slashes at its end; a nil address fails in Lua's words, with the name of the function
--- `where`.
function rest.base(url, where)
  if type(url) ~= "string" then
    local named = where and where .. ": " or ""
    failure.complain(format("%sattempt to index a %s value (local 'url')", named, type(url)))
  end
  return (gsub(url, "/+$", ""))
end

-- Options of a client that go along with each of its requests.
local TRANSPORT = {
  "timeout", "connect_timeout", "read_timeout", "retries", "proxy", "ca_cert", "ca_cert_file", "cert", "key",
  "cert_file", "key_file", "verify", "server_name", "unix_socket",
}

--- A client: a plain table with `url`, the other `fields`, and all `methods`. From `opts` it takes extra `headers` and
--- what concerns the transport (`timeout`, `retries`, `ca_cert`, ...).
function rest.client(methods, url, fields, opts)
  local client = {}
  for name, method in pairs(methods) do
    if type(method) == "function" and name ~= "client" then client[name] = method end
  end
  for name, value in pairs(fields or {}) do client[name] = value end
  client.url = rest.base(url, "client")
  if type(opts) == "table" then
    client.headers = opts.headers
    for _, name in ipairs(TRANSPORT) do
      if opts[name] ~= nil then
        client.transport = client.transport or {}
        client.transport[name] = opts[name]
      end
    end
  end
  return client
end

local CREDENTIALS = { "token", "api_key", "username", "password" }

--- A client with the credentials that `opts` holds (`token`, `api_key`, `username` and `password`) as fields.
function rest.authorized_client(methods, url, opts)
  local fields = {}
  for _, name in ipairs(CREDENTIALS) do fields[name] = opts and opts[name] end
  return rest.client(methods, url, fields, opts)
end

--- The `client` function of a module whose functions take an address first: a client has them all as methods.
function rest.constructor(module)
  return function(url, opts) return rest.authorized_client(module, url, opts) end
end

--- Where a helper finds the functions it stands on: on the client it was called with, else in its module. Scripts may
--- have replaced them.
function rest.owner(target, module)
  return type(target) == "table" and target or module
end

--- Headers for a client with `api_key` or `token` (bearer), or `username` and `password` (basic).
function rest.authorization(client)
  local bearer = client.api_key or client.token
  if bearer then return { Authorization = "Bearer " .. bearer } end
  if client.username and client.password then
    return { Authorization = "Basic " .. base64.encode(client.username .. ":" .. client.password) }
  end
  return {}
end

--- The same for services that want to hear of JSON even where there is no body.
function rest.json_authorization(client)
  local headers = rest.authorization(client)
  headers["Content-Type"] = "application/json"
  return headers
end

local hidden = {} -- secrets that the runtime knows already

--- Has a secret masked from now on, in errors and logs; whatever is no string is ignored.
function rest.hide(secret)
  if type(secret) ~= "string" or hidden[secret] then return end
  hidden[secret] = true
  core.hide(secret)
end

local function hide_secrets(client)
  for _, field in ipairs(SECRETS) do rest.hide(client[field]) end
end

local function options_for(service, client, call)
  local options, headers = {}, {}
  if type(client) == "table" then
    hide_secrets(client)
    if service.headers and not call.public then
      for name, value in pairs(service.headers(client)) do headers[name] = value end
    end
    for name, value in pairs(client.transport or {}) do options[name] = value end
    for name, value in pairs(client.headers or {}) do headers[name] = value end
  end
  for name, value in pairs(call.headers or {}) do headers[name] = value end
  if call.timeout then options.timeout = call.timeout end
  options.headers = headers
  return options
end

-- Services -----------------------------------------------------------------------------------------------

--- How an error names its request: `loki: GET /path HTTP 500: body`.
function rest.by_path(service, call, response)
  return format("%s: %s %s HTTP %d: ", service, call.verb or call.method, call.path, response.status)
end

--- `grafana: GET /path?query HTTP 500: body`.
function rest.by_target(service, call, response)
  return format("%s: %s %s%s HTTP %d: ", service, call.verb or call.method, call.path, call.query, response.status)
end

--- `prometheus.query: HTTP 500: body`.
function rest.by_function(service, call, response)
  return format("%s.%s: HTTP %d: ", service, call.name, response.status)
end

local Service = {}

-- Errors of builtins keep their text and learn which request they were about.
local function annotated(service, call, status, ok, ...)
  if ok then return ... end
  local failure = ...
  if type(failure) == "table" then
    rawset(failure, "service", service.name)
    rawset(failure, "method", call.method)
    rawset(failure, "path", call.path)
    if status then rawset(failure, "status", status) end
  end
  error(failure, 0)
end

local function send(method, url, body, options, reads)
  if reads then return reads(method, url, body, options) end
  local name = lower(method)
  if method == "GET" or method == "HEAD" or method == "DELETE" then return http[name](url, options) end
  return http[name](url, body, options)
end

--- Raises what a response that is no success means.
function Service:fail(call, response)
  local message = call.message or self.message
  self:raise(call, response.status, message(self.name, call, response), failure.shown_body(response.body))
end

--- Raises `text` with the fields of a service error; `tail` is text that is masked already.
function Service:raise(call, status, text, tail)
  local fields = { service = self.name, method = call.method, path = call.path, status = status }
  failure.raise(fields, self.position, text, tail)
end

local function no_object(service, call, response, what)
  local message = call.message or service.message
  local text = ("%s%s no object: "):format(message(service.name, call, response), what)
  service:raise(call, response.status, text, failure.shown_body(response.body))
end

--- The JSON document in a response: a table, or nil for `null` unless the service answers with `objects`. An error of
--- the service where it is anything else.
function Service:decode(call, response)
  local found = annotated(self, call, response.status, pcall(json.parse, response.body))
  if type(found) ~= "table" and (found ~= nil or self.objects) then no_object(self, call, response, "the answer is") end
  return found
end

--- What stands at the names `...`, each inside the one before, in the JSON document of a response. The last one may be
--- missing: nil. An error of the service where there is no object to look into; without names that is the document.
function Service:inside(call, response, ...)
  local found, names = self:decode(call, response), { ... }
  for index = 0, #names do
    if index > 0 then found = found[names[index]] end
    if type(found) ~= "table" and (index < #names or index == 0) then
      local what = index == 0 and "the answer is" or ("'%s' in the answer is"):format(concat(names, ".", 1, index))
      no_object(self, call, response, what)
    end
  end
  return found
end

-- Where a request line leads: the whole address; the call learns its path and its query.
local function target_of(service, client, template, values, call)
  local base = client
  if type(client) == "table" then base = client[service.address] end
  base = rest.base(base, format("%s.%s", service.name, call.name))
  local target = call.target
  if target then
    call.path, call.query = match(target, "^([^?]*)(.*)$")
  else
    target, call.path, call.query = request_line.fill(format("%s.%s", service.name, call.name), template, values)
  end
  return base .. target
end

local function check_body(service, call)
  local kind = type(call.body)
  if kind == "string" or kind == "table" or kind == "nil" then return end
  failure.complain(format("%s.%s: what is sent must be a table or text, not a %s", service.name, call.name, kind))
end

--- Sends a request and returns the response, whatever its status is, and the call that `fail` and `decode` take.
---
--- `call` may hold `target` (path and query as they are sent, instead of a template), `body`, `headers`, `timeout`,
--- `public` (without the service's headers), `verb` (the word for errors), `message` (as for the service) and `reads`
--- (how a POST that changes nothing is sent: what the loader hands to each module).
function Service:request(method, name, client, template, values, call)
  call = call or {}
  call.name, call.method = name, method
  local target = target_of(self, client, template, values, call)
  local options = options_for(self, client, call)
  check_body(self, call)
  return annotated(self, call, nil, pcall(send, method, target, call.body, options, call.reads)), call
end

--- Opens a GET request whose body is read as it arrives and returns what iterates over it; with `call.lines` it gives
--- lines. Raises for a status of 400 and above. `call.timeout` is for all of it, without it 30 seconds are for the head
--- of the answer; `call.read_timeout` is for each silence.
function Service:stream(name, client, template, values, call)
  call = call or {}
  call.name, call.method = name, "GET"
  local target = target_of(self, client, template, values, call)
  local options = options_for(self, client, call)
  options.lines, options.timeout, options.read_timeout = call.lines, call.timeout, call.read_timeout
  local opened, stream = pcall(http.stream, target, options)
  if opened then return stream, call end
  if type(stream) == "table" and stream.status then self:fail(call, { status = stream.status, body = stream.body }) end
  return annotated(self, call, nil, false, stream)
end

local SOCKET = {
  "headers", "timeout", "ca_cert", "ca_cert_file", "cert", "key", "cert_file", "key_file", "verify", "server_name",
}

--- Opens a WebSocket where a request line leads, with the client's headers and certificates, by the proxy that requests
--- take. `opts`: what `ws.connect` takes besides (`subprotocols`, `binary`, `max_size`); `call`: as for `request`.
function Service:websocket(name, client, template, values, opts, call)
  call = call or {}
  call.name, call.method = name, "GET"
  local target = gsub(target_of(self, client, template, values, call), "^[hH][tT][tT][pP]", "ws")
  local options, given = arguments.merged(opts), options_for(self, client, call)
  for _, key in ipairs(SOCKET) do options[key] = given[key] end
  options.proxy = given.proxy == nil or given.proxy
  return annotated(self, call, nil, pcall(ws.connect, target, options))
end

local function succeeded(status, ok)
  if not ok then return status == 200 end
  for _, accepted in ipairs(ok) do
    if status == accepted then return true end
  end
  return false
end

--- Sends a request and returns the response; raises unless its status is in `call.ok` (200).
function Service:expect(method, name, client, template, values, call)
  local response
  response, call = self:request(method, name, client, template, values, call)
  if not succeeded(response.status, call.ok) then self:fail(call, response) end
  return response, call
end

--- Sends a request and returns the decoded body; nil for status 204, and an error for what is no success.
function Service:fetch(method, name, client, template, values, call)
  local response
  response, call = self:expect(method, name, client, template, values, call)
  if response.status == 204 then return nil end
  return self:decode(call, response)
end

--- Iterates over the items of all pages, where a `Link` header names the next one. From there only the parameters
--- `marks` are taken: where requests go, and with them credentials, is not for a server to say.
---
--- `opts`: `ok` (statuses that are a success; 404 among them is an empty list), `key` (of the list in the answer).
function Service:each_linked(name, client, line, values, marks, opts)
  opts = opts or {}
  return pages.each(function(link)
    local named, paged = pages.parameters(link), arguments.merged(values)
    for _, mark in ipairs(marks) do
      if named[mark] then paged[mark] = named[mark] end
    end
    local response, call = self:expect("GET", name, client, line, paged, { ok = opts.ok })
    if response.status == 404 then return {} end
    local page = self:decode(call, response)
    return opts.key and page[opts.key] or page, pages.next_link(response)
  end)
end

--- Waits until `GET url .. path` answers 200, without credentials: true, or an error after `opts.timeout` seconds (60),
--- with `opts.interval` seconds (2) between the attempts. A timeout of 0 makes no attempt and returns nothing.
function Service:wait_reachable(url, path, opts)
  url = arguments.text(self.name .. ".wait", url, "url")
  local timeout, interval = opts.timeout or 60, opts.interval or 2
  local attempts = math.ceil(timeout / interval)
  if attempts < 1 then return end
  local ready = waiting.attempt(attempts, interval, function(attempt)
    local sent, response = pcall(http.get, url .. path)
    local healthy = sent and response.status == 200
    local outcome = healthy and ("healthy after %ss"):format(attempt * interval) or "not there yet"
    log.info(("%s.wait: %s %s"):format(self.name, url, outcome))
    return healthy
  end)
  if ready then return true end
  local call = { method = "GET", path = path }
  self:raise(call, nil, ("%s.wait: not reachable at %s after %ss"):format(self.name, url, timeout))
end

--- A service called `name`: its functions take the name of the public function, a client or an address, the request
--- line and a table of arguments, and give the decoded body: `get` (raises for all but 200), `find` (nil for 404),
--- `post`, `put`, `patch` and `delete` (further argument: what `request` takes, and `ok`, the statuses that are a success).
---
--- `opts`: `headers` (function of the client), `message` (`rest.by_path`, `by_target`, `by_function`), `address` (the
--- field of the client with its base address, `url`), `objects` (no answer is `null`), `level` (of the call in the module
--- that it is made for: 5 where a function of another shared part makes it, 6 where such a part does while it is loaded).
function rest.service(name, opts)
  local _, where = pcall(error, "", opts.level or 4)
  local service = setmetatable({ name = name, position = where }, { __index = Service })
  service.headers, service.message = opts.headers, opts.message or rest.by_path
  service.address, service.objects = opts.address or "url", opts.objects
  function service.get(...) return service:fetch("GET", ...) end
  function service.post(...) return service:fetch("POST", ...) end
  function service.put(...) return service:fetch("PUT", ...) end
  function service.patch(...) return service:fetch("PATCH", ...) end
  function service.delete(...) return service:fetch("DELETE", ...) end
  function service.find(...)
    local response, call = service:request("GET", ...)
    if response.status == 404 then return nil end
    if not succeeded(response.status, call.ok) then service:fail(call, response) end
    return service:decode(call, response)
  end
  return service
end

return rest

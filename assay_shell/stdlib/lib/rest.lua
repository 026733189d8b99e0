-- What all modules for services share: addresses, requests, statuses, errors, pages and waiting.
--
-- A request is written as its request line, with the names of arguments in it:
--
--   api.get("silence", url, "/api/v2/silence/{id}", { id = id })
--   api.get("alerts", url, "/api/v2/alerts?active?&filter&end=end_time", opts)
--
-- `{name}` is one segment of the path and is percent-encoded, `{+name}` may hold several (its slashes stay, dot
-- segments are refused). After the `?` stand query parameters, separated by `&` and sent in that order: `filter` takes
-- the argument of the same name (a list repeats the parameter), `end=end_time` another one; without a value a parameter
-- is left out, with a trailing `!` that is an error, and with a trailing `?` booleans are sent too.

local _, core = ...

local byte, find, format, gmatch, gsub, lower, match, sub =
  string.byte, string.find, string.format, string.gmatch, string.gsub, string.lower, string.match, string.sub
local concat, max, min = table.concat, math.max, math.min
local error, getmetatable, ipairs, next, pairs, pcall, rawset, setmetatable, tonumber, tostring, type =
  error, getmetatable, ipairs, next, pairs, pcall, rawset, setmetatable, tonumber, tostring, type
local string_functions = string

local rest = {}

local MOST_BODY = 8192 -- bytes of a response's body that an error shows
local SECRETS = { "token", "api_key", "password" } -- fields of clients that must not be shown

-- Errors -------------------------------------------------------------------------------------------------

local ServiceError = { __name = "service error", __metatable = false }

function ServiceError.__tostring(e) return e.message end

function ServiceError.__concat(a, b) return tostring(a) .. tostring(b) end

-- Scripts were written for errors that are strings, so their methods work.
function ServiceError.__index(_, name)
  local method = string_functions[name]
  return method and function(self, ...) return method(tostring(self), ...) end
end

-- "assay/vault.lua:12: " of the innermost frame in a module, nil when a tail call left none.
local function position()
  for level = 4, 24 do
    local _, where = pcall(error, "", level)
    if type(where) == "string" and find(where, "^assay/") and not find(where, "^assay/lib%.") then return where end
  end
end

-- The longest beginning of at most `size` bytes that breaks no character.
local function shortened(text, size)
  if #text <= size then return text end
  local last = size
  while last > size - 4 and (byte(text, last + 1) or 0) & 0xC0 == 0x80 do last = last - 1 end
  return sub(text, 1, last)
end

-- A secret across the cut is still seen as a whole, since twice as much is looked at.
local function shown_body(body)
  return shortened(core.mask(shortened(body or "", 2 * MOST_BODY)), MOST_BODY)
end

-- Percent-encoding ---------------------------------------------------------------------------------------

local function escape(character) return format("%%%02X", byte(character)) end

local function escape_unless_escaped(rest_of_text)
  if find(rest_of_text, "^%%%x%x") then return rest_of_text end
  return "%25" .. sub(rest_of_text, 2)
end

--- `text` as a value in a query: all but letters, digits and `- . _ ~` encoded.
function rest.encode(text)
  return (gsub(tostring(text), "[^%w%-%._~]", escape))
end

local function is_dots(segment)
  local plain = gsub(segment, "%%2[eE]", ".")
  return plain == "." or plain == ".."
end

--- `text` as one segment of a path. What is encoded already stays; `.` and `..` are nil: they would leave the path.
function rest.segment(text)
  if is_dots(text) then return nil end
  text = gsub(text, "%%%x?%x?", escape_unless_escaped)
  return (gsub(text, "[^%w%-%._~!$&'()*+,;=:@%%]", escape))
end

--- `text` as segments of a path, with its slashes; nil when one of them is `.` or `..`.
function rest.path(text)
  local parts = {}
  for part in gmatch(text .. "/", "([^/]*)/") do
    local encoded = rest.segment(part)
    if not encoded then return nil end
    parts[#parts + 1] = encoded
  end
  return concat(parts, "/")
end

-- Request lines ------------------------------------------------------------------------------------------

--- Raises `text` as the error of a module, with the place in the module.
function rest.complain(text)
  error((position() or "") .. text, 0)
end

-- Lua's own words, after the name of the function: what scripts match on, and what tells where to look.
local function refuse(where, value, name)
  local text = format("%s: attempt to concatenate a %s value (local '%s')", where, type(value), name)
  error((position() or "") .. text, 0)
end

--- `value` as text; an error that names the function `where` and the argument `name` unless it is a string or a number.
local function text_of(where, value, name)
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" then refuse(where, value, name) end
  return tostring(value)
end

rest.text = text_of

--- `value` as a number of seconds; an error that names function and argument unless it is one, or text of one.
function rest.seconds(where, value, name)
  local number = tonumber(value)
  if number then return number end
  local text = "%s%s: attempt to perform arithmetic on a %s value (local '%s')"
  error(format(text, position() or "", where, type(value), name), 0)
end

local function fill_path(where, template, value_of)
  local shown = gsub(template, "{%+?([%w_]+)}", function(name) return text_of(where, value_of(name), name) end)
  local sent = gsub(template, "{(%+?)([%w_]+)}", function(several, name)
    local text = text_of(where, value_of(name), name)
    if text == "" and several == "" then -- it would ask for, or delete, all there are
      error(format("%s%s: %s must not be empty", position() or "", where, name), 0)
    end
    local encoded = (several == "+" and rest.path or rest.segment)(text)
    if encoded then return encoded end
    error(format("%s%s: %s must not have the path part '.' or '..': %s", position() or "", where, name, text), 0)
  end)
  return sent, shown
end

-- What was given instead of a table of options; text is let through where it always was: it has none.
local function refuse_options(where, value)
  where = where and where .. ": " or ""
  error(format("%s%sattempt to index a %s value (local 'opts')", position() or "", where, type(value)), 0)
end

--- A table with what stands in `values`, and in `others` under names that `values` does not have. An error that names
--- `opts`, and the function `where`, unless both are tables or nil.
function rest.merged(values, others, where)
  if values ~= nil and type(values) ~= "table" then refuse_options(where, values) end
  if others ~= nil and type(others) ~= "table" then refuse_options(where, others) end
  local found = {}
  for name, value in pairs(others or {}) do found[name] = value end
  for name, value in pairs(values or {}) do found[name] = value end
  return found
end

--- What the server wants as an object: nothing and the empty table must not go out as `[]`.
function rest.object(value)
  if value == nil or type(value) == "table" and next(value) == nil then return json.object() end
  return value
end

local function add_parameter(where, sent, shown, parameter, name, value, flag)
  if value == nil or (value == false and not flag) then return end
  if type(value) == "table" and not getmetatable(value) then
    for _, item in ipairs(value) do add_parameter(where, sent, shown, parameter, name, item, flag) end
    return
  end
  local text = flag and type(value) == "boolean" and tostring(value) or text_of(where, value, name)
  sent[#sent + 1] = parameter .. "=" .. rest.encode(text)
  shown[#shown + 1] = parameter .. "=" .. text
end

local function fill_query(where, template, value_of)
  local sent, shown = {}, {}
  for item in gmatch(template, "[^&]+") do
    local parameter, name, mark = match(item, "^([^=?!]+)=?([^?!]*)([?!]?)$")
    if name == "" then name = gsub(parameter, "%[%]$", "") end
    local value = value_of(name)
    if mark == "!" and value == nil then refuse(where, nil, name) end
    add_parameter(where, sent, shown, parameter, name, value, mark == "?")
  end
  return concat(sent, "&"), concat(shown, "&")
end

-- What is sent after the base address, and path and query as people write them.
local function fill(where, template, values)
  local kind = type(values)
  if values ~= nil and kind ~= "table" and kind ~= "string" then refuse_options(where, values) end
  local function value_of(name) return values and values[name] end
  local path, query = match(template, "^([^?]*)%??(.*)$")
  local sent, shown = fill_path(where, path, value_of)
  local sent_query, shown_query = fill_query(where, query, value_of)
  if sent_query == "" then return sent, shown, "" end
  return sent .. "?" .. sent_query, shown, "?" .. shown_query
end

--- What a request line sends after the base address; `where` is the name of the function for errors.
function rest.target(where, template, values)
  return (fill(where, template, values))
end

-- Clients ------------------------------------------------------------------------------------------------

--- The base address without slashes at its end; a nil address fails in Lua's words.
function rest.base(url)
  if type(url) ~= "string" then
    error(format("%sattempt to index a %s value (local 'url')", position() or "", type(url)), 0)
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
  client.url = rest.base(url)
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
  self:raise(call, response.status, message(self.name, call, response), shown_body(response.body))
end

--- Raises `text` with the fields of a service error; `tail` is text that is masked already.
function Service:raise(call, status, text, tail)
  error(setmetatable({
    message = (position() or self.position) .. core.mask(text) .. (tail or ""),
    service = self.name,
    method = call.method,
    path = call.path and core.mask(call.path),
    status = status,
  }, ServiceError), 0)
end

--- The JSON document in a response.
function Service:decode(call, response)
  return annotated(self, call, response.status, pcall(json.parse, response.body))
end

-- Where a request line leads: the whole address; the call learns its path and its query.
local function target_of(service, client, template, values, call)
  local base = client
  if type(client) == "table" then base = client[service.address] end
  base = rest.base(base)
  local target = call.target
  if target then
    call.path, call.query = match(target, "^([^?]*)(.*)$")
  else
    target, call.path, call.query = fill(format("%s.%s", service.name, call.name), template, values)
  end
  return base .. target
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
  local options, given = rest.merged(opts), options_for(self, client, call)
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

--- A service called `name`: its functions take the name of the public function, a client or an address, the request
--- line and a table of arguments, and give the decoded body: `get` (raises for all but 200), `find` (nil for 404),
--- `post`, `put`, `patch` and `delete` (further argument: what `request` takes, and `ok`, the statuses that are a success).
---
--- `opts`: `headers` (function of the client), `message` (`rest.by_path`, `by_target`, `by_function`), `address` (the
--- field of the client with its base address, `url`), `level` (5 where another shared part makes it for a module).
function rest.service(name, opts)
  local _, where = pcall(error, "", opts.level or 4)
  local service = setmetatable({ name = name, position = where }, { __index = Service })
  service.headers, service.message = opts.headers, opts.message or rest.by_path
  service.address = opts.address or "url"
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

-- Pages --------------------------------------------------------------------------------------------------

--- Iterates over the items of all pages. `fetch(mark)` gives a list and the mark of the next page, nil at the end; the
--- first mark is nil. A page is asked for when its first item is. A mark that comes twice in a row ends the iteration.
function rest.each(fetch)
  local items, next_mark, index, finished = {}, nil, 0, false
  return function()
    while index >= #items do
      if finished then return nil end
      local asked = next_mark
      items, next_mark = fetch(asked)
      index, finished = 0, next_mark == nil or next_mark == asked
    end
    index = index + 1
    return items[index]
  end
end

--- The items of all pages as one list; with one page it is that page as it came.
function rest.all(fetch)
  local all, mark = fetch(nil)
  while mark ~= nil do
    local items, following = fetch(mark)
    for _, item in ipairs(items) do all[#all + 1] = item end
    mark = following ~= mark and following or nil
  end
  return all
end

local function identity(item)
  if type(item) == "table" then return item.uid or item.id or item.name end
  return item
end

--- A function for `rest.each` and `rest.all`: `fetch(mark)` gives a list, and where it is full, with `size` items, there
--- may be another page, whose mark is `following(list, mark)`. Servers that know no pages give the same list again: then
--- the first page was all.
function rest.full_pages(size, fetch, following)
  local first
  return function(mark)
    local items = fetch(mark)
    local head = identity(items[1])
    if mark and head == first then return {} end
    first = first or head
    return items, #items >= size and following(items, mark) or nil
  end
end

--- The query of the page that a response's `Link` header calls the next one; nil after the last page.
function rest.next_link(response)
  for target, parameters in gmatch(response.headers.link or "", "<([^>]*)>([^,<]*)") do
    if find(parameters, 'rel="?next"?') then return match(target, "%?([^#]*)") end
  end
end

--- A part of a query as it was meant: `+` and `%XX` decoded.
function rest.decode(text)
  text = gsub(text, "+", " ")
  return (gsub(text, "%%(%x%x)", function(digits) return string_functions.char(tonumber(digits, 16)) end))
end

--- The parameters of a query, by name.
function rest.parameters(query)
  local found = {}
  for name, value in gmatch(query or "", "([^&=]+)=([^&]*)") do found[rest.decode(name)] = rest.decode(value) end
  return found
end

--- Iterates over the items of all pages, where a `Link` header names the next one. From there only the parameters
--- `marks` are taken: where requests go, and with them credentials, is not for a server to say.
---
--- `opts`: `ok` (statuses that are a success; 404 among them is an empty list), `key` (of the list in the answer).
function Service:each_linked(name, client, line, values, marks, opts)
  opts = opts or {}
  return rest.each(function(link)
    local named, paged = rest.parameters(link), rest.merged(values)
    for _, mark in ipairs(marks) do
      if named[mark] then paged[mark] = named[mark] end
    end
    local response, call = self:expect("GET", name, client, line, paged, { ok = opts.ok })
    if response.status == 404 then return {} end
    local page = self:decode(call, response)
    return opts.key and page[opts.key] or page, rest.next_link(response)
  end)
end

-- Waiting ------------------------------------------------------------------------------------------------

--- Calls `check` until it gives something other than nil and false, which is returned; nil when `opts.timeout` seconds
--- have passed. Between the calls it sleeps `opts.interval` seconds (1), each time `opts.backoff` times (1) as long, up
--- to `opts.max_interval` (30), and never past the deadline. A timeout of 0 allows one check.
function rest.wait_until(check, opts)
  local deadline, pause = time() + opts.timeout, opts.interval or 1
  while true do
    local found = check()
    if found then return found end
    local left = deadline - time()
    if left <= 0 then return nil end
    sleep(min(pause, left))
    pause = min(pause * (opts.backoff or 1), max(opts.max_interval or 30, opts.interval or 1))
  end
end

--- Calls `check(attempt)` up to `attempts` times, `interval` seconds apart. Returns the first true answer, else nil.
function rest.attempt(attempts, interval, check)
  for attempt = 1, attempts do
    local found = check(attempt)
    if found then return found end
    if attempt < attempts then sleep(interval) end
  end
end

--- Waits until `GET url .. path` answers 200, without credentials: true, or an error after `opts.timeout` seconds (60),
--- with `opts.interval` seconds (2) between the attempts. A timeout of 0 makes no attempt and returns nothing.
function Service:wait_reachable(url, path, opts)
  url = text_of(self.name .. ".wait", url, "url")
  local timeout, interval = opts.timeout or 60, opts.interval or 2
  local attempts = math.ceil(timeout / interval)
  if attempts < 1 then return end
  local ready = rest.attempt(attempts, interval, function(attempt)
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

return rest

-- What handlers of http.serve are given and what becomes of their answers. One call from Python runs a request from
-- its parts to the lines of its response; what needs the connection meanwhile (events, streams, files, WebSockets)
-- asks Python through the helpers in `core`.

local core = ...
local fail, is_failure, is_handle, describe, wrap = core.fail, core.is_failure, core.is_handle, core.describe, core.wrap

local find, match, gmatch, gsub, lower, char = string.find, string.match, string.gmatch, string.gsub, string.lower, string.char
local concat, number_type, floor = table.concat, math.type, math.floor
local next, pcall, rawget, select, tonumber, tostring, type = next, pcall, rawget, select, tonumber, tostring, type

local M = {}
local encode_json -- the text of a value, or nil and the reason

function M.use(encoder) encode_json = encoder end

-- Requests -------------------------------------------------------------------------------------------------

local BYTES = {} -- two hexadecimal digits -> the byte they stand for
for code = 0, 255 do
  for _, pattern in next, { "%02x", "%02X" } do BYTES[string.format(pattern, code)] = char(code) end
end

local function byte_of(digits) return BYTES[digits] or char(tonumber(digits, 16)) end

-- Text of a query: `+` is a blank; a percent sign that no two digits follow stays.
local function decoded(text)
  if not find(text, "[+%%]") then return text end
  return (gsub(gsub(text, "%+", " "), "%%(%x%x)", byte_of))
end

local function params_of(query)
  local params = {}
  if query == "" then return params end
  for pair in gmatch(query, "[^&]+") do
    local key, value = match(pair, "^([^=]*)=?(.*)$")
    params[decoded(key)] = decoded(value)
  end
  return params
end

-- Names and values in turn; of repeated names the last wins.
local function headers_of(name, value, ...)
  if name == nil then return {} end
  local headers = { [name] = value }
  local count = select("#", ...)
  if count > 0 then
    local rest = { ... }
    for i = 1, count, 2 do headers[rest[i]] = rest[i + 1] end
  end
  return headers
end

-- A body that is read while it arrives: `read` is Python's.
local function add_reader(req, read)
  local take = wrap(read)
  function req.read(_, most) return take(most) end
  function req.chunks()
    return function() return take() end
  end
end

-- Responses ------------------------------------------------------------------------------------------------

local TEXT <const>, JSON <const> = "content-type: text/plain\r\n", "content-type: application/json\r\n"
local OWN_DATE <const>, CLOSE <const>, CONNECTION <const> = 1, 2, 4 -- what the caller must know about the header lines

local function kind_of(value)
  return number_type(value) == "integer" and "integer" or type(value)
end

local function status_of(value)
  if value == nil then return 200 end
  if type(value) == "string" then value = tonumber(value) end
  if type(value) ~= "number" or value ~= value then return 200 end
  if value < 100 or value >= 1000 then return 200 end
  return floor(value)
end

local function wrong(reason)
  core.serve_report_error(core.serve_exchange(), reason)
  return 500, TEXT, "handler error: " .. reason
end

local function scalar_text(value)
  local kind = type(value)
  if kind == "string" then return value end
  return kind == "number" and tostring(value) or nil
end

-- A header's values; what is neither text nor number nor a list of these does not count.
local function values_of(value)
  local text = scalar_text(value)
  if text then return { text } end
  local texts = {}
  if type(value) == "table" then
    for i = 1, #value do texts[#texts + 1] = scalar_text(value[i]) end
  end
  return texts
end

-- Takes one header of a response into `found`; the reason where it may not stand in a head.
local function take_header(found, name, value)
  if name == "" or find(name, "[^!#$%%&'*+%-.^_`|~0-9A-Za-z]") then
    return "illegal header name " .. string.format("%q", name)
  end
  name = lower(name)
  found.names[name] = true
  for _, text in next, values_of(value) do
    if find(text, "[%z\1-\8\10-\31\127]") then return "illegal value of header " .. name end
    if name == "content-length" then
      if not find(text, "^%d+$") or #text > 15 then return "illegal value of header content-length" end
      found.length = tonumber(text)
    elseif name == "connection" and find(lower(text), "close", 1, true) then
      found.flags = found.flags | CLOSE
    elseif name ~= "transfer-encoding" then -- how a body is framed is not the handler's to say
      found.lines[#found.lines + 1] = name .. ": " .. text .. "\r\n"
    end
  end
end

local NO_HEADERS = { lines = {}, names = {}, flags = 0 }

-- lines, names, flags and length of a `headers` field; nil and the reason where one is illegal.
local function understood(headers)
  if type(headers) ~= "table" then return NO_HEADERS end
  local found = { lines = {}, names = {}, flags = 0 }
  for key, value in next, headers do
    local name = scalar_text(key)
    local reason = name and take_header(found, name, value)
    if reason then return nil, reason end
  end
  if found.names.date then found.flags = found.flags | OWN_DATE end
  if found.names.connection then found.flags = found.flags | CONNECTION end
  return found
end

local function with_default(found, name, line)
  return found.names[name] and "" or line
end

-- Why a table that contains itself cannot be sent is worth an error; other values without a JSON form are null.
local function json_body(value)
  local text, reason = encode_json(value)
  if text then return text end
  if find(reason, "^recursive") then return nil, "runtime error: " .. reason end
  core.serve_report_problem(core.serve_exchange(), "the json of a response cannot be encoded: " .. reason)
  return "null"
end

local function plain_body(response)
  local value = response.json
  if value == nil then return scalar_text(response.body) or "", TEXT end
  local text, reason = json_body(value)
  return text, JSON, reason
end

local function answer_plain(response, status)
  local body, kind, reason = plain_body(response)
  if not body then return wrong(reason) end
  local headers = response.headers
  if headers == nil then return status, kind, body end
  local found, problem = understood(headers)
  if not found then return wrong(problem) end
  local lines = with_default(found, "content-type", kind) .. concat(found.lines)
  if found.flags == 0 and not found.length then return status, lines, body end
  return status, lines, body, found.flags, found.length
end

-- Server-sent events ---------------------------------------------------------------------------------------

local CLOSED <const> = "SSE stream closed"

local function retry_text(value)
  local number = tonumber(value)
  return number and number >= 0 and number < 2 ^ 53 and string.format("retry: %d\n", floor(number)) or ""
end

-- The text of an event; nil and the reason where it cannot be one.
local function event_text(event)
  local name, data, id, retry = event.event, event.data, event.id, event.retry
  name, data, id = scalar_text(name), scalar_text(data), scalar_text(id)
  if name and find(name, "[\r\n]") then return nil, "SSE event name must not contain newlines" end
  if id and find(id, "[\r\n]") then return nil, "SSE id must not contain newlines" end
  if data then
    data = "data: " .. (find(data, "\n", 1, true) and gsub(data, "\n", "\ndata: ") or data) .. "\n"
    if not name and not id and not retry then return data .. "\n" end
  end
  return (name and "event: " .. name .. "\n" or "")
    .. (data or "")
    .. (id and "id: " .. id .. "\n" or "")
    .. (retry ~= nil and retry_text(retry) or "")
    .. "\n"
end
M.event_text = event_text

local function sender(write)
  return function(event)
    if type(event) ~= "table" then
      fail("bad argument #1: error converting Lua " .. kind_of(event) .. " to table", "conversion")
    end
    local text, reason = event_text(event)
    if not text then fail(reason) end
    write(text)
  end
end

local function event_lines(found)
  return with_default(found, "content-type", "content-type: text/event-stream\r\n")
    .. with_default(found, "cache-control", "cache-control: no-cache\r\n")
    .. with_default(found, "connection", "connection: keep-alive\r\n")
    .. concat(found.lines)
end

local function is_closed(problem)
  return is_failure(problem) and problem.message == CLOSED
end

-- The function runs in the request's own task; true when it has answered, false when `sse` is nothing we know.
local function answer_events(response, status, sse)
  local is_channel = is_handle(sse)
  if type(sse) ~= "function" and not is_channel then return false end
  local found, reason = understood(response.headers)
  if not found then return true, wrong(reason) end
  local exchange, lines, heartbeat = core.serve_exchange(), event_lines(found), response.heartbeat
  if is_channel then return core.serve_join_channel(exchange, sse, status, lines, found.flags, heartbeat) end
  local send = sender(wrap(core.serve_open_events(exchange, status, lines, found.flags, heartbeat, response.slow)))
  local ok, problem = pcall(sse, send)
  if not ok and not is_closed(problem) then core.serve_report_error(exchange, describe(problem), " SSE") end
  core.serve_end_stream(exchange)
  return true
end

-- Streams, files, WebSockets -------------------------------------------------------------------------------

-- What the function throws before its first piece is an ordinary error; afterwards the client sees a broken answer.
local function answer_stream(response, status, stream)
  local found, reason = understood(response.headers)
  if not found then return wrong(reason) end
  local exchange, lines = core.serve_exchange(), with_default(found, "content-type", TEXT) .. concat(found.lines)
  stream(wrap(core.serve_open_stream(exchange, status, lines, found.flags, found.length)))
  core.serve_end_stream(exchange)
end

local function answer_file(response, status, path)
  local found, reason = understood(response.headers)
  if not found then return wrong(reason) end
  local exchange, typed = core.serve_exchange(), found.names["content-type"]
  return core.serve_send_file(exchange, path, status, concat(found.lines), found.flags, typed)
end

-- Whether a handler of a WebSocket has failed only because its client is gone.
local function has_left(problem)
  return is_failure(problem) and rawget(problem, "left")
end

local function answer_websocket(response, handler, req)
  local exchange = core.serve_exchange()
  if not core.serve_wants_websocket(exchange) then
    return 426, "content-type: text/plain\r\nupgrade: websocket\r\n", "expected a WebSocket handshake", CLOSE
  end
  local found, reason = understood(response.headers)
  if not found then return wrong(reason) end
  local conn = core.serve_accept_websocket(exchange, concat(found.lines), response)
  if not conn then return end -- the handshake was refused, and the client told
  local ok, problem = pcall(handler, conn, req)
  if not ok and not has_left(problem) then core.serve_report_error(exchange, describe(problem), " WebSocket") end
  core.serve_leave_websocket(exchange, ok)
end

-- Requests from beginning to end -----------------------------------------------------------------------------

local function answer_rest(response, status, req)
  local stream, ws, file = response.stream, response.ws, response.file
  if type(stream) == "function" then return answer_stream(response, status, stream) end
  if type(ws) == "function" then return answer_websocket(response, ws, req) end
  if type(file) == "string" then return answer_file(response, status, file) end
  return answer_plain(response, status)
end

-- Events win over everything; what does not answer with status, lines and body has answered through Python.
local function answer(response, req)
  if type(response) ~= "table" then return wrong("error converting Lua " .. kind_of(response) .. " to table") end
  local status, sse = response.status, response.sse
  if status == nil then status = 200 elseif status ~= 200 then status = status_of(status) end
  if status < 200 then return 500, "", "" end
  if sse ~= nil then
    local done, code, lines, body = answer_events(response, status, sse)
    if code then return code, lines, body end
    if done then return end
  end
  return answer_rest(response, status, req)
end

-- What Python calls for a request to `handler` at exactly that path, where it has no more than the contract's fields.
function M.exact(handler, method, path)
  return function(query, body, ...)
    local req = {
      method = method,
      path = path,
      query = query,
      params = params_of(query),
      headers = headers_of(...),
      body = body,
    }
    return answer(handler(req), req)
  end
end

-- The same for any path, and with what the options of a server add.
function M.route(handler)
  return function(method, path, query, body, remote, id, captures, read, ...)
    local req = {
      method = method,
      path = path,
      query = query,
      params = params_of(query),
      headers = headers_of(...),
      body = body,
    }
    if remote then
      req.remote, req.id, req.path_params = remote, id, captures
      if read then add_reader(req, read) end
    end
    return answer(handler(req), req)
  end
end

-- `handler` inside the functions that follow, the first outermost.
function M.surrounded(handler, ...)
  local around = { ... }
  for i = #around, 1, -1 do
    local inner, outer = handler, around[i]
    handler = function(req) return outer(req, inner) end
  end
  return handler
end

-- Handlers for what is no function of the script.

function M.fixed(status, body, name, value)
  return function() return { status = status, body = body, headers = name and { [name] = value } } end
end

function M.always(response)
  return function() return response end
end

function M.static()
  local path, elsewhere = core.serve_static_file()
  if path then return { file = path } end
  if elsewhere then return { status = 301, headers = { location = elsewhere } } end
  return { status = 404, body = "not found" }
end

return M

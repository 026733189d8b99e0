-- Commands in containers, over the WebSocket of an API server.
--
-- Each message starts with the number of its channel. v5 of the protocol can say that the input has ended.

local rest = require("assay.lib.rest")

local find, sub = string.find, string.sub
local concat = table.concat
local error, ipairs, pcall, setmetatable, tonumber, type = error, ipairs, pcall, setmetatable, tonumber, type

local STDIN, STDOUT, STDERR, RESULT, CLOSE = "\0", "\1", "\2", "\3", "\255"
local PIECE = 32768 -- bytes of input in one message
local V5 = "v5.channel.k8s.io"

local exec = { subprotocols = { V5, "v4.channel.k8s.io" } }

local Output = {}
Output.__index = Output

-- Hands out the lines that `data` completes; `all` also what has no end.
function Output:lines(data, all)
  local text, from = self.rest .. data, 1
  while true do
    local last = find(text, "\n", from, true)
    if not last then break end
    self.on_line(sub(text, from, last - 1), self.name)
    from = last + 1
  end
  self.rest = sub(text, from)
  if all and self.rest ~= "" then self.on_line(self.rest, self.name) end
end

function Output:take(data)
  self.parts[#self.parts + 1] = data
  if self.on_line then self:lines(data, false) end
end

function Output:finish()
  if self.on_line then self:lines("", true) end
  return concat(self.parts)
end

local function output(name, on_line)
  return setmetatable({ name = name, on_line = on_line, parts = {}, rest = "" }, Output)
end

local function table_or_empty(value) return type(value) == "table" and value or {} end

-- The exit status in what the server says at the end; nil and the reason for a command that did not run.
local function exit_status(text)
  local parsed, result = pcall(json.parse, text)
  if not parsed or type(result) ~= "table" then return nil, "the server did not say how it ended" end
  if result.status == "Success" then return 0 end
  for _, cause in ipairs(table_or_empty(table_or_empty(result.details).causes)) do
    if table_or_empty(cause).reason == "ExitCode" then return tonumber(cause.message) or -1 end
  end
  return nil, type(result.message) == "string" and result.message or "the server gave no reason"
end

local function send_input(conn, input)
  for first = 1, #input, PIECE do ws.send_binary(conn, STDIN .. sub(input, first, first + PIECE - 1)) end
  if conn.subprotocol == V5 then ws.send_binary(conn, CLOSE .. STDIN) end
end

-- Reads until the server has said how it ended; an error where it closes before.
local function converse(conn, outputs)
  while true do
    local message = ws.recv(conn, { binary = true })
    local channel, data = sub(message, 1, 1), sub(message, 2)
    if channel == RESULT then return exit_status(data) end
    if outputs[channel] then outputs[channel]:take(data) end
  end
end

--- Runs what the connection was opened for: `{status, stdout, stderr, timed_out}`, or nil and the reason when it could
--- not run. `opts`: `stdin`, `timeout` (seconds), `on_line` (function of a line and "stdout" or "stderr").
function exec.run(conn, opts)
  local outputs = { [STDOUT] = output("stdout", opts.on_line), [STDERR] = output("stderr", opts.on_line) }
  local function talk()
    local sending = opts.stdin and async.spawn(function() pcall(send_input, conn, opts.stdin) end)
    local status, reason = converse(conn, outputs)
    if sending then sending:cancel() end
    return status, reason
  end
  local ok, status, reason = pcall(function()
    if opts.timeout then return async.timeout(opts.timeout, talk) end
    return talk()
  end)
  local timed_out = not ok and type(status) == "table" and status.timeout == true
  if not ok and not timed_out then error(status, 0) end
  if reason then return nil, reason end
  return {
    status = timed_out and -1 or status, timed_out = timed_out,
    stdout = outputs[STDOUT]:finish(), stderr = outputs[STDERR]:finish(),
  }
end

--- The words of a command: a list as it is, text for the shell of the container.
function exec.words(command)
  if type(command) ~= "table" then return { "/bin/sh", "-c", rest.text("k8s.exec", command, "command") } end
  if command[1] == nil then rest.complain("k8s.exec: command must not be empty") end
  return command
end

return exec

-- print, io and os: output and exits go through the runtime, writes pass the guard.

local core = ...
local write, write_error, flush = core.write, core.write_error, core.flush
local tostring, type, select, error, format = tostring, type, select, error, string.format
local concat, pack = table.concat, table.pack
local raw_open, raw_tmpfile = io.open, io.tmpfile
local raw_type = io.type

function print(...)
  local count = select("#", ...)
  if count == 1 then return write(tostring((...)) .. "\n") end
  local parts = pack(...)
  for index = 1, count do parts[index] = tostring(parts[index]) end
  return write(concat(parts, "\t") .. "\n")
end

-- The value goes in a table: however long a text is, Python reads only what it shows.
local show = core.display

function display(value, opts)
  return show({ value }, opts)
end

-- The standard streams: tables that answer as file handles do ------------------------------------------------

local Standard = { __name = "FILE*", __metatable = false }
Standard.__index = Standard

function Standard.__tostring(self) return format("FILE*: %p", self) end

local function check_pieces(...)
  for index = 1, select("#", ...) do
    local piece = select(index, ...)
    local kind = type(piece)
    if kind ~= "string" and kind ~= "number" then
      error(format("bad argument #%d to 'write' (string expected, got %s)", index, kind == "nil" and "nil" or kind), 4)
    end
  end
end

function Standard:write(...)
  check_pieces(...)
  self.sink(concat({ ... }))
  return self
end

function Standard:flush()
  self.hand_on()
  return self
end

function Standard:setvbuf() return true end
function Standard:seek() return nil, "Illegal seek", 29 end
function Standard:close() return self:flush() and true end
function Standard:read() return nil, "Bad file descriptor", 9 end
function Standard:lines() error("file is not readable", 2) end

io.stdout = setmetatable({ sink = write, hand_on = flush }, Standard)
io.stderr = setmetatable({ sink = write_error, hand_on = function() end }, Standard)

local output = io.stdout

function io.write(...)
  if output ~= io.stdout then return output:write(...) end
  check_pieces(...)
  write(concat({ ... }))
  return output
end

function io.output(target)
  if target == nil then return output end
  if type(target) == "string" then
    core.allow_io_output(target)
    local file, message = raw_open(target, "w")
    if not file then error(message, 2) end
    output = file
  else
    output = target
  end
  return output
end

function io.type(value)
  if type(value) == "table" then
    return getmetatable(value) == false and tostring(value):find("^FILE%*: ") and "file" or nil
  end
  return raw_type(value)
end

function io.close(file)
  return (file or output):close()
end

function io.open(path, mode)
  core.allow_io_open(path, mode or "r")
  return raw_open(path, mode or "r")
end

io.popen = core.popen

function io.tmpfile()
  core.allow_io_tmpfile("a temporary file")
  return raw_tmpfile()
end

-- os: the global has the host's facts and Lua's clock; require("os") is the whole library -------------------

local library = os
local raw_remove, raw_rename, raw_tmpname = os.remove, os.rename, os.tmpname

function library.execute(command)
  if command == nil then return true end -- there is a shell
  return core.execute(command)
end

function library.remove(path)
  core.allow_os_remove(path)
  return raw_remove(path)
end

function library.rename(from, to)
  core.allow_os_rename(tostring(from) .. " to " .. tostring(to))
  return raw_rename(from, to)
end

function library.tmpname()
  core.allow_os_tmpname("a temporary file")
  return raw_tmpname()
end

function library.exit(code)
  if code == nil or code == true then code = 0 elseif code == false then code = 1 end
  core.exit(code)
end

-- Another locale would change how numbers are written and read, in every group.
function library.setlocale(locale)
  return (locale == nil or locale == "" or locale == "C" or locale == "POSIX") and "C" or nil
end

core.presets.os = {
  clock = library.clock,
  date = library.date,
  difftime = library.difftime,
  getenv = library.getenv,
  time = library.time,
}

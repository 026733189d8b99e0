-- Cutting what is sent into pieces of one size: text, a file, or what an iterator gives.

local rest = require("assay.lib.rest")

local getmetatable, rawget, type = getmetatable, rawget, type
local format, sub = string.format, string.sub
local concat, ceil, floor, max = table.concat, math.ceil, math.floor, math.max

local pieces = {}

local function nothing() end

local function of_text(text, size)
  local from = 1
  return function()
    if from > #text then return nil end
    local piece = sub(text, from, from + size - 1)
    from = from + size
    return piece
  end, nothing
end

local function of_file(where, path, size)
  local file, message = io.open(path, "rb")
  if not file then rest.complain(format("%s: failed to read %s", where, message)) end
  return function()
    local piece, reason = file:read(size)
    if reason then rest.complain(format("%s: failed to read %s: %s", where, path, reason)) end
    return piece
  end, function() file:close() end
end

local function of_iterator(where, following, size)
  local waiting, length, ended = {}, 0, false
  return function()
    while length < size and not ended do
      local text = following()
      ended = text == nil
      if ended then break end
      if type(text) ~= "string" then rest.complain(format("%s: an iterator gave a %s", where, type(text))) end
      waiting[#waiting + 1], length = text, length + #text
    end
    if length == 0 then return nil end
    local all = concat(waiting)
    local left = sub(all, size + 1)
    waiting, length = { left }, #left
    return sub(all, 1, size)
  end, nothing
end

-- Streams of builtins are tables that can be called and keep their metatable to themselves.
local function is_callable(value)
  if type(value) ~= "table" then return type(value) == "function" end
  local class = getmetatable(value)
  return class == false or class ~= nil and class.__call ~= nil
end

--- Two functions: one that gives the next piece of `source`, nil at the end, and one to call when no more is wanted.
--- `source` is text, `{ path = file }` or an iterator over texts. Pieces have `size` bytes, the last one has what is left;
--- where the length is known they are larger if it takes more than `most` of them.
function pieces.open(where, source, size, most)
  size = max(1, floor(size))
  if type(source) == "string" then return of_text(source, max(size, ceil(#source / most))) end
  if type(source) == "table" and type(rawget(source, "path")) == "string" then
    local length = fs.stat(source.path).size
    return of_file(where, source.path, max(size, ceil(length / most)))
  end
  if is_callable(source) then return of_iterator(where, source, size) end
  rest.complain(format("%s: source must be text, { path = file } or an iterator, not a %s", where, type(source)))
end

return pieces

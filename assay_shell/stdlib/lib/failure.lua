-- What modules raise: errors that are text to scripts, with the request they were about as fields.

local _, core = ...

local byte, find, sub = string.byte, string.find, string.sub
local error, pcall, setmetatable, tostring, type = error, pcall, setmetatable, tostring, type
local string_functions = string

local failure = {}

local MOST_BODY = 8192 -- bytes of a response's body that an error shows

local ServiceError = { __name = "service error", __metatable = false }

function ServiceError.__tostring(e) return e.message end

function ServiceError.__concat(a, b) return tostring(a) .. tostring(b) end

-- Scripts were written for errors that are strings, so their methods work.
function ServiceError.__index(_, name)
  local method = string_functions[name]
  return method and function(self, ...) return method(tostring(self), ...) end
end

--- "assay/vault.lua:12: " of the innermost frame in a module, nil when a tail call left none.
local function position()
  for level = 4, 24 do
    local _, where = pcall(error, "", level)
    if type(where) == "string" and find(where, "^assay/") and not find(where, "^assay/lib%.") then return where end
  end
end

--- Raises `text` as the error of a module, with the place in the module.
function failure.complain(text)
  error((position() or "") .. text, 0)
end

--- Raises `text` with the `fields` of a service error, masked; `tail` is text that is masked already. `elsewhere` is the
--- place that it begins with where no frame of a module is left.
function failure.raise(fields, elsewhere, text, tail)
  fields.message = (position() or elsewhere) .. core.mask(text) .. (tail or "")
  fields.path = fields.path and core.mask(fields.path)
  error(setmetatable(fields, ServiceError), 0)
end

-- The longest beginning of at most `size` bytes that breaks no character.
local function shortened(text, size)
  if #text <= size then return text end
  local last = size
  while last > size - 4 and (byte(text, last + 1) or 0) & 0xC0 == 0x80 do last = last - 1 end
  return sub(text, 1, last)
end

--- The beginning of a response's body, masked. A secret across the cut is still seen as a whole, since twice as much is
--- looked at.
function failure.shown_body(body)
  return shortened(core.mask(shortened(body or "", 2 * MOST_BODY)), MOST_BODY)
end

return failure

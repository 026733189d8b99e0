-- assert: checks for scripts that test. The table can be called with the standard meaning.

local core = ...
local fail, type, tostring, format, find = core.fail, type, tostring, string.format, string.find
local gsub, byte, char_length = string.gsub, string.byte, utf8.len
local math_type, select, pcall, abs = math.type, select, pcall, math.abs
local raw_getmetatable = getmetatable

local M = {}

local EPSILON = 2.0 ^ -52

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\0"] = "\\0" }

local function escaped(text)
  if not char_length(text) then return "<invalid utf-8>" end
  text = gsub(text, '["\\\n\r\t%z]', ESCAPES)
  return (gsub(text, "%c", function(c) return format("\\u{%x}", byte(c)) end))
end

-- A float without exponent and without a trailing `.0`.
local function plain_number(value)
  if value ~= value then return "NaN" end
  if value == math.huge then return "inf" end
  if value == -math.huge then return "-inf" end
  if math_type(value) == "integer" then return tostring(value) end
  if value == math.floor(value) then return format("%.0f", value) end
  for digits = 1, 17 do
    local text = format("%." .. digits .. "g", value)
    if tonumber(text) == value then
      if not find(text, "e", 1, true) then return text end
      local _, _, exponent = find(text, "e(.*)$")
      return (gsub(format("%." .. math.max(0, digits - 1 - tonumber(exponent)) .. "f", value), "^(%-?)%.", "%10."))
    end
  end
  return tostring(value)
end

local function shown(value)
  local kind = type(value)
  if kind == "nil" or kind == "boolean" then return tostring(value) end
  if kind == "number" then return plain_number(value) end
  if kind == "string" then return escaped(value) end
  if kind == "table" and raw_getmetatable(value) == false and core.is_failure(value) then return "<error>" end
  return "<" .. kind .. ">"
end

-- ` - MSG` where a message was given.
local function because(...)
  local message = ...
  if message == nil then return "" end
  return " - " .. tostring(message)
end

local function equal(a, b)
  if rawequal(a, b) then return true end
  if type(a) ~= "number" or type(b) ~= "number" then return false end
  if math_type(a) == "integer" and math_type(b) == "integer" then return false end
  return a == b or abs(a - b) < EPSILON
end

--- Fail unless *a* and *b* are equal. Tables are equal when they are the same table.
---
--- Numbers may differ by rounding (2^-52), unless both are integers. *msg* is added to the text.
---
--- Example: `assert.eq(answer.status, 200, "health")`
---
--- Raises:
---     BuiltinError: they differ: `assert.eq failed: "A" != "B" - MSG`.
function M.eq(a, b, ...)
  if not equal(a, b) then fail(format('assert.eq failed: "%s" != "%s"%s', shown(a), shown(b), because(...))) end
end

--- Fail when *a* and *b* are equal, by the rules of `assert.eq`.
---
--- Example: `assert.ne(token, "")`
---
--- Raises:
---     BuiltinError: they are equal: `assert.ne failed: "A" == "B" - MSG`.
function M.ne(a, b, ...)
  if equal(a, b) then fail(format('assert.ne failed: "%s" == "%s"%s', shown(a), shown(b), because(...))) end
end

local function check_numbers(name, a, b)
  if type(a) ~= "number" or type(b) ~= "number" then fail(name .. ": both arguments must be numbers") end
end

--- Fail unless the number *a* is greater than the number *b*.
---
--- Example: `assert.gt(disk.usage("/").free, 10 << 30, "disk space")`
---
--- Raises:
---     BuiltinError: it is not, or one is no number.
function M.gt(a, b, ...)
  check_numbers("assert.gt", a, b)
  if not (a > b) then
    fail(format("assert.gt failed: %s is not > %s%s", plain_number(a), plain_number(b), because(...)))
  end
end

--- Fail unless the number *a* is less than the number *b*.
---
--- Example: `assert.lt(elapsed, 0.5)`
---
--- Raises:
---     BuiltinError: it is not, or one is no number.
function M.lt(a, b, ...)
  check_numbers("assert.lt", a, b)
  if not (a < b) then
    fail(format("assert.lt failed: %s is not < %s%s", plain_number(a), plain_number(b), because(...)))
  end
end

--- Fail unless *part* stands in *text*, as it is written.
---
--- Example: `assert.contains(page.body, "<title>")`
---
--- Raises:
---     BuiltinError: it does not, or one is no string.
function M.contains(text, part, ...)
  if type(text) ~= "string" then fail("assert.contains: first argument must be a string") end
  if type(part) ~= "string" then fail("assert.contains: second argument must be a string") end
  if not find(text, part, 1, true) then
    fail(format('assert.contains failed: "%s" does not contain "%s"%s', escaped(text), escaped(part), because(...)))
  end
end

--- Fail when *value* is nil; false is a value.
---
--- Example: `assert.not_nil(env.get("TOKEN"), "TOKEN is not set")`
---
--- Raises:
---     BuiltinError: it is nil.
function M.not_nil(value, ...)
  if value == nil then fail("assert.not_nil failed: value is nil" .. because(...)) end
end

--- Fail unless the Lua pattern is found in *text*.
---
--- Example: `assert.matches(version, "^%d+%.%d+$")`
---
--- Raises:
---     BuiltinError: it is not found, one is no string, or the pattern is malformed.
function M.matches(text, pattern, ...)
  if type(text) ~= "string" then fail("assert.matches: first argument must be a string") end
  if type(pattern) ~= "string" then fail("assert.matches: second argument must be a pattern string") end
  local ok, found = pcall(find, text, pattern)
  if not ok then fail("assert.matches: pattern error: " .. tostring(found)) end
  if not found then
    fail(format('assert.matches failed: "%s" does not match pattern "%s"%s', escaped(text), escaped(pattern), because(...)))
  end
end

-- assert(v, message...): the standard function that the table replaces.
local function standard(_, ...)
  if select("#", ...) == 0 then error("bad argument #1 to 'assert' (value expected)", 2) end
  local value, message = ...
  if value then return ... end
  if select("#", ...) == 1 then message = "assertion failed!" end
  error(message, 0)
end

return M, standard

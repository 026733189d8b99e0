-- What functions of modules do with their arguments: what is wrong is told in Lua's own words, which scripts match on,
-- after the name of the function, which tells where to look.

local failure = require("assay.lib.failure")

local format = string.format
local next, pairs, tonumber, tostring, type = next, pairs, tonumber, tostring, type

local arguments = {}

-- `where` is nil where nobody knows which function it was.
local function refuse(where, doing, value, name)
  where = where and where .. ": " or ""
  failure.complain(format("%sattempt to %s a %s value (local '%s')", where, doing, type(value), name))
end

--- `value` as text; an error that names the function `where` and the argument `name` unless it is a string or a number.
function arguments.text(where, value, name)
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" then refuse(where, "concatenate", value, name) end
  return tostring(value)
end

--- `value` as a number of seconds, or whatever is counted; an error that names function and argument unless it is one, or
--- text of one.
function arguments.seconds(where, value, name)
  local number = tonumber(value)
  if not number then refuse(where, "perform arithmetic on", value, name) end
  return number
end

--- `value`, which has to be a table; else an error that names function and argument.
function arguments.table(where, value, name)
  if type(value) ~= "table" then refuse(where, "index", value, name) end
  return value
end

--- A table of options, or nil; else an error that names function and `opts`.
function arguments.options(where, value)
  return value ~= nil and arguments.table(where, value, "opts") or nil
end

--- A table with what stands in `values`, and in `others` under names that `values` does not have. An error that names
--- `opts`, and the function `where`, unless both are tables or nil.
function arguments.merged(values, others, where)
  local found = {}
  for name, value in pairs(arguments.options(where, others) or {}) do found[name] = value end
  for name, value in pairs(arguments.options(where, values) or {}) do found[name] = value end
  return found
end

--- What the server wants as an object: nothing and the empty table must not go out as `[]`.
function arguments.object(value)
  if value == nil or type(value) == "table" and next(value) == nil then return json.object() end
  return value
end

return arguments

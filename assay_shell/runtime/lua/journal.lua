-- Whether a value is plain data through and through: what is written down of it can be made again.
local core = ...
local metatable, is_handle = core.metatable, core.is_handle
local next, type = next, type

local MOST, DEEPEST = 200000, 64

local function look(value, depth, left)
  local kind = type(value)
  if kind == "function" or kind == "userdata" or kind == "thread" then return nil end
  if kind ~= "table" then return left - 1 end
  if metatable(value) ~= nil or is_handle(value) or depth == DEEPEST then return nil end
  for key, member in next, value do
    if type(key) == "table" or left <= 0 then return nil end
    left = look(member, depth + 1, left)
    if not left then return nil end
  end
  return left
end

return { is_plain = function(value) return look(value, 0, MOST) ~= nil end }

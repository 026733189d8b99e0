-- The locals of an interactive session: each is the variable itself, held by a closure over it.
local core = ...
local upvalue, join, unbox = core.upvalue, core.join, core.unbox
local gmatch, pack, unpack = string.gmatch, table.pack, table.unpack

local bindings, order = {}, {} -- name -> { closure, index of its upvalue }

local function bind(name, closure, index)
  if not bindings[name] then order[#order + 1] = name end
  bindings[name] = { closure, index }
end

local function index_of(closure, name)
  for index = 1, 255 do
    local found = upvalue(closure, index)
    if not found then return nil end
    if found == name then return index end
  end
end

-- Called behind a `local` statement with a closure over its variables and their values.
local function keep(names, closure, ...)
  local values, at = pack(...), 0
  for name in gmatch(names, "[^, ]+") do
    at = at + 1
    local index = index_of(closure, name)
    if index then
      bind(name, closure, index)
    else -- a constant is no variable: Lua has put its value in the place of the name
      local value = values[at]
      bind(name, function() return value end, 1)
    end
  end
end

local function pass(...) return ... end

local session = {}

-- The function of an input, with the variables that it shares joined to theirs.
function session.open(maker, ...)
  local given = pack(...)
  for index = 1, given.n do given[index] = unbox(given[index]) end
  local f = maker(keep, pass, unpack(given, 1, given.n))
  for index = 1, 255 do
    local name = upvalue(f, index)
    if not name then break end
    local binding = bindings[name]
    if binding then join(f, index, binding[1], binding[2]) end
  end
  return f
end

function session.names() return order end

function session.value(name)
  local binding = bindings[name]
  local _, value = upvalue(binding[1], binding[2])
  return value
end

function session.forget()
  bindings, order = {}, {}
end

return session

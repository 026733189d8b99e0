-- Looking at values without touching them: for completion, help and inspection. Nothing here calls a metamethod or any
-- other function of a script, and no table is walked further than the caller says.

local core = ...
local metatable, frame, parameter, globals, groups =
  core.metatable, core.frame, core.parameter, core.globals, core.groups
local rawequal, rawget, next, type = rawequal, rawget, next, type
local concat, unpack, find, format, gsub = table.concat, table.unpack, string.find, string.format, string.gsub
local lower, upper = string.lower, string.upper
local loaded = package.loaded

local MOST_CLASSES = 16 -- tables that `__index` may lead to, one from the other

local MOST_FUNCTIONS = 1000 -- members of a group or library that are compared with a function

local look = {}

-- The table in which members are looked up that `t` does not have, nil when there is none or a function decides.
local function class_of(t)
  local meta = metatable(t)
  local index = type(meta) == "table" and rawget(meta, "__index")
  if type(index) == "table" then return index end
end

-- What `t[key]` would be if no function were asked.
function look.get(t, key)
  for _ = 1, MOST_CLASSES do
    if type(t) ~= "table" then return nil end
    local value = rawget(t, key)
    if value ~= nil then return value end
    t = class_of(t)
  end
end

-- The pattern of what begins with some text, capital or not.
local function pattern_of(beginning)
  local escaped = gsub(beginning, "%W", "%%%0")
  return "^" .. gsub(escaped, "%a", function(letter) return format("[%s%s]", lower(letter), upper(letter)) end)
end

-- Adds the keys of one table: at most `most` pairs are looked at. Of string keys so many are taken as are `enough`,
-- beyond them those that fit the pattern, if there is one; of other keys ten.
local function add_keys(found, seen, t, most, enough, pattern)
  local others, key, value = 0, nil, nil
  for _ = 1, most do
    key, value = next(t, key)
    if key == nil then return end
    local kind, take = type(key), false
    if kind == "string" then
      take = #found < 2 * enough
      if not take then
        if not pattern or #found >= 4 * enough then return end
        take = find(key, pattern) ~= nil
      end
    elseif kind == "number" then
      others = others + 1
      take = others <= 10
    end
    if take and not seen[key] then
      seen[key] = true
      found[#found + 1], found[#found + 2] = key, type(value)
    end
  end
end

-- key, type of its value, key, type ... of the table and of the classes behind it.
function look.keys(t, most, enough, beginning)
  local found, seen, pattern = {}, {}, beginning ~= "" and pattern_of(beginning) or nil
  for _ = 1, MOST_CLASSES do
    if type(t) ~= "table" then break end
    add_keys(found, seen, t, most, enough, pattern)
    t = class_of(t)
  end
  return unpack(found)
end

-- The chunks that the functions among the first `most` members of a table come from, up to as many as are `enough`.
function look.chunks(t, most, enough)
  local found, seen, key, value = {}, {}, nil, nil
  for _ = 1, most do
    key, value = next(t, key)
    if key == nil or #found >= enough then break end
    local chunk = type(value) == "function" and frame(value, "S").source
    if chunk and not seen[chunk] then
      seen[chunk] = true
      found[#found + 1] = chunk
    end
  end
  return unpack(found)
end

-- How many members a table has, counted up to `most`, and how many of them are 1, 2, 3 ... in a row.
function look.size(t, most)
  local count, length, key = 0, 0, nil
  while count < most do
    key = next(t, key)
    if key == nil then break end
    count = count + 1
  end
  while length < count and rawget(t, length + 1) ~= nil do length = length + 1 end
  return count, length
end

-- Some member of a table, the first where it is a list.
function look.sample(t)
  local value = rawget(t, 1)
  if value ~= nil then return value end
  local _, any = next(t)
  return any
end

-- The name that a metatable gives to its tables (`ws connection`).
function look.class_name(t)
  local meta = metatable(t)
  local name = type(meta) == "table" and rawget(meta, "__name")
  return type(name) == "string" and name or nil
end

local function is_lazy(group)
  local meta = metatable(group)
  return type(meta) == "table" and rawget(meta, "__newindex") ~= nil and rawget(meta, "__metatable") == false
end

-- The group of builtins that a table is, and whether its functions are still to be loaded.
function look.group(t)
  for name, group in next, groups do
    if rawequal(group, t) then return name, is_lazy(group) end
  end
end

-- The name under which `require` gave that value.
function look.module(value)
  for name, module in next, loaded do
    if type(name) == "string" and name ~= "_G" and rawequal(module, value) then return name end
  end
end

local function key_of(t, value)
  if type(t) ~= "table" then return nil end
  local key, item
  for _ = 1, MOST_FUNCTIONS do
    key, item = next(t, key)
    if key == nil then return nil end
    if rawequal(item, value) and type(key) == "string" then return key end
  end
end

-- `http.get` for a function of a group or of Lua's own libraries.
function look.name(f)
  for name, group in next, groups do
    local key = key_of(group, f)
    if key then return name .. "." .. key end
  end
  for name, library in next, loaded do
    if type(name) == "string" and name ~= "_G" and not find(name, ".", 1, true) then
      local key = key_of(library, f)
      if key then return name .. "." .. key end
    end
  end
  return key_of(globals, f)
end

-- Where a function comes from: its chunk's name (`@FILE`, `=NAME`), first and last line, `Lua` or `C`, its parameters
-- separated by commas, and whether it takes more.
function look.func(f)
  local info = frame(f, "Su")
  local names = {}
  for index = 1, info.nparams do names[index] = parameter(f, index) or "?" end
  return info.source, info.linedefined, info.lastlinedefined, info.what, concat(names, ","), info.isvararg
end

function look.global(name)
  return rawget(globals, name)
end

function look.loaded(name)
  return rawget(loaded, name)
end

return look

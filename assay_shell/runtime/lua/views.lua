-- What views read of Lua values: raw, a bounded part at a time, and without running anything of a script.
--
-- Values go to Python as one flat list of results. Of a long string only the head goes, and `lengths`, the first
-- result, holds the whole length by position; it is nil where nothing was cut.
local core = ...
local metatable, frame = core.metatable, core.frame
local next, type, rawget, rawlen, setmetatable = next, type, rawget, rawlen, setmetatable
local sub, find, match, sort, unpack = string.sub, string.find, string.match, table.sort, table.unpack
local mathtype, tonumber = math.type, tonumber

local views = { is_box = core.is_box }
core.views = views

local COUNTED = 10000 -- members of a map that are counted and put in order
local SAMPLE = 50 -- members that are looked at to tell what a list holds
local hints = setmetatable({}, { __mode = "k" }) -- table -> options

-- A member, read past every metatable; nil where `t` is no table.
local function get(t, key)
  if type(t) == "table" then return rawget(t, key) end
  return nil
end
views.get = get

-- The member at a path of up to four names.
local function dig(t, first, second, third, fourth)
  t = get(t, first)
  if t == nil or second == nil then return t end
  t = get(t, second)
  if t == nil or third == nil then return t end
  t = get(t, third)
  if t == nil or fourth == nil then return t end
  return get(t, fourth)
end
views.dig = dig

local function length(t)
  return type(t) == "table" and rawlen(t) or 0
end
views.length = length

-- What a table is ------------------------------------------------------------------------------------------

-- Whether any of the members from `key` on is none of 1..n.
local function has_other(t, key, n)
  for _ = 1, SAMPLE do
    if key == nil then return false end
    if mathtype(key) ~= "integer" or key < 1 or key > n then return true end
    key = next(t, key)
  end
  return false
end

local function is_list(t)
  local n = length(t)
  if n == 0 or rawget(t, 1) == nil or rawget(t, n) == nil then return false end
  return not (has_other(t, next(t), n) or has_other(t, next(t, n), n))
end
views.is_list = is_list

-- "list" or "map", how many members, and whether that is all of them.
function views.measure(t)
  if is_list(t) then return "list", rawlen(t), true end
  local count = 0
  for _ in next, t do
    count = count + 1
    if count > COUNTED then return "map", COUNTED, false end
  end
  return "map", count, true
end

-- What a module or script has said about how `t` is to be shown: a table of options, nil without.
function views.hint(t)
  local class = metatable(t)
  local found = hints[t] or rawget(t, "__view") or (type(class) == "table" and rawget(class, "__view"))
  if type(found) == "string" then return { kind = found } end
  return type(found) == "table" and found or nil
end

function views.set_hint(t, options)
  hints[t] = options
end

-- What the handles of views show: value and options. A Python object that Lua holds must hold nothing of Lua itself.
local shown = setmetatable({}, { __mode = "k" })

function views.keep(handle, value, options)
  shown[handle] = { value, options }
end

function views.kept(handle)
  local found = shown[handle]
  return found[1], found[2]
end

-- The name of a kind of handle, or of any class that has one.
function views.class_name(t)
  local class = metatable(t)
  local name = type(class) == "table" and rawget(class, "__name")
  return type(name) == "string" and name or nil
end

-- How an iterator of a script goes on and how it is closed; nil where `t` is none that can be closed.
function views.iterator(t)
  local class = metatable(t)
  if type(class) ~= "table" then return nil end
  local step, close = rawget(class, "__call"), rawget(class, "__close")
  if type(step) == "function" and type(close) == "function" then return step, close end
end

-- "file.lua", 12: where a function was written; nil for one that is not Lua.
function views.origin(f)
  local info = frame(f, "S")
  if info.what == "C" or info.short_src == "[assay]" then return nil end
  return info.short_src, info.linedefined
end

-- Crossing to Python -----------------------------------------------------------------------------------------

-- Puts `value` at `position` of what goes to Python.
local function put(out, lengths, position, value, cut)
  if type(value) == "string" and #value > cut then
    lengths = lengths or {}
    lengths[position] = #value
    value = sub(value, 1, cut)
  end
  out[position] = value
  return lengths
end

-- One member; of a long string the head, and its length.
function views.member(t, key, cut)
  local value = rawget(t, key)
  if type(value) == "string" and #value > cut then return sub(value, 1, cut), #value end
  return value
end

-- Items first..last of a list.
function views.items(t, first, last, cut)
  local out, lengths, n = {}, nil, 0
  for index = first, last do
    n = n + 1
    lengths = put(out, lengths, n, rawget(t, index), cut)
  end
  return lengths, unpack(out, 1, n)
end

local RANKS = { number = 1, string = 2 }

local function before(a, b)
  local kind, other = type(a), type(b)
  if kind ~= other then return (RANKS[kind] or 3) < (RANKS[other] or 3) end
  if RANKS[kind] then return a < b end
  return false
end

-- The first `count` members of a map by their names, as key, value, key, value; unordered where there are too many.
function views.members(t, count, cut)
  local keys, n = {}, 0
  for key in next, t do
    n = n + 1
    keys[n] = key
    if n > COUNTED then break end
  end
  if n <= COUNTED then sort(keys, before) end
  local out, lengths, position = {}, nil, 0
  for index = 1, n < count and n or count do
    lengths = put(out, lengths, position + 1, keys[index], cut)
    lengths = put(out, lengths, position + 2, rawget(t, keys[index]), cut)
    position = position + 2
  end
  return lengths, unpack(out, 1, position)
end

-- The members `keys` of items first..last of a list, row by row.
function views.rows(t, first, last, keys, cut)
  local out, lengths, position, width = {}, nil, 0, rawlen(keys)
  for index = first, last do
    local row = rawget(t, index)
    for column = 1, width do
      lengths = put(out, lengths, position + column, get(row, keys[column]), cut)
    end
    position = position + width
  end
  return lengths, unpack(out, 1, position)
end

-- The columns of a list of records: name, share of the sample, whether it holds tables; three results each.
function views.columns(t, sample)
  local counts, nested, names = {}, {}, {}
  for index = 1, sample do
    local row, seen = rawget(t, index), 0
    for key, value in next, row do
      seen = seen + 1
      if seen > SAMPLE then break end
      if type(key) == "string" and type(value) ~= "function" then
        if not counts[key] then names[#names + 1] = key end
        counts[key] = (counts[key] or 0) + 1
        nested[key] = nested[key] or type(value) == "table"
      end
    end
  end
  local out = {}
  for _, name in next, names do
    local n = #out
    out[n + 1], out[n + 2], out[n + 3] = name, counts[name], nested[name]
  end
  return unpack(out)
end

-- time, value, time, value ... of points first..last; those that are no numbers are left out.
function views.points(points, first, last)
  local out, n = {}, 0
  for index = first, last do
    local point = rawget(points, index)
    local at, value = tonumber(get(point, 1)), tonumber(get(point, 2))
    if at and value then
      out[n + 1], out[n + 2] = at, value
      n = n + 2
    end
  end
  return unpack(out, 1, n)
end

-- What tells whether members of `t` are secrets: its kind, whether it has metadata, its type, and its name.
function views.bearings(t)
  local name = rawget(t, "name") or rawget(t, "Name") or rawget(t, "key")
  local kind, class = rawget(t, "kind"), rawget(t, "type")
  return type(kind) == "string" and kind or nil, rawget(t, "metadata") ~= nil,
    type(class) == "string" and class or nil, type(name) == "string" and name or nil
end

-- What a value is about -----------------------------------------------------------------------------------------

local function is_pair_list(t, kind)
  if type(t) ~= "table" then return false end
  local first = rawget(t, 1)
  return first == nil or (type(get(first, 1)) == kind and get(first, 2) ~= nil)
end

local function is_kube_object(t)
  return type(dig(t, "metadata", "name")) == "string"
    and (get(t, "kind") or get(t, "spec") or get(t, "status") or get(t, "data") or dig(t, "metadata", "uid")) ~= nil
end

-- A change of an object, as a watch tells it.
local function is_kube_change(t)
  return type(get(t, "type")) == "string" and is_kube_object(get(t, "object"))
end
views.is_kube_change = is_kube_change

local tests = {
  { "matrix", function(t) return type(get(t, "metric")) == "table" and is_pair_list(get(t, "values"), "number") end },
  { "streams", function(t) return type(get(t, "stream")) == "table" and is_pair_list(get(t, "values"), "string") end },
  { "vector", function(t) return type(get(t, "metric")) == "table" and get(t, "value") ~= nil end },
  { "kubernetes", is_kube_object },
  { "changes", is_kube_change },
  { "records", function(t) return type(t) == "table" and next(t) ~= nil and not is_list(t) and not core.is_handle(t) end },
}

local function all(t, n, test)
  for index = 1, n do
    if not test(rawget(t, index)) then return false end
  end
  return true
end

-- What the items of a list are, judged by the first of them.
local function kind_of_items(t)
  local n = rawlen(t)
  for _, test in next, tests do
    if all(t, n < SAMPLE and n or SAMPLE, test[2]) then return test[1] end
  end
  return "list"
end

local function text(value)
  return type(value) == "string" and value or ""
end

local function kube_kind(t)
  local kind = text(get(t, "kind"))
  return match(kind, "^(.+)List$") or kind
end

-- What `t` is, the list that it is about, and for Kubernetes the kind of its objects ("" where nothing tells).
function views.classify(t)
  if is_list(t) then
    local kind = kind_of_items(t)
    if kind == "kubernetes" then return kind, t, kube_kind(rawget(t, 1)) end
    if kind == "changes" then return "kubernetes", t, kube_kind(get(rawget(t, 1), "object")) end
    return kind, t
  end
  local items, result = get(t, "items"), get(t, "result")
  if type(items) == "table" and find(text(get(t, "kind")), "List$") then
    if rawlen(items) == 0 then return "kubernetes", items, kube_kind(t) end
    if is_kube_object(rawget(items, 1)) then return "kubernetes", items, kube_kind(t) end
  end
  if type(result) ~= "table" then result = dig(t, "data", "result") end
  if type(result) == "table" and (get(t, "resultType") or dig(t, "data", "resultType")) and is_list(result) then
    local kind = kind_of_items(result)
    if kind ~= "kubernetes" and kind ~= "changes" then return kind, result end
  end
  if is_kube_object(t) and type(get(t, "kind")) == "string" then return "kubernetes", { t }, kube_kind(t) end
  return "map", t
end

return views

-- Lua values as JSON text: `json.encode`, the results of tool mode, and the marks of `json.object` and `json.array`.
--
-- Answers with what `builtins/json` needs: the public group, and functions for the Python side.
--
-- How it is fast: the text is collected in one buffer and joined once; the next free index travels in `n`. The
-- sorted keys of an object, with quotes and commas around them, are a plan, which objects of the same shape share.
-- A string that needs no escaping is looked at once. No metamethod runs and nothing yields in here, so that one
-- buffer for all is enough.

local core = ...
local fail, is_failure, is_handle = core.fail, core.is_failure, core.is_handle
local INTEGERS, float_text, float_key = core.integer_texts, core.float_text, core.float_key

local find, format, gsub, byte = string.find, string.format, string.gsub, string.byte
local utf8_length, concat, sort, number_type = utf8.len, table.concat, table.sort, math.type
local getmetatable, setmetatable, rawget, rawlen, next, pcall, tostring, type =
  getmetatable, setmetatable, rawget, rawlen, next, pcall, tostring, type

local MAX_DEPTH <const> = 4096 -- levels, a multiple of 16: far from the million stack slots at which Lua gives up

-- Marks ------------------------------------------------------------------------------------------------------
-- Kept beside the tables, so that neither `pairs` nor a metatable of the script's own gets in their way.

local marks = setmetatable({}, { __mode = "k" }) -- table -> "object", "array" or "null"

local null = setmetatable({}, {
  __name = "null",
  __metatable = false,
  __tostring = function() return "null" end,
  __newindex = function() error("json.null cannot have members", 2) end,
})
marks[null] = "null"

local function marker(mark)
  return function(t)
    if t == nil then
      t = {}
    elseif type(t) ~= "table" then
      fail("bad argument #1: error converting Lua " .. (number_type(t) or type(t)) .. " to table", "conversion")
    end
    if marks[t] ~= "null" then marks[t] = mark end
    return t
  end
end

local new_object, new_array = marker("object"), marker("array")

-- Marks all that was parsed from a document; what is empty has its mark already.
local function mark_all(t)
  local first = next(t)
  if first == nil then return end
  marks[t] = number_type(first) and "array" or "object"
  for _, item in next, t do
    if type(item) == "table" then mark_all(item) end
  end
end

-- What a table of the core's own is to a script, nil for the script's tables.
local function opaque(t)
  return is_failure(t) and "error" or is_handle(t) and "userdata" or nil
end

-- Strings ----------------------------------------------------------------------------------------------------

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }
for code = 0, 31 do
  local control = string.char(code)
  ESCAPES[control] = ESCAPES[control] or format("\\u%04x", code)
end

-- Printable ASCII without " and \. Anchored, so that the pattern is looked at once and not once a character.
local PLAIN <const> = "^[]-~#-[ !]*$"

-- How many bytes of the sequence at `first` are at fault; nil when the text ends within it.
local function bad_sequence_length(s, first)
  local lead = byte(s, first)
  if lead < 0xC2 or lead > 0xF4 then return 1 end
  local low = lead == 0xE0 and 0xA0 or lead == 0xF0 and 0x90 or 0x80
  local high = lead == 0xED and 0x9F or lead == 0xF4 and 0x8F or 0xBF
  for i = 1, lead < 0xE0 and 1 or lead < 0xF0 and 2 or 3 do
    local following = byte(s, first + i)
    if not following then return nil end
    if following < low or following > high then return i end
    low, high = 0x80, 0xBF
  end
end

local function refuse_bytes(s, first)
  local length = bad_sequence_length(s, first)
  local what = length and "invalid utf-8 sequence of " .. length .. " bytes" or "incomplete utf-8 byte sequence"
  return "error converting Lua string to String (" .. what .. " from index " .. first - 1 .. ")"
end

local refuse -- ends the running encoding with a message

local function escape(s)
  local valid, first_bad = utf8_length(s)
  if not valid then refuse(refuse_bytes(s, first_bad)) end
  return (gsub(s, '[\0-\31"\\]', ESCAPES))
end

-- Short strings come again and again: what was written for the first ones is kept for the next time.
local ROOM <const> = 1000
local known, room = {}, ROOM

local function text_of(s)
  local text = find(s, PLAIN) and s or escape(s)
  if room > 0 and #s <= 40 then
    known[s] = text
    room = room - 1
  end
  return text
end

-- Plans of objects ----------------------------------------------------------------------------------------------
-- A plan holds the keys in the order to write, and the text before each value: `,"name":`, with one more quote
-- for a value that is a string. Plans hang in a tree whose branches are the keys in the order `next` gives them.

local PLAN <const> = {} -- where a node of the tree keeps its plan: no key of a script can be this table
local MAX_SHARED_KEYS <const>, MAX_KEY_LENGTH <const>, MAX_NODES <const> = 32, 80, 4000

local tree, nodes = {}, 0

local function plan_of(texts, keys_by_text)
  sort(texts)
  local keys, before, before_string, after_string, between_strings = {}, {}, {}, {}, {}
  for i = 1, #texts do
    local text = texts[i]
    local quoted = '"' .. (find(text, PLAIN) and text or escape(text)) .. '":'
    local prefix = (i == 1 and "{" or ",") .. quoted
    keys[i] = keys_by_text and keys_by_text[text] or text
    before[i], before_string[i] = prefix, prefix .. '"'
    after_string[i], between_strings[i] = '"' .. prefix, '"' .. prefix .. '"'
  end
  return {
    keys = keys,
    before = before,
    before_string = before_string,
    after_string = after_string,
    between_strings = between_strings,
  }
end

-- Keys that are not strings: numbers as text; of 1 and "1" one stays.
local function mixed_plan(t)
  local texts, keys_by_text = {}, {}
  for key in next, t do
    local text = key
    if number_type(key) == "integer" then
      text = tostring(key)
    elseif number_type(key) then
      text = float_key(key)
    elseif type(key) ~= "string" then
      refuse("unsupported table key type: " .. (type(key) == "table" and opaque(key) or type(key)))
    end
    if not keys_by_text[text] then texts[#texts + 1] = text end
    keys_by_text[text] = key
  end
  return plan_of(texts, keys_by_text)
end

local function new_plan(t)
  local names, count, longest = {}, 0, 0
  for key in next, t do
    if type(key) ~= "string" then return mixed_plan(t) end
    count = count + 1
    names[count] = key
    if #key > longest then longest = #key end
  end
  if count > MAX_SHARED_KEYS or longest > MAX_KEY_LENGTH then return plan_of(names) end
  if nodes + count > MAX_NODES then tree, nodes = {}, 0 end
  local node = tree
  for i = 1, count do
    local key = names[i]
    local child = node[key]
    if not child then
      child = {}
      node[key] = child
      nodes = nodes + 1
    end
    node = child
  end
  node[PLAN] = plan_of(names)
  return node[PLAN]
end

local function plan_for(t)
  local node = tree
  for key in next, t do
    node = node[key]
    if not node then return new_plan(t) end
  end
  return node[PLAN] or new_plan(t)
end

-- Shapes: array or object ---------------------------------------------------------------------------------------

-- A key as messages show it; no `__tostring` is asked.
local function shown(key)
  local kind = type(key)
  if kind == "string" then return '"' .. gsub(key, '[\0-\31"\\]', ESCAPES) .. '"' end
  return kind == "table" and opaque(key) or (kind == "number" or kind == "boolean") and tostring(key) or kind
end

-- The largest index of a table marked as array; holes are written as null, within reason.
local function marked_length(t)
  local count, largest = 0, 0
  for key in next, t do
    if number_type(key) ~= "integer" or key < 1 then
      refuse("a table marked by json.array has the key " .. shown(key))
    end
    count = count + 1
    if key > largest then largest = key end
  end
  if largest > 1000 and largest > 10 * count then
    refuse("a table marked by json.array is too sparse: " .. count .. " elements up to index " .. largest)
  end
  return largest
end

-- n when the keys are exactly 1..n in whatever order, else nil.
local function dense_length(t)
  local count, in_order = 0, true
  for key in next, t do
    count = count + 1
    if key ~= count then
      if number_type(key) ~= "integer" or key < 1 then return nil end
      in_order = false
    end
  end
  if in_order then return count end
  for i = 1, count do
    if rawget(t, i) == nil then return nil end
  end
  return count
end

-- The rules of `json.encode`: the length to write, nil for an object.
local function length_to_encode(t, first, mark)
  if mark == "object" then return nil end
  if mark == "array" then return marked_length(t) end
  if first == nil then return 0 end
  if type(first) == "string" then return nil end
  return dense_length(t)
end

-- The rules of tool mode: any array part makes an array, up to the first nil; empty means object.
local function length_of_result(t, first, mark)
  if mark == "object" or (first == nil and not mark) then return nil end
  if mark == "array" then return marked_length(t) end
  local length = rawlen(t)
  if length == 0 then
    for key in next, t do
      if type(key) ~= "string" then refuse("key must be a string, not " .. shown(key)) end
    end
    return nil
  end
  for i = 1, length do
    if rawget(t, i) == nil then return i - 1 end
  end
  return length
end

-- Writing -----------------------------------------------------------------------------------------------------

local out, open, path, depth -- the buffer; the tables being written, outermost first; the key each leads on by; how many
local rules -- ENCODE, RESULT or DATA

local function path_text(last)
  local text = "$"
  for i = 1, last do
    local key = path[i]
    local is_name = type(key) == "string" and find(key, "^[%a_][%w_]*$")
    text = text .. (is_name and "." .. key or "[" .. shown(key) .. "]")
  end
  return text
end

-- Looks for a table that is being written within itself. Asked only every 16 levels: a cycle gets there soon.
local function examine(t)
  open[depth + 1] = t
  local seen = {}
  for i = 1, depth + 1 do
    if seen[open[i]] then refuse(rules.recursive .. path_text(i - 1)) end
    seen[open[i]] = true
  end
  if depth >= MAX_DEPTH then refuse("tables are nested deeper than " .. MAX_DEPTH .. " levels") end
end

local function number_text(v)
  if number_type(v) == "integer" then return v >= 0 and v < 1000 and INTEGERS[v] or v end
  if v - v ~= 0 then return rules.not_finite(v) end
  return float_text(v)
end

-- The text of what is neither string nor table.
local function text_of_other(v, kind)
  if kind == "number" then return number_text(v) end
  if kind == "boolean" then return v and "true" or "false" end
  if kind == "nil" then return "null" end
  refuse(format(rules.unsupported, kind))
end

local write_table

-- A string leaves its closing quote to what follows, which has a text for that: fewer pieces to join.

local function write_array(t, length, n)
  local out, level, known = out, depth, known
  local separator, quote = "[", '["'
  for i = 1, length do
    local v = t[i]
    local text = known[v]
    local kind = text and "string" or type(v)
    if kind == "string" then
      out[n + 1] = quote
      out[n + 2] = text or text_of(v)
      n = n + 2
      separator, quote = '",', '","'
    else
      out[n + 1] = separator
      if kind == "table" then
        path[level] = i
        n = write_table(v, n + 1)
      else
        out[n + 2] = text_of_other(v, kind)
        n = n + 2
      end
      separator, quote = ",", ',"'
    end
  end
  out[n + 1] = separator == '",' and '"]' or "]"
  return n + 1
end

local function write_object(t, n)
  local out, level, known, plan = out, depth, known, plan_for(t)
  local keys, before, before_string = plan.keys, plan.before, plan.before_string
  local prefix, quote = before, before_string
  for i = 1, #keys do
    local v = t[keys[i]]
    local text = known[v]
    local kind = text and "string" or type(v)
    if kind == "string" then
      out[n + 1] = quote[i]
      out[n + 2] = text or text_of(v)
      n = n + 2
      prefix, quote = plan.after_string, plan.between_strings
    else
      out[n + 1] = prefix[i]
      if kind == "table" then
        path[level] = keys[i]
        n = write_table(v, n + 1)
      else
        out[n + 2] = text_of_other(v, kind)
        n = n + 2
      end
      prefix, quote = before, before_string
    end
  end
  out[n + 1] = prefix == before and "}" or '"}'
  return n + 1
end

-- A marked array may have holes, where `__index` would answer.
local function without_metatable(t)
  local plain = {}
  for key, value in next, t do plain[key] = value end
  return plain
end

function write_table(t, n)
  local mark, meta = marks[t], getmetatable(t)
  if mark == "null" then
    out[n + 1] = "null"
    return n + 1
  end
  if meta == false and opaque(t) then refuse(format(rules.unsupported, opaque(t))) end
  local first = next(t)
  local length = nil
  if mark or not rules.names_mean_object or type(first) ~= "string" then
    length = rules.length(t, first, mark)
    if length == 0 or first == nil then
      out[n + 1] = length and "[]" or "{}"
      return n + 1
    end
  end
  if depth > 0 and depth & 15 == 0 then examine(t) end
  depth = depth + 1
  open[depth] = t
  if length then
    n = write_array(meta == nil and t or without_metatable(t), length, n)
  else
    n = write_object(t, n)
  end
  depth = depth - 1
  return n
end

local ENCODE = {
  length = length_to_encode,
  names_mean_object = true,
  not_finite = function(v)
    return refuse("cannot encode " .. (v ~= v and "NaN" or v > 0 and "inf" or "-inf") .. " as JSON number")
  end,
  unsupported = "unsupported Lua type for JSON: %s",
  recursive = "recursive table at ",
  prefix = "",
}

local RESULT = {
  length = length_of_result,
  not_finite = function() return "null" end,
  unsupported = "unsupported value type `%s`",
  recursive = "recursive table detected at ",
  prefix = "serializing Lua result: ",
}

-- For Python's own parser, which knows these words.
local DATA = {
  length = length_to_encode,
  names_mean_object = true,
  not_finite = function(v) return v ~= v and "NaN" or v > 0 and "Infinity" or "-Infinity" end,
  unsupported = ENCODE.unsupported,
  recursive = ENCODE.recursive,
  prefix = "",
}

function refuse(message)
  out, open, path = nil, nil, nil
  fail(rules.prefix .. message)
end

local function write(v, by)
  rules, out, open, path, depth = by, {}, {}, {}, 0
  if room < ROOM // 4 then known, room = {}, ROOM end
  local kind = type(v)
  local n
  if kind == "table" then
    n = write_table(v, 0)
  elseif kind == "string" then
    out[1], n = '"' .. text_of(v) .. '"', 1
  else
    out[1], n = text_of_other(v, kind), 1
  end
  local text = concat(out, "", 1, n)
  out, open, path = nil, nil, nil
  return text
end

-- Python gets nil and the reason where a value has no JSON form.
local function attempt(by)
  return function(v)
    local ok, result = pcall(write, v, by)
    if ok then return result, nil end
    return nil, is_failure(result) and rawget(result, "message") or tostring(result)
  end
end

local function encode(v, options)
  local text = write(v, ENCODE)
  if options ~= nil and core.json_layout(nil, options) then return core.indented_json(text) end
  return text
end

return {
  group = {
    encode = encode,
    --- Mark *t*, or a new table, to be written as an object even when it is empty; the table itself is returned.
    ---
    --- Example: `json.encode({ labels = json.object() })`
    ---
    --- Raises:
    ---     ConversionError: *t* is no table.
    object = new_object,
    --- Mark *t*, or a new table, to be written as an array even when it has holes, which become null.
    ---
    --- Example: `json.encode({ items = json.array() })`
    ---
    --- Raises:
    ---     ConversionError: *t* is no table.
    array = new_array,
    --- Stands for null in documents that are written, and in those parsed with `exact`; it is a value, not nil.
    ---
    --- Example: `json.encode({ owner = json.null })`
    null = null,
  },
  encode = attempt(ENCODE),
  encode_result = attempt(RESULT),
  encode_data = attempt(DATA),
  null = null,
  new_object = new_object,
  new_array = new_array,
  mark_all = mark_all,
  mark_of = function(t) return marks[t] end,
}

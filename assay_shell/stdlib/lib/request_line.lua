-- Request lines with the names of arguments in them, and what is sent for them:
--
--   /api/v2/silence/{id}
--   /api/v2/alerts?active?&filter&end=end_time
--
-- `{name}` is one segment of the path and is percent-encoded, `{+name}` may hold several (its slashes stay, dot
-- segments are refused). After the `?` stand query parameters, separated by `&` and sent in that order: `filter` takes
-- the argument of the same name (a list repeats the parameter), `end=end_time` another one; without a value a parameter
-- is left out, with a trailing `!` that is an error, and with a trailing `?` booleans are sent too.

local arguments = require("assay.lib.arguments")
local failure = require("assay.lib.failure")

local byte, find, format, gmatch, gsub, match, sub =
  string.byte, string.find, string.format, string.gmatch, string.gsub, string.match, string.sub
local concat = table.concat
local getmetatable, ipairs, tostring, type = getmetatable, ipairs, tostring, type
local text_of = arguments.text

local request_line = {}

-- Percent-encoding ---------------------------------------------------------------------------------------

local function escape(character) return format("%%%02X", byte(character)) end

local function escape_unless_escaped(rest_of_text)
  if find(rest_of_text, "^%%%x%x") then return rest_of_text end
  return "%25" .. sub(rest_of_text, 2)
end

--- `text` as a value in a query: all but letters, digits and `- . _ ~` encoded.
function request_line.encode(text)
  return (gsub(tostring(text), "[^%w%-%._~]", escape))
end

local function is_dots(segment)
  local plain = gsub(segment, "%%2[eE]", ".")
  return plain == "." or plain == ".."
end

--- `text` as one segment of a path. What is encoded already stays; `.` and `..` are nil: they would leave the path.
function request_line.segment(text)
  if is_dots(text) then return nil end
  text = gsub(text, "%%%x?%x?", escape_unless_escaped)
  return (gsub(text, "[^%w%-%._~!$&'()*+,;=:@%%]", escape))
end

-- `text` as segments of a path, with its slashes; nil when one of them is `.` or `..`.
local function segments(text)
  local parts = {}
  for part in gmatch(text .. "/", "([^/]*)/") do
    local encoded = request_line.segment(part)
    if not encoded then return nil end
    parts[#parts + 1] = encoded
  end
  return concat(parts, "/")
end

-- Filling in ---------------------------------------------------------------------------------------------

local function fill_path(where, template, value_of)
  local shown = gsub(template, "{%+?([%w_]+)}", function(name) return text_of(where, value_of(name), name) end)
  local sent = gsub(template, "{(%+?)([%w_]+)}", function(several, name)
    local text = text_of(where, value_of(name), name)
    if text == "" and several == "" then -- it would ask for, or delete, all there are
      failure.complain(format("%s: %s must not be empty", where, name))
    end
    local encoded = (several == "+" and segments or request_line.segment)(text)
    if encoded then return encoded end
    failure.complain(format("%s: %s must not have the path part '.' or '..': %s", where, name, text))
  end)
  return sent, shown
end

local function add_parameter(where, sent, shown, parameter, name, value, flag)
  if value == nil or (value == false and not flag) then return end
  if type(value) == "table" and not getmetatable(value) then
    for _, item in ipairs(value) do add_parameter(where, sent, shown, parameter, name, item, flag) end
    return
  end
  local text = flag and type(value) == "boolean" and tostring(value) or text_of(where, value, name)
  sent[#sent + 1] = parameter .. "=" .. request_line.encode(text)
  shown[#shown + 1] = parameter .. "=" .. text
end

local function fill_query(where, template, value_of)
  local sent, shown = {}, {}
  for item in gmatch(template, "[^&]+") do
    local parameter, name, mark = match(item, "^([^=?!]+)=?([^?!]*)([?!]?)$")
    if name == "" then name = gsub(parameter, "%[%]$", "") end
    local value = value_of(name)
    if mark == "!" and value == nil then text_of(where, nil, name) end
    add_parameter(where, sent, shown, parameter, name, value, mark == "?")
  end
  return concat(sent, "&"), concat(shown, "&")
end

--- What is sent after the base address, and path and query as people write them. `where` is the name of the function for
--- errors; text instead of a table of values has none, which old scripts rely on.
function request_line.fill(where, template, values)
  if type(values) ~= "string" then arguments.options(where, values) end
  local function value_of(name) return values and values[name] end
  local path, query = match(template, "^([^?]*)%??(.*)$")
  local sent, shown = fill_path(where, path, value_of)
  local sent_query, shown_query = fill_query(where, query, value_of)
  if sent_query == "" then return sent, shown, "" end
  return sent .. "?" .. sent_query, shown, "?" .. shown_query
end

--- What a request line sends after the base address.
function request_line.target(where, template, values)
  return (request_line.fill(where, template, values))
end

return request_line

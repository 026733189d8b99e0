-- Reading the XML that services answer with: elements by name, without attributes and namespaces.

local find, gsub, match, sub = string.find, string.gsub, string.match, string.sub
local char = string.char
local tonumber = tonumber

local xml = {}

local ENTITIES = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }

local function entity(name)
  local number = match(name, "^#(%d+)$") or match(name, "^#x(%x+)$")
  if not number then return ENTITIES[name] end
  local code = tonumber(number, find(name, "x", 1, true) and 16 or 10)
  return code and code <= 0x10FFFF and (code < 128 and char(code) or utf8.char(code)) or nil
end

--- The text that stands in an element for `text`.
function xml.escape(text)
  return (gsub(text, "[&<>\r]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\r"] = "&#13;" }))
end

--- What text in an element means: entities replaced.
function xml.unescape(text)
  return (gsub(text, "&(#?%w+);", entity))
end

-- The start of the next `<tag>` from `from` on, and of what is in it; nil when there is none. The third result is true
-- for `<tag/>`.
local function open(document, tag, from)
  local first, last = find(document, "<" .. tag, from, true)
  while first do
    local ending, closed = match(document, "^[^>]*()>", last + 1), nil
    if ending and find(document, "^[%s/>]", last + 1) then
      closed = sub(document, ending - 1, ending - 1) == "/"
      return ending + 1, closed
    end
    first, last = find(document, "<" .. tag, last + 1, true)
  end
end

-- What is in the next element `tag` from `from` on, and where to go on; nil when there is none.
local function inner(document, tag, from)
  local first, empty = open(document, tag, from)
  if not first then return nil end
  if empty then return "", first end
  local last, after = find(document, "</" .. tag .. ">", first, true)
  if not last then return nil end
  return sub(document, first, last - 1), after + 1
end

--- Iterates over what is in the elements `tag`, as it stands in the document.
function xml.each(document, tag)
  local from = 1
  return function()
    local found
    if from then found, from = inner(document, tag, from) end
    return found
  end
end

--- The text of the first element `tag`; nil when there is none.
function xml.text(document, tag)
  local found = inner(document, tag, 1)
  return found and xml.unescape(found)
end

return xml

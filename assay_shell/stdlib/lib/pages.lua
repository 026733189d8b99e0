-- Lists that servers give page by page.
--
-- A list is asked for by `fetch(mark)`, which gives the items of a page and the mark of the next one, nil at the end; the
-- first mark is nil.

local failure = require("assay.lib.failure")

local char, find, format, gmatch, gsub, match =
  string.char, string.find, string.format, string.gmatch, string.gsub, string.match
local ipairs, tonumber, type = ipairs, tonumber, type

local pages = {}

-- Servers that write an empty list as null mean just that.
local function checked(items)
  if items == nil then return {} end
  if type(items) == "table" then return items end
  failure.complain(format("the server gave a %s where a list was expected", type(items)))
end

-- A function that tells whether the marks it is given go round in a circle, which it sees on the second round at the
-- latest, however long the circle is: each mark is compared with one that is replaced ever more rarely.
local function circle()
  local kept, since, patience = nil, 0, 1
  return function(mark)
    if mark == kept then return true end
    since = since + 1
    if since == patience then kept, since, patience = mark, 0, 2 * patience end
    return false
  end
end

--- Iterates over the items of all pages. A page is asked for when its first item is. Marks that come again end the
--- iteration.
function pages.each(fetch)
  local items, mark, index, finished, comes_again = {}, nil, 0, false, circle()
  return function()
    while index >= #items do
      if finished then return nil end
      items, mark = fetch(mark)
      items, index, finished = checked(items), 0, mark == nil or comes_again(mark)
    end
    index = index + 1
    return items[index]
  end
end

--- The items of all pages as one list; with one page it is that page as it came.
function pages.all(fetch)
  local items, mark = fetch(nil)
  local all, comes_again = items, circle()
  while mark ~= nil and not comes_again(mark) do
    all = checked(all)
    items, mark = fetch(mark)
    for _, item in ipairs(checked(items)) do all[#all + 1] = item end
  end
  return all
end

local function identity(item)
  if type(item) == "table" then return item.uid or item.id or item.name end
  return item
end

--- A `fetch` for lists whose full pages, with `size` items, may be followed by another one, whose mark is
--- `following(list, mark)`. Servers that know no pages give the same list again: then the first page was all.
function pages.full_pages(size, fetch, following)
  local first
  return function(mark)
    local items = checked(fetch(mark))
    local head = identity(items[1])
    if mark and head == first then return {} end
    first = first or head
    return items, #items >= size and following(items, mark) or nil
  end
end

--- The query of the page that a response's `Link` header calls the next one; nil after the last page.
function pages.next_link(response)
  for target, parameters in gmatch(response.headers.link or "", "<([^>]*)>([^,<]*)") do
    if find(parameters, 'rel="?next"?') then return match(target, "%?([^#]*)") end
  end
end

--- A part of a query as it was meant: `+` and `%XX` decoded.
function pages.decode(text)
  text = gsub(text, "+", " ")
  return (gsub(text, "%%(%x%x)", function(digits) return char(tonumber(digits, 16)) end))
end

--- The parameters of a query, by name.
function pages.parameters(query)
  local found = {}
  for name, value in gmatch(query or "", "([^&=]+)=([^&]*)") do found[pages.decode(name)] = pages.decode(value) end
  return found
end

return pages

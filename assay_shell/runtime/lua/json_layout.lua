-- Compact JSON text laid out over lines.

local core = ...
local find, byte, rep, sub, concat = string.find, string.byte, string.rep, string.sub, table.concat

-- The index of the quote that ends the string whose text starts at `first`.
local function closing_quote(text, first)
  while true do
    local found = find(text, '["\\]', first)
    if byte(text, found) == 34 then return found end
    first = found + 2
  end
end

-- Lays compact JSON out over lines, two blanks a level; empty tables stay `{}` and `[]`.
local function indented(text)
  local pieces, n, level, at = {}, 0, 0, 1
  local function add(piece)
    n = n + 1
    pieces[n] = piece
  end
  local function new_line() add("\n" .. rep("  ", level)) end
  while true do
    local found = find(text, '[%[%]{},:"]', at)
    if not found then break end
    local sign = sub(text, found, found)
    add(sub(text, at, found - 1))
    at = found + 1
    if sign == '"' then
      local last = closing_quote(text, at)
      add(sub(text, found, last))
      at = last + 1
    elseif sign == ":" then
      add(": ")
    elseif sign == "," then
      add(",")
      new_line()
    elseif sign == "]" or sign == "}" then
      level = level - 1
      new_line()
      add(sign)
    elseif find(text, "^[%]}]", at) then
      add(sub(text, found, at))
      at = at + 1
    else
      add(sign)
      level = level + 1
      new_line()
    end
  end
  add(sub(text, at))
  return concat(pieces)
end

core.indented_json = indented

-- Has `require` hand out modules whose functions, and those of the clients they make, are noted once they succeeded.

local note = reach.note
local load = require
local seen = setmetatable({}, { __mode = "k" })

local follow

local function finished(name, ...)
  note(name)
  for index = 1, select("#", ...) do
    local result = select(index, ...)
    if type(result) == "table" then follow(name:match("^[^.]+"), result) end
  end
  return ...
end

local function noted(name, original)
  return function(...) return finished(name, original(...)) end
end

-- Replaces the functions in a module or a client; what it gives back as data has none.
function follow(module, owner)
  if seen[owner] or getmetatable(owner) then return end
  seen[owner] = true
  for key, value in pairs(owner) do
    if type(value) == "function" and type(key) == "string" then
      owner[key] = noted(module .. "." .. key, value)
    elseif type(value) == "table" and type(key) == "string" then
      follow(module, value)
    end
  end
end

function require(name)
  local module = load(name)
  local short = name:match("^assay%.(.+)$")
  if short and type(module) == "table" then follow(short, module) end
  return module
end

-- Loads a module again. The old table gets the new contents, so that whoever holds it sees them.
local loaded, require, pcall, error = package.loaded, require, pcall, error
local rawget, rawset, next, type = rawget, rawset, next, type

return function(name)
  local old = loaded[name]
  loaded[name] = nil
  local ok, new = pcall(require, name)
  if not ok then
    loaded[name] = old
    error(new, 0)
  end
  if type(old) ~= "table" or type(new) ~= "table" or old == new then return end
  for key in next, old do
    if rawget(new, key) == nil then rawset(old, key, nil) end
  end
  for key, value in next, new do rawset(old, key, value) end
  loaded[name] = old
end

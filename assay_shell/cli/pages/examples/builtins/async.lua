-- Ten at a time, results in order; a slow one is given up after a second.
local sizes = async.map({ "a", "bb", "ccc" }, function(name)
  sleep(0.01)
  return #name
end, { concurrency = 10 })
print(table.concat(sizes, " "))

local ok, reason = pcall(async.timeout, 0.05, function() sleep(60) end)
print(ok, reason)

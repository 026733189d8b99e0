print(process.exists(process.pid()))
print(process.is_running("no-such-program"))
for _, found in ipairs(process.list()) do
  if found.pid == process.pid() then print(math.type(found.pid)) end
end
--> true
--> false
--> integer

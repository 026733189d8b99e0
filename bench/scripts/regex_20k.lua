-- Milliseconds for 20,000 searches with a pattern that has groups.
regex.match("warm", "x")
local started = time()
for i = 1, 20000 do
  regex.find("2026-11-22 level=info request " .. i .. " took 35 ms", "level=(\\w+) request (\\d+) took (\\d+) ms")
end
print((time() - started) * 1000)

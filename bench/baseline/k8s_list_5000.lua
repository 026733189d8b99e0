-- The same answer fetched and decoded by hand.
local url = env.get("BENCH_URL") .. "api/v1/namespaces/bench/pods"
local times = {}
for run = 0, 5 do
  local started = time()
  assert.eq(#json.parse(http.get(url).body).items, 5000)
  times[run] = (time() - started) * 1000
end
table.sort(times)
print(times[3])

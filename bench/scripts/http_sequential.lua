-- Requests a second, one after the other, on one kept connection.
local url = env.get("BENCH_URL")
for _ = 1, 50 do http.get(url) end
local count, started = 2000, time()
for _ = 1, count do assert.eq(http.get(url).status, 200) end
print(count / (time() - started))

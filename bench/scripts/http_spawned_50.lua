-- Requests a second, 50 tasks side by side.
local url = env.get("BENCH_URL")
http.get(url)
local each, tasks, started = 100, {}, time()
for i = 1, 50 do
  tasks[i] = async.spawn(function()
    for _ = 1, each do assert.eq(http.get(url).status, 200) end
  end)
end
for _, task in ipairs(tasks) do task.await() end
print(50 * each / (time() - started))

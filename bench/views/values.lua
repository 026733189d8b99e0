-- The values that are shown.
local function rows(count)
  local made = {}
  for i = 1, count do
    made[i] = {
      name = ("cart-7c9f%05d-x2k"):format(i), ready = "1/1", status = "Running", restarts = i % 5, age = "3d",
      node = "node-" .. i % 9,
    }
  end
  return made
end

local function pods(count)
  local items = {}
  for i = 1, count do
    items[i] = {
      metadata = { name = "web-" .. i, namespace = "shop", creationTimestamp = "2026-01-31T12:00:00Z" },
      spec = { nodeName = "node-" .. i % 9, containers = { { name = "web" } } },
      status = {
        phase = "Running",
        containerStatuses = { { ready = true, restartCount = i % 3, state = { running = {} } } },
      },
    }
  end
  return { kind = "PodList", apiVersion = "v1", items = items }
end

local keys = {}
for i = 1, 1000000 do keys["key" .. i] = i end

return {
  rows = rows(1000),
  many = rows(10000),
  million = rows(1000000),
  pods = pods(1000),
  keys = keys,
  held = { ("a line of some text\n"):rep(5000000) },
}

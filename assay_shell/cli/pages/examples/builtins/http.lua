-- Ask a service with a time limit and retries; send JSON; read the answer as JSON.
local shop = env.get("SHOP_URL")
local api = http.client({ timeout = 5, retries = 2 })

local answer = api:get(shop .. "/items", { params = { tag = "disk" } })
assert.eq(answer.status, 200)
for _, item in ipairs(answer:json()) do print(item.name) end

print(api:post(shop .. "/items", { name = "lamp" }).status)
--> ssd
--> hdd
--> 201

-- Probes answer with a result instead of an error.
local health = require("assay.healthcheck")
local url = env.get("SHOP_URL")

local report = health.multi({
  { name = "up", check = function() return health.http(url .. "/health") end },
  { name = "fine", check = function() return health.json_path(url .. "/health", "status", "ok") end },
})
print(report.ok, report.passed, report.total)
print(health.wait(url .. "/health", { timeout = 5 }).attempts)
--> true	2	2
--> 1

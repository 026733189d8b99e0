-- Runs before the checks: wait until the shop answers at all.

local deadline = time() + 10
while not pcall(http.get, env.get("SHOP") .. "/health", { timeout = 2 }) do
  if time() > deadline then error("the shop does not answer", 0) end
  sleep(0.1)
end

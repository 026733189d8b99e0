-- `lazy`: the server is contacted by the first call.
local client = temporal.connect({
  url = env.get("TEMPORAL_ADDRESS") or "127.0.0.1:7233", namespace = "production", lazy = true, timeout = 2,
})
local ok, reason = pcall(client.start_workflow, client, {
  task_queue = "promotions", workflow_type = "PromoteToEnv", workflow_id = "promote-1.4.2", input = { version = "1.4.2" },
})
print(ok or reason)

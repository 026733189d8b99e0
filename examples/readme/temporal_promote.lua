#!/usr/bin/env assay
-- Ask Temporal to promote a version, and report how far it has come.
-- Usage: assay temporal_promote.lua VERSION TARGET

local version, target = ...
local id = "promote-" .. target .. "-" .. version

local client = temporal.connect({ url = env.get("TEMPORAL_ADDRESS") or "127.0.0.1:7233", namespace = "production" })

local run = client:start_workflow({
  task_queue = "promotions",
  workflow_type = "PromoteToEnv",
  workflow_id = id,
  input = { version = version, target = target },
})
log.info("started " .. id .. " as run " .. run.run_id)

local state = client:describe_workflow(id)
log.info("status: " .. state.status)

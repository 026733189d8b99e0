#!/usr/bin/env assay
-- Start a Temporal workflow, describe it, and wait for its result.
-- Usage: assay temporal_start.lua TYPE ID [INPUT-AS-JSON]
--
-- TEMPORAL_ADDRESS (host:port), TEMPORAL_NAMESPACE and TEMPORAL_TASK_QUEUE say where. Starting an id that is running
-- already is no failure: the script then waits for that run. Exits with 1 when the workflow does not succeed.

local exit = require("os").exit
local kind, id, input = ...
if not id then
  log.error("usage: temporal_start.lua TYPE ID [INPUT-AS-JSON]")
  exit(2)
end

local client = temporal.connect({
  url = env.get("TEMPORAL_ADDRESS") or "127.0.0.1:7233",
  namespace = env.get("TEMPORAL_NAMESPACE") or "default",
})

local started, outcome = pcall(client.start_workflow, client, {
  task_queue = env.get("TEMPORAL_TASK_QUEUE") or "default",
  workflow_type = kind,
  workflow_id = id,
  input = input and json.parse(input),
})
if not started and not outcome.run_id then error(outcome, 0) end
print((started and "started " or "running ") .. id .. ", run " .. outcome.run_id)

local state = client:describe_workflow(id)
print(("%s is %s, %d events so far"):format(state.workflow_type, state.status, state.history_length))

local ended, result = pcall(client.get_result, client, { workflow_id = id, timeout = 60 })
state = client:describe_workflow(id)
if not ended then
  log.error(result.message)
  exit(1)
end
print(("%s after %.1f s: %s"):format(state.status, state.close_time - state.start_time, json.encode(result)))

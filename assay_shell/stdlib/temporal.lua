--- @module assay.temporal
--- @category workflows
--- @description Temporal workflow orchestration: workflows, task queues, schedules, signals
--- @keywords temporal, workflows, task-queues, schedules, orchestration, workflow, task-queue, schedule, signal, history, search, namespace, execution
--- @note This is the server's HTTP API. The global `temporal` speaks gRPC, has more to offer, and stays as it is.
--- @note The HTTP API cannot address a workflow whose id has a slash in it.
--- @quickref c:health() -> bool | Whether the server answers
--- @quickref c:system_info() -> {serverVersion, capabilities} | Version and abilities of the server
--- @quickref c:namespaces() -> {namespaces} | Namespaces, one page
--- @quickref c:namespace(name) -> {namespaceInfo, config} | One namespace
--- @quickref c:workflows(opts?) -> {executions, nextPageToken} | Workflows, one page; opts: {query, page_size, namespace}
--- @quickref c:workflow(workflow_id, run_id?, opts?) -> {workflowExecutionInfo, executionConfig} | One workflow; opts: {namespace}
--- @quickref c:workflow_history(workflow_id, run_id?, opts?) -> {history = {events}} | Events of a workflow, one page; opts: {maximum_page_size, namespace}
--- @quickref c:signal_workflow(workflow_id, signal_name, input?, opts?) -> body | Signal a workflow; opts: {run_id, namespace}
--- @quickref c:terminate_workflow(workflow_id, reason?, opts?) -> body | Stop a workflow at once; opts: {run_id, namespace}
--- @quickref c:cancel_workflow(workflow_id, opts?) -> body | Ask a workflow to stop; opts: {run_id, namespace}
--- @quickref c:task_queue(name, opts?) -> {pollers, taskQueueStatus} | Who polls a task queue; opts: {task_queue_type, namespace}
--- @quickref c:schedules(opts?) -> {schedules, nextPageToken} | Schedules, one page; opts: {maximum_page_size, namespace}
--- @quickref c:schedule(schedule_id, opts?) -> {schedule, info} | One schedule; opts: {namespace}
--- @quickref c:search(query, opts?) -> {executions, nextPageToken} | Workflows that match a visibility query, one page; opts: {page_size, namespace}
--- @quickref c:is_workflow_running(workflow_id, opts?) -> bool | Whether the latest run is running; opts: {namespace}
--- @quickref c:wait_workflow_complete(workflow_id, timeout_secs, opts?) -> {workflowExecutionInfo} | Wait until the latest run has ended; opts: {interval = 5, namespace}
--- @quickref c:each_namespace(opts?) -> iterator | Namespaces from all pages; opts: {page_size}
--- @quickref c:each_workflow(opts?) -> iterator | Workflows from all pages; opts: {query, page_size, namespace}
--- @quickref c:each_event(workflow_id, run_id?, opts?) -> iterator | Events of a workflow from all pages; opts: {page_size, namespace}
--- @quickref c:each_schedule(opts?) -> iterator | Schedules from all pages; opts: {page_size, namespace}

local gateway = require("assay.lib.gateway")
local rest = require("assay.lib.rest")
local M, Client = {}, {}

-- Runs are named twice, once as servers of today want it: errors show the name that was there before.
local function message(service, call, response)
  local query = call.query:gsub("&execution%.runId=[^&]*", "")
  return ("%s: %s %s%s HTTP %d: "):format(service, call.method, call.path, query, response.status)
end

local api = rest.service("temporal", { headers = rest.json_authorization, message = message, objects = true })

local NAMESPACE = "/api/v1/namespaces/{namespace}"
local WORKFLOW = NAMESPACE .. "/workflows/{workflow_id}"
local WORKFLOWS = NAMESPACE .. "/workflows?query&pageSize=page_size&nextPageToken=mark"
local RUN = "?runId=run_id&execution.runId=run_id"
local PAGE = "maximumPageSize=maximum_page_size&nextPageToken=mark"
local HISTORY = WORKFLOW .. "/history" .. RUN .. "&" .. PAGE
local SCHEDULES = NAMESPACE .. "/schedules?" .. PAGE
local RUNNING = "WORKFLOW_EXECUTION_STATUS_RUNNING"

--- A client. Each method takes `namespace` among its options, for this call.
--- Options: `namespace` ("default"), `api_key` (sent as bearer token), `headers`, `timeout`, `ca_cert` and the like.
--- Errors: the address is no text.
--- Example: `local c = require("assay.temporal").client("http://localhost:7243", { namespace = "production" })`
--- @effect read
function M.client(url, opts)
  opts = opts or {}
  return rest.client(Client, url, { default_ns = opts.namespace or "default", api_key = opts.api_key }, opts)
end

-- The arguments of a call: what is in `given`, some of its options, and the namespace.
local function with(client, given, opts, names)
  local values = rest.merged(given)
  for _, name in ipairs(names or {}) do values[name] = opts and opts[name] end
  values.namespace = opts and opts.namespace or client.default_ns
  return values
end

--- Tells whether the server answers. Servers that have no `/health` are asked for `system_info` instead.
--- Errors: the server cannot be reached.
--- Example: `assert.eq(c:health(), true)`
--- @effect read
function Client:health()
  local response = api:request("GET", "health", self, "/health", nil, { public = true })
  if response.status ~= 404 then return response.status == 200 end
  return api:request("GET", "health", self, "/api/v1/system-info").status == 200
end

--- Reads the version of the server and what it is able to do.
--- Errors: any status but 200.
--- Example: `print(c:system_info().serverVersion)`
--- @effect read
function Client:system_info()
  return api.get("system_info", self, "/api/v1/system-info")
end

--- Lists namespaces: one page (`each_namespace` reads them all).
--- Errors: any status but 200.
--- Example: `for _, item in ipairs(c:namespaces().namespaces) do print(item.namespaceInfo.name) end`
--- @effect read
function Client:namespaces()
  return api.get("namespaces", self, "/api/v1/namespaces")
end

--- Reads a namespace.
--- Errors: any status but 200, so 404.
--- Example: `print(c:namespace("production").config.workflowExecutionRetentionTtl)`
--- @effect read
function Client:namespace(name)
  return api.get("namespace", self, "/api/v1/namespaces/{name}", { name = name })
end

--- Lists workflows: one page (`each_workflow` reads them all).
--- Options: `query` (a visibility query), `page_size`, `namespace`.
--- Errors: any status but 200, so 400 for a query that the server does not understand.
--- Example: `for _, found in ipairs(c:workflows({ page_size = 10 }).executions or {}) do print(found.execution.workflowId, found.status) end`
--- @effect read
function Client:workflows(opts)
  return api.get("workflows", self, WORKFLOWS, with(self, nil, opts, { "query", "page_size" }))
end

--- Reads a workflow: the latest run unless `run_id` names one.
--- Options: `namespace`.
--- Errors: any status but 200, so 404.
--- Example: `print(c:workflow("order-42").workflowExecutionInfo.status)`
--- @effect read
function Client:workflow(workflow_id, run_id, opts)
  return api.get("workflow", self, WORKFLOW .. RUN, with(self, { workflow_id = workflow_id, run_id = run_id }, opts))
end

--- Reads the events of a workflow, the first ones first: one page (`each_event` reads them all). The latest run unless
--- `run_id` names one.
--- Options: `maximum_page_size`, `namespace`.
--- Errors: any status but 200, so 404.
--- Example: `for _, event in ipairs(c:workflow_history("order-42").history.events) do print(event.eventId, event.eventType) end`
--- @effect read
function Client:workflow_history(workflow_id, run_id, opts)
  local given = { workflow_id = workflow_id, run_id = run_id }
  return api.get("workflow_history", self, HISTORY, with(self, given, opts, { "maximum_page_size" }))
end

-- What goes in the body to pick a run; nothing for the latest.
local function run_of(opts)
  return opts and opts.run_id and { runId = opts.run_id } or nil
end

local function change(name, client, line, given, body, opts)
  body.workflowExecution = run_of(opts)
  local values = with(client, given, opts, { "run_id" })
  return api.post(name, client, line .. "?runId=run_id", values, { body = rest.object(body) })
end

local function payloads(input)
  if input == nil or type(input) == "table" and input.payloads then return input end
  local metadata = { encoding = base64.encode("json/plain") }
  return { payloads = { { metadata = metadata, data = base64.encode(json.encode(input)) } } }
end

local modern = setmetatable({}, { __mode = "k" }) -- clients whose server wants a signal's name in the path

--- Signals a workflow. The input is one argument, encoded as JSON, or `{ payloads = {...} }`, which is sent as it is. The
--- servers of Temporal have the name of the signal in the path; that address is used when the one of old, with all of it
--- in the body, is unknown to the server.
--- Options: `run_id` (the latest run unless given), `namespace`.
--- Errors: any status but 200, so 404 where no such workflow runs.
--- Example: `c:signal_workflow("order-42", "approve", { by = "ops" })`
--- @effect write
function Client:signal_workflow(workflow_id, signal_name, input, opts)
  local name = rest.text("temporal.signal_workflow", signal_name, "signal_name")
  local given = { workflow_id = workflow_id, signal_name = name }
  if not modern[self] then
    local values = with(self, given, opts, { "run_id" })
    local call = { body = { signalName = name, input = input or nil } }
    local line, response = WORKFLOW .. "/signal?runId=run_id", nil
    response, call = api:request("POST", "signal_workflow", self, line, values, call)
    if response.status == 200 then return api:decode(call, response) end
    if not gateway.unknown(response) then api:fail(call, response) end
    modern[self] = true
  end
  return change("signal_workflow", self, WORKFLOW .. "/signal/{signal_name}", given, {
    input = payloads(input or nil),
  }, opts)
end

--- Stops a workflow at once; it does not notice.
--- Options: `run_id` (the latest run unless given), `namespace`.
--- Errors: any status but 200, so 404 where no such workflow runs.
--- Example: `c:terminate_workflow("order-42", "superseded by order-43")`
--- @effect write
function Client:terminate_workflow(workflow_id, reason, opts)
  local given = { workflow_id = workflow_id }
  return change("terminate_workflow", self, WORKFLOW .. "/terminate", given, { reason = reason }, opts)
end

--- Asks a workflow to stop; it may clean up, or go on.
--- Options: `run_id` (the latest run unless given), `namespace`.
--- Errors: any status but 200, so 404 where no such workflow runs.
--- Example: `c:cancel_workflow("order-42")`
--- @effect write
function Client:cancel_workflow(workflow_id, opts)
  return change("cancel_workflow", self, WORKFLOW .. "/cancel", { workflow_id = workflow_id }, {}, opts)
end

--- Tells who polls a task queue.
--- Options: `task_queue_type` ("TASK_QUEUE_TYPE_WORKFLOW", "TASK_QUEUE_TYPE_ACTIVITY"), `namespace`.
--- Errors: any status but 200.
--- Example: `print(#(c:task_queue("orders").pollers or {}), "workers")`
--- @effect read
function Client:task_queue(name, opts)
  local line = NAMESPACE .. "/task-queues/{name}?taskQueueType=task_queue_type"
  return api.get("task_queue", self, line, with(self, { name = name }, opts, { "task_queue_type" }))
end

--- Lists schedules: one page (`each_schedule` reads them all).
--- Options: `maximum_page_size`, `namespace`.
--- Errors: any status but 200.
--- Example: `for _, item in ipairs(c:schedules().schedules or {}) do print(item.scheduleId) end`
--- @effect read
function Client:schedules(opts)
  return api.get("schedules", self, SCHEDULES, with(self, nil, opts, { "maximum_page_size" }))
end

--- Reads a schedule.
--- Options: `namespace`.
--- Errors: any status but 200, so 404.
--- Example: `print(c:schedule("nightly").schedule.state.paused)`
--- @effect read
function Client:schedule(schedule_id, opts)
  local line = NAMESPACE .. "/schedules/{schedule_id}"
  return api.get("schedule", self, line, with(self, { schedule_id = schedule_id }, opts))
end

--- Lists workflows that match a visibility query: one page (`each_workflow` reads them all).
--- Options: `page_size`, `namespace`.
--- Errors: any status but 200, so 400 for a query that the server does not understand.
--- Example: `local found = c:search("WorkflowType = 'Order' AND ExecutionStatus = 'Failed'").executions or {}`
--- @effect read
function Client:search(query, opts)
  return api.get("search", self, WORKFLOWS, with(self, { query = query }, opts, { "page_size" }))
end

-- The status of the latest run; nil when the server does not tell.
local function status_of(answer)
  return answer.workflowExecutionInfo and answer.workflowExecutionInfo.status
end

--- Tells whether the latest run of a workflow is running.
--- Options: `namespace`.
--- Errors: as `workflow`, so 404.
--- Example: `if c:is_workflow_running("order-42") then c:cancel_workflow("order-42") end`
--- @effect read
function Client:is_workflow_running(workflow_id, opts)
  return status_of(self:workflow(workflow_id, nil, opts)) == RUNNING
end

--- Waits until the latest run of a workflow has ended, and gives what `workflow` gives then. With a timeout of 0 seconds
--- it asks once.
--- Options: `interval` (seconds between the questions, 5), `namespace`.
--- Errors: `temporal: timeout waiting for workflow ID to complete`; as `workflow`.
--- Example: `print(c:wait_workflow_complete("order-42", 600).workflowExecutionInfo.status)`
--- @effect read
function Client:wait_workflow_complete(workflow_id, timeout_secs, opts)
  local limits = { timeout = timeout_secs + 0, interval = opts and opts.interval or 5 }
  local ended = rest.wait_until(function()
    local answer = self:workflow(workflow_id, nil, opts)
    local status = status_of(answer)
    return status and status ~= RUNNING and answer
  end, limits)
  if ended then return ended end
  error(("temporal: timeout waiting for workflow %s to complete"):format(workflow_id))
end

-- Pages --------------------------------------------------------------------------------------------------

-- Iterates over the lists that `items` finds in all answers to a request line.
local function every(name, client, line, values, items)
  return rest.each(function(mark)
    values.mark = mark
    local answer = api.get(name, client, line, values)
    local following = answer.nextPageToken
    return items(answer) or {}, following ~= "" and following or nil
  end)
end

--- Iterates over namespaces, page by page.
--- Options: `page_size`.
--- Errors: any status but 200.
--- Example: `for item in c:each_namespace() do print(item.namespaceInfo.name) end`
--- @effect read
Client.each_namespace = function(self, opts)
  local line, values = "/api/v1/namespaces?pageSize=page_size&nextPageToken=mark", with(self, nil, opts, { "page_size" })
  return every("each_namespace", self, line, values, function(answer) return answer.namespaces end)
end

--- Iterates over workflows, page by page.
--- Options: `query` (a visibility query), `page_size`, `namespace`.
--- Errors: as `workflows`.
--- Example: `for found in c:each_workflow({ query = "ExecutionStatus = 'Running'" }) do print(found.execution.workflowId) end`
--- @effect read
Client.each_workflow = function(self, opts)
  local values = with(self, nil, opts, { "query", "page_size" })
  return every("each_workflow", self, WORKFLOWS, values, function(answer) return answer.executions end)
end

--- Iterates over the events of a workflow, page by page: of the latest run unless `run_id` names one.
--- Options: `page_size`, `namespace`.
--- Errors: as `workflow_history`.
--- Example: `for event in c:each_event("order-42") do print(event.eventId, event.eventType) end`
--- @effect read
Client.each_event = function(self, workflow_id, run_id, opts)
  local given = { workflow_id = workflow_id, run_id = run_id, maximum_page_size = opts and opts.page_size }
  local function events(answer) return answer.history and answer.history.events end
  return every("each_event", self, HISTORY, with(self, given, opts), events)
end

--- Iterates over schedules, page by page.
--- Options: `page_size`, `namespace`.
--- Errors: as `schedules`.
--- Example: `for item in c:each_schedule() do print(item.scheduleId) end`
--- @effect read
Client.each_schedule = function(self, opts)
  local values = with(self, { maximum_page_size = opts and opts.page_size }, opts)
  return every("each_schedule", self, SCHEDULES, values, function(answer) return answer.schedules end)
end

return M

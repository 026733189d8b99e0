--- @module assay.openclaw
--- @category agent
--- @description OpenClaw AI agent platform integration: invoke tools, send messages, manage state, spawn sub agents, approval gates, LLM tasks
--- @keywords openclaw, clawd, agent, ai, workflow, invoke, state, diff, approve, llm, cron, spawn, message, notify
--- @quickref c:invoke(tool, action?, args?) -> answer | Call a tool of the gateway
--- @quickref c:send(channel, target, message) -> answer | Send a message over a channel
--- @quickref c:notify(target, message) -> answer | Send a message over the target's usual channel
--- @quickref c:cron_add(job) -> answer | Add a scheduled job
--- @quickref c:cron_list() -> answer | Scheduled jobs
--- @quickref c:spawn(task, opts?) -> answer | Start a sub agent; opts: {model, timeout}
--- @quickref c:llm_task(prompt, opts?) -> answer | Have a language model do a task; opts: {model, artifacts, output_schema, temperature, max_output_tokens}
--- @quickref c:state_get(key) -> value|nil | Read a value that an earlier run left
--- @quickref c:state_set(key, value) -> true | Leave a value for later runs
--- @quickref c:diff(key, new_value) -> {changed, before, after} | Leave a value and say whether it is another one
--- @quickref c:approve(prompt, context?) -> bool | Stop until a human has agreed

local _, send_reading = ...
local rest = require("assay.lib.rest")
local M, Client = {}, {}

local api = rest.service("openclaw", { headers = rest.json_authorization })

local function state_folder()
  return env.get("ASSAY_STATE_DIR") or env.get("OPENCLAW_STATE_DIR") or (env.get("HOME") or "/tmp") .. "/.assay/state"
end

--- A client of a gateway.
--- Options: `token` (else OPENCLAW_TOKEN, CLAWD_TOKEN), `state_dir` (else ASSAY_STATE_DIR, OPENCLAW_STATE_DIR,
--- `~/.assay/state`), `headers`, `timeout` and the like. Without an address it is OPENCLAW_URL, else CLAWD_URL.
--- Errors: `openclaw: url required (set $OPENCLAW_URL or $CLAWD_URL)`.
--- Example: `local c = require("assay.openclaw").client("http://localhost:18789", { token = env.get("OPENCLAW_TOKEN") })`
--- @effect read
function M.client(url, opts)
  opts = opts or {}
  url = url or env.get("OPENCLAW_URL") or env.get("CLAWD_URL")
  if not url then error("openclaw: url required (set $OPENCLAW_URL or $CLAWD_URL)") end
  local token = opts.token or env.get("OPENCLAW_TOKEN") or env.get("CLAWD_TOKEN")
  return rest.client(Client, url, { token = token, state_dir = opts.state_dir or state_folder() }, opts)
end

-- The options of that names.
local function chosen(opts, ...)
  local found = {}
  for _, name in ipairs({ ... }) do found[name] = opts and opts[name] or nil end
  return found
end

local function with(values, extra)
  for name, value in pairs(extra) do values[name] = value end
  return values
end

--- Calls a tool of the gateway and gives its whole answer, `{ok, result}` from current gateways.
--- Errors: any status but 200 and 201; 404 means that there is no such tool, or that it is not allowed over HTTP.
--- Example: `c:invoke("sessions_list", "list", { limit = 5 })`
--- @effect write
function Client:invoke(tool, action, args, reads)
  local body = { tool = tool, action = action, args = rest.object(args) }
  return api.post("invoke", self, "/tools/invoke", nil, { body = body, ok = { 200, 201 }, reads = reads })
end

--- Sends a message over a channel.
--- Errors: as `invoke`.
--- Example: `c:send("slack", "#ops", "Backup finished")`
--- @effect write
function Client:send(channel, target, message)
  return self:invoke("message", "send", { channel = channel, target = target, message = message })
end

--- Sends a message over the channel that the gateway uses for that target.
--- Errors: as `invoke`.
--- Example: `c:notify("ana", "Backup finished")`
--- @effect write
function Client:notify(target, message)
  return self:invoke("message", "send", { target = target, message = message })
end

--- Adds a scheduled job, a table as the gateway wants it.
--- Errors: as `invoke`.
--- Example: `c:cron_add({ name = "digest", schedule = "0 8 * * *", task = "Summarise the alerts of the night" })`
--- @effect write
function Client:cron_add(job)
  return self:invoke("cron", "add", { job = job })
end

--- Lists scheduled jobs; they are in `.jobs` of the answer.
--- Errors: as `invoke`.
--- Example: `for _, job in ipairs(c:cron_list().jobs) do print(job.name) end`
--- @effect read
function Client:cron_list()
  return self:invoke("cron", "list", nil, send_reading)
end

--- Starts a sub agent. Gateways allow this over HTTP only when they are told to.
--- Options: `model`, `timeout` (seconds).
--- Errors: as `invoke`.
--- Example: `c:spawn("Look through the failed builds of today", { timeout = 600 })`
--- @effect write
function Client:spawn(task, opts)
  return self:invoke("sessions_spawn", "invoke", with({ task = task }, chosen(opts, "model", "timeout")))
end

local TASK_OPTIONS = { "model", "artifacts", "output_schema", "temperature", "max_output_tokens" }

--- Has a language model do a task and gives the gateway's whole answer.
--- Options: `model`, `artifacts` (what the task is about), `output_schema` (JSON schema as a table), `temperature`,
--- `max_output_tokens`.
--- Errors: as `invoke`.
--- Example: `c:llm_task("Summarise these alerts in two sentences", { artifacts = alerts, max_output_tokens = 200 })`
--- @effect write
function Client:llm_task(prompt, opts)
  return self:invoke("llm-task", "invoke", with({ prompt = prompt }, chosen(opts, table.unpack(TASK_OPTIONS))))
end

-- The file of a key, which may have folders in it.
local function state_file(where, client, key)
  for part in rest.text(where, key, "key"):gmatch("[^/]+") do
    if part == ".." then error(where .. ": key must not have the path part '..': " .. key, 2) end
  end
  return ("%s/%s.json"):format(client.state_dir, key)
end

--- Reads what `state_set` left under a key, also in an earlier run; nil when there is nothing.
--- Errors: the key has the part `..`; the file does not hold JSON.
--- Example: `local seen = c:state_get("last-incident") or 0`
--- @effect read
function Client:state_get(key)
  local file = state_file("openclaw.state_get", self, key)
  local text = fs.exists(file) and fs.read(file) or ""
  if text == "" then return nil end
  return json.parse(text)
end

--- Leaves a value that has a JSON form under a key, in `<state_dir>/<key>.json`, which is replaced as a whole.
--- Errors: the key has the part `..`; the value has no JSON form; the file cannot be written.
--- Example: `c:state_set("last-incident", 4711)`
--- @effect write
function Client:state_set(key, value)
  fs.write(state_file("openclaw.state_set", self, key), json.encode(value), { private = true })
  return true
end

--- Leaves a value under a key and says whether it is another one than before; nothing there counts as null.
--- Errors: as `state_get` and `state_set`.
--- Example: `if c:diff("open-alerts", names).changed then c:notify("ops", "The alerts have changed") end`
--- @effect write
function Client:diff(key, new_value)
  local before = self:state_get(key)
  self:state_set(key, new_value)
  return { changed = json.encode(before) ~= json.encode(new_value), before = before, after = new_value }
end

--- Asks a human whether `prompt` may be done; `context`, any JSON value, is shown with it. True means yes.
--- In the shell and in notebooks the user is asked. In tool mode (`assay --mode tool`) the run stops here until
--- `assay resume` brings the answer; the approval is for this prompt and context alone. With ASSAY_APPROVAL_RESULT set,
--- that is the answer. Else, where OPENCLAW_INTERACTIVE or TTY is set, the request is logged and the answer is false.
--- Errors: `openclaw: approval_required: JSON` where nobody can be asked; in tool mode that of `approval.request`.
--- Example: `if c:approve("Restart cart?", { replicas = 3 }) then shell.exec("systemctl restart cart") end`
--- @effect read
function Client:approve(prompt, context)
  prompt = rest.text("openclaw.approve", prompt, "prompt")
  local asked, answer = pcall(approval.request, prompt, context)
  if asked then return answer end
  if type(answer) ~= "table" or not answer.unasked then error(answer, 0) end
  local request = { type = "approval_request", prompt = prompt, context = context }
  if env.get("OPENCLAW_INTERACTIVE") == nil and env.get("TTY") == nil then
    error("openclaw: approval_required: " .. json.encode(request))
  end
  log.info(("openclaw: approval requested: %s %s"):format(prompt, json.encode(context)))
  return false
end

return M

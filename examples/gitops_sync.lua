-- Sync an application of Argo CD with git and wait until it is healthy.
--
--   assay examples/gitops_sync.lua -- [--json] [--revision=REV] [--prune] [--timeout=300] APP
--   assay run --mode tool examples/gitops_sync.lua cart                       a human is asked first
--
-- ARGOCD_SERVER (an address) and ARGOCD_TOKEN say where. What is synced and healthy is left alone, unless a revision is
-- given. In tool mode and in the shell a human is asked before the sync, with what would change; a plain run is its
-- user's own decision. Exit code 1 when the sync fails or the application is not healthy in time.

local function usage()
  io.stderr:write("usage: assay gitops_sync.lua -- [--json] [--revision=REV] [--prune] [--timeout=300] APP\n")
  io.stderr:write("ARGOCD_SERVER and ARGOCD_TOKEN must be set\n")
  require("os").exit(2)
end

local given = { json = false, revision = "", prune = false, timeout = "300" }
for _, word in ipairs(arg or {}) do
  local name, value = word:match("^%-%-?(%a*)=?(.*)$")
  if name and given[name] == nil then usage() end
  if name then given[name] = value else given[#given + 1] = word end
end
local name, seconds, revision = given[1], tonumber(given.timeout), given.revision ~= "" and given.revision or nil
local server, token = env.get("ARGOCD_SERVER"), env.get("ARGOCD_TOKEN")
if #given ~= 1 or not seconds or not server or not token then usage() end

-- Without anybody who could be asked, whoever started the run has decided.
local function agreed(prompt, context)
  local asked, answer = pcall(approval.request, prompt, context)
  if asked then return answer end
  return answer.unasked or error(answer, 0)
end

local function report(action, app)
  local status = app.status or {}
  local sync, health = status.sync or {}, status.health or {}
  local result = { app = name, action = action, sync = sync.status, health = health.status, revision = sync.revision }
  if given.json then
    print(json.encode(result))
  else
    print(("%s: %s, %s, %s at %s"):format(name, action, result.sync, result.health, result.revision or "no revision"))
  end
  return result
end

local argocd = require("assay.argocd").client(server, { token = token, timeout = 30 })
local before = argocd:application(name)
if not (before.metadata or {}).name then error("the server says nothing about " .. name, 0) end
local status = before.status or {}
local sync, health = status.sync or {}, status.health or {}
if not revision and sync.status == "Synced" and health.status == "Healthy" then return report("none", before) end

local changes = json.array()
for _, resource in ipairs(status.resources or {}) do
  if resource.status ~= "Synced" then changes[#changes + 1] = resource.kind .. "/" .. resource.name end
end
local question = { changes = changes, from = sync.revision, to = revision, prune = given.prune ~= false }
if not agreed(("Sync %s?"):format(name), question) then error("declined: nothing was synced", 0) end

local deadline = time() + seconds
local function left() return math.max(1, deadline - time()) end
argocd:sync(name, { revision = revision, prune = given.prune ~= false })
argocd:wait_operation(name, left())
argocd:wait_healthy(name, left())
return report("synced", argocd:application(name))

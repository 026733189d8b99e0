--- @module assay.argocd
--- @category gitops
--- @description Argo CD GitOps application management: apps, sync, health, projects, repositories, clusters
--- @keywords argocd, gitops, applications, sync, health, projects, repositories, clusters, rollback, manifest, resource-tree, refresh, wait, cicd, continuous-delivery
--- @quickref c:applications(opts?) -> [application] | Applications; opts: {project, selector}
--- @quickref c:application(name) -> application | One application, "name" or "namespace/name"; an error when there is none
--- @quickref c:app_health(name) -> {status, sync, message} | Health and sync status of an application
--- @quickref c:sync(name, opts?) -> application | Start a sync; opts: {revision, prune, dry_run, strategy, resources, sync_options, retry_strategy}
--- @quickref c:refresh(name, opts?) -> application | Compare with git again; opts: {type = "normal" or "hard"}
--- @quickref c:rollback(name, id) -> application | Go back to an entry of status.history
--- @quickref c:app_resources(name) -> {nodes} | Tree of what an application has in the cluster
--- @quickref c:app_manifests(name, opts?) -> {manifests, revision} | Manifests as git has them; opts: {revision}
--- @quickref c:delete_app(name, opts?) -> body|nil | Delete an application; opts: {cascade, propagation_policy}
--- @quickref c:projects() -> [project] | All projects
--- @quickref c:project(name) -> project | One project
--- @quickref c:repositories() -> [repository] | All repositories
--- @quickref c:repository(repo_url) -> repository | One repository by its address
--- @quickref c:clusters() -> [cluster] | All clusters
--- @quickref c:cluster(server_url) -> cluster | One cluster by the address of its API server
--- @quickref c:settings() -> settings | Settings of the server
--- @quickref c:version() -> {Version} | Version of the server
--- @quickref c:is_healthy(name) -> bool | Whether an application is Healthy
--- @quickref c:is_synced(name) -> bool | Whether an application is Synced
--- @quickref c:wait_healthy(name, timeout_secs) -> true | Wait until an application is Healthy
--- @quickref c:wait_synced(name, timeout_secs) -> true | Wait until an application is Synced
--- @quickref c:login(username?, password?) -> token | Log in; the token is used from then on
--- @quickref c:wait_operation(name, timeout_secs) -> {phase, message, syncResult} | Wait until a sync or rollback has succeeded; an error when it failed
--- @quickref c:terminate_operation(name) -> nil | Stop the sync or rollback that is going on

local _, send_reading = ...
local rest = require("assay.lib.rest")
local M, Client = {}, {}

local api = rest.service("argocd", { headers = rest.json_authorization, message = rest.by_target, objects = true })

local APPS = "/api/v1/applications"
local APP = APPS .. "/{name}"
local POLL = 2 -- seconds between looks at an application

--- A client of an Argo CD server.
--- Options: `token`, or `username` and `password`; `headers`, `timeout`, `ca_cert` and the like. A token wins. With a
--- name and a password the first request has them in a Basic header; servers that refuse this (all current ones do)
--- are asked for a token instead, which is then used, and renewed when it has expired.
--- Errors: the address is no text.
--- Example: `local c = require("assay.argocd").client("https://argocd.example", { token = env.get("ARGOCD_TOKEN") })`
--- @effect read
function M.client(url, opts)
  return rest.authorized_client(Client, url, opts)
end

-- Logging in ---------------------------------------------------------------------------------------------

local signed_in = setmetatable({}, { __mode = "k" }) -- client -> the token that it got for its name and password

local request = api.request

local function new_session(name, client, username, password)
  rest.hide(password)
  local call = { body = { username = username, password = password }, public = true, reads = send_reading }
  local response
  response, call = request(api, "POST", name, client, "/api/v1/session", nil, call)
  local token = response.status == 200 and api:decode(call, response).token
  if not token then return nil, call, response end
  rest.hide(token)
  client.token, signed_in[client] = token, token
  return token
end

local function may_sign_in(client)
  return client.username and client.password and (client.token == nil or client.token == signed_in[client])
end

api.request = function(self, method, name, client, line, values, call)
  local response, sent = request(self, method, name, client, line, values, call)
  if response.status == 401 and may_sign_in(client) and new_session(name, client, client.username, client.password) then
    return request(self, method, name, client, line, values, sent)
  end
  return response, sent
end

-- Arguments ----------------------------------------------------------------------------------------------

-- What stands for an application: its name, with the namespace before it where that is not the server's own.
local function app(name, values)
  local namespace, own = nil, name
  if type(name) == "string" then namespace, own = name:match("^([^/]+)/([^/]+)$") end
  return rest.merged({ name = own or name, app_namespace = namespace }, values)
end

-- An address that is a whole segment: each byte that is not unreserved goes out encoded.
local function address(name, value, argument)
  return { address = rest.encode(rest.text("argocd." .. name, value, argument)) }
end

local function items(name, client, line, values)
  return api.get(name, client, line, values).items or {}
end

-- Applications -------------------------------------------------------------------------------------------

--- Lists applications, all that the token may see.
--- Options: `project`, `selector` (labels: "app=web,tier!=db").
--- Errors: any status but 200.
--- Example: `for _, app in ipairs(c:applications({ project = "shop" })) do print(app.metadata.name) end`
--- @effect read
function Client:applications(opts)
  return items("applications", self, APPS .. "?project&selector", opts)
end

--- Reads an application. Here and below, a name may be "namespace/name": applications outside of the server's own
--- namespace.
--- Errors: any status but 200. Servers answer 403 for an application that is not there.
--- Example: `local app = c:application("cart") print(app.spec.source.repoURL, app.status.sync.revision)`
--- @effect read
function Client:application(name)
  return api.get("application", self, APP .. "?appNamespace=app_namespace", app(name))
end

--- Gives the health ("Healthy", "Progressing", "Degraded", "Missing", ...), the sync status ("Synced", "OutOfSync") and
--- the message of an application; what the server does not say is nil.
--- Errors: as `application`.
--- Example: `local health = c:app_health("cart") print(health.status, health.sync, health.message)`
--- @effect read
function Client:app_health(name)
  local status = self:application(name).status or {}
  local health, sync = status.health or {}, status.sync or {}
  return { status = health.status, sync = sync.status, message = health.message }
end

--- Starts a sync and gives the application; `wait_operation` waits for the end.
--- Options: `revision`, `prune`, `dry_run`, `strategy` ({ apply = { force = true } }), `resources` (list of { group,
--- kind, name, namespace }), `sync_options` (list of "CreateNamespace=true" and the like), `retry_strategy`.
--- Errors: any status but 200.
--- Example: `c:sync("cart", { prune = true }) c:wait_operation("cart", 300)`
--- @effect write
function Client:sync(name, opts)
  opts = opts or {}
  local values = app(name)
  local body = {
    appNamespace = values.app_namespace,
    revision = opts.revision,
    prune = opts.prune,
    dryRun = opts.dry_run,
    strategy = opts.strategy,
    resources = opts.resources,
    retryStrategy = opts.retry_strategy,
    syncOptions = opts.sync_options and { items = opts.sync_options },
  }
  return api.post("sync", self, APP .. "/sync", values, { body = rest.object(body) })
end

--- Has an application compared with git again and gives it.
--- Options: `type` ("normal"; "hard" does not trust cached manifests).
--- Errors: any status but 200.
--- Example: `print(c:refresh("cart", { type = "hard" }).status.sync.status)`
--- @effect read
function Client:refresh(name, opts)
  local values = app(name, { refresh = opts and opts.type or "normal" })
  return api.get("refresh", self, APP .. "?refresh&appNamespace=app_namespace", values)
end

local NO_SUCH_METHOD = { [405] = true, [501] = true }

--- Rolls an application back and gives it. `id` is that of an entry of `status.history`. Sent as PUT; servers that take
--- a POST instead (all current ones) get that.
--- Errors: any status but 200. Servers refuse it where an application syncs by itself.
--- Example: `local history = c:application("cart").status.history c:rollback("cart", history[#history - 1].id)`
--- @effect write
function Client:rollback(name, id)
  local values = app(name)
  local line, call = APP .. "/rollback", { body = json.object({ id = id, appNamespace = values.app_namespace }) }
  local response, sent = api:request("PUT", "rollback", self, line, values, call)
  if NO_SUCH_METHOD[response.status] then
    response, sent = api:request("POST", "rollback", self, line, values, call)
  end
  if response.status ~= 200 then api:fail(sent, response) end
  return api:decode(sent, response)
end

--- Gives the tree of all that an application has in the cluster; `nodes` have kind, name, namespace, health, parentRefs.
--- Errors: any status but 200.
--- Example: `for _, node in ipairs(c:app_resources("cart").nodes) do print(node.kind, node.name) end`
--- @effect read
function Client:app_resources(name)
  return api.get("app_resources", self, APP .. "/resource-tree?appNamespace=app_namespace", app(name))
end

--- Gives the manifests of an application as git has them, each as JSON text.
--- Options: `revision` (else what the application follows).
--- Errors: any status but 200.
--- Example: `for _, text in ipairs(c:app_manifests("cart").manifests) do print(json.parse(text).kind) end`
--- @effect read
function Client:app_manifests(name, opts)
  local line = APP .. "/manifests?revision&appNamespace=app_namespace"
  return api.get("app_manifests", self, line, app(name, { revision = opts and opts.revision }))
end

--- Deletes an application. The result is nil where the server has nothing to say.
--- Options: `cascade` (false leaves in the cluster what it has there), `propagation_policy` ("foreground",
--- "background").
--- Errors: any status but 200.
--- Example: `c:delete_app("cart", { cascade = true })`
--- @effect write
function Client:delete_app(name, opts)
  opts = opts or {}
  local values = app(name, { cascade = opts.cascade, propagation_policy = opts.propagation_policy })
  local line = APP .. "?cascade?&propagationPolicy=propagation_policy&appNamespace=app_namespace"
  local response, call = api:expect("DELETE", "delete_app", self, line, values)
  if response.body == "" then return nil end
  return api:decode(call, response)
end

-- Projects, repositories, clusters -----------------------------------------------------------------------

--- Lists all projects.
--- Errors: any status but 200.
--- Example: `for _, project in ipairs(c:projects()) do print(project.metadata.name) end`
--- @effect read
function Client:projects()
  return items("projects", self, "/api/v1/projects")
end

--- Reads a project.
--- Errors: any status but 200.
--- Example: `print(#c:project("shop").spec.destinations)`
--- @effect read
function Client:project(name)
  return api.get("project", self, "/api/v1/projects/{name}", { name = name })
end

--- Lists all repositories.
--- Errors: any status but 200.
--- Example: `for _, repo in ipairs(c:repositories()) do print(repo.repo, repo.connectionState.status) end`
--- @effect read
function Client:repositories()
  return items("repositories", self, "/api/v1/repositories")
end

--- Reads a repository by its address.
--- Errors: any status but 200.
--- Example: `print(c:repository("https://git.example/shop/cart.git").connectionState.message)`
--- @effect read
function Client:repository(repo_url)
  return api.get("repository", self, "/api/v1/repositories/{address}", address("repository", repo_url, "repo_url"))
end

--- Lists all clusters.
--- Errors: any status but 200.
--- Example: `for _, cluster in ipairs(c:clusters()) do print(cluster.name, cluster.server) end`
--- @effect read
function Client:clusters()
  return items("clusters", self, "/api/v1/clusters")
end

--- Reads a cluster by the address of its API server.
--- Errors: any status but 200.
--- Example: `print(c:cluster("https://kubernetes.default.svc").serverVersion)`
--- @effect read
function Client:cluster(server_url)
  return api.get("cluster", self, "/api/v1/clusters/{address}", address("cluster", server_url, "server_url"))
end

--- Gives the settings of the server; they are public in part.
--- Errors: any status but 200.
--- Example: `print(c:settings().url)`
--- @effect read
function Client:settings()
  return api.get("settings", self, "/api/v1/settings")
end

--- Gives the version of the server, in `Version`.
--- Errors: any status but 200.
--- Example: `print(c:version().Version)`
--- @effect read
function Client:version()
  return api.get("version", self, "/api/version")
end

-- Judging and waiting ------------------------------------------------------------------------------------

--- Says whether an application is Healthy.
--- Errors: as `application`.
--- Example: `if not c:is_healthy("cart") then print(c:app_health("cart").message) end`
--- @effect read
function Client:is_healthy(name)
  return self:app_health(name).status == "Healthy"
end

--- Says whether an application is Synced.
--- Errors: as `application`.
--- Example: `if not c:is_synced("cart") then c:sync("cart") end`
--- @effect read
function Client:is_synced(name)
  return self:app_health(name).sync == "Synced"
end

-- Looks every two seconds, as long as there is time, until `check()` gives something.
local function wait(where, timeout_secs, check)
  local deadline = time() + rest.seconds("argocd." .. where, timeout_secs, "timeout_secs")
  while time() < deadline do
    local found = check()
    if found then return found end
    sleep(POLL)
  end
end

--- Waits until an application is Healthy, looking every two seconds; with a timeout of 0 it does not look at all.
--- Errors: `timeout waiting for NAME to become healthy` after `timeout_secs` seconds; as `application`.
--- Example: `c:wait_healthy("cart", 300)`
--- @effect read
function Client:wait_healthy(name, timeout_secs)
  local healthy = wait("wait_healthy", timeout_secs, function() return self:is_healthy(name) end)
  return healthy or error(("argocd: timeout waiting for %s to become healthy"):format(name))
end

--- Waits until an application is Synced, looking every two seconds; with a timeout of 0 it does not look at all.
--- Errors: `timeout waiting for NAME to become synced` after `timeout_secs` seconds; as `application`.
--- Example: `c:wait_synced("cart", 300)`
--- @effect read
function Client:wait_synced(name, timeout_secs)
  local synced = wait("wait_synced", timeout_secs, function() return self:is_synced(name) end)
  return synced or error(("argocd: timeout waiting for %s to become synced"):format(name))
end

--- Logs in with the client's name and password, or those given. The token is set on the client, and returned.
--- Errors: the server refuses them; any status but 200.
--- Example: `c:login("admin", env.get("ARGOCD_PASSWORD"))`
--- @effect read
Client.login = function(self, username, password)
  local token, call, response = new_session("login", self, username or self.username, password or self.password)
  return token or api:fail(call, response)
end

local FAILED = { Failed = true, Error = true }

--- Waits until nothing is going on with an application and its last operation has succeeded, which is returned: {
--- phase, message, startedAt, finishedAt, syncResult }. It looks every two seconds.
--- Errors: the operation failed, with the server's message; `timeout waiting for the operation of NAME` after
---   `timeout_secs` seconds; as `application`.
--- Example: `c:sync("cart") print(c:wait_operation("cart", 300).syncResult.revision)`
--- @effect read
Client.wait_operation = function(self, name, timeout_secs)
  local operation = wait("wait_operation", timeout_secs, function()
    local found = self:application(name)
    local state = not found.operation and found.status and found.status.operationState
    if state and FAILED[state.phase] then
      error(("argocd: operation of %s has failed: %s"):format(name, state.message or state.phase))
    end
    return state and state.phase == "Succeeded" and state
  end)
  return operation or error(("argocd: timeout waiting for the operation of %s"):format(name))
end

--- Stops the sync or rollback that is going on.
--- Errors: any status but 200, so 400 when nothing is going on.
--- Example: `c:terminate_operation("cart")`
--- @effect write
Client.terminate_operation = function(self, name)
  api:expect("DELETE", "terminate_operation", self, APP .. "/operation?appNamespace=app_namespace", app(name))
end

return M

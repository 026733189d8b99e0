--- @module assay.unleash
--- @category feature-flags
--- @description Unleash feature flag management API: projects, environments, features, strategies, tokens
--- @keywords unleash, feature-flags, toggles, projects, environments, strategies, feature, toggle, strategy, environment, token, api-token, archive, flag, gradual-rollout
--- @quickref c:health() -> {health} | State of the server
--- @quickref c:projects() -> [project] | All projects
--- @quickref c:project(id) -> project|nil | One project
--- @quickref c:create_project(project) -> project|nil | Create a project {id, name, description}
--- @quickref c:update_project(id, project) -> body|nil | Change a project
--- @quickref c:delete_project(id) -> body|nil | Delete a project
--- @quickref c:environments() -> [environment] | All environments
--- @quickref c:enable_environment(project_id, env_name) -> body|nil | Give a project an environment
--- @quickref c:disable_environment(project_id, env_name) -> body|nil | Take an environment from a project
--- @quickref c:features(project_id) -> [feature] | Feature flags of a project
--- @quickref c:feature(project_id, name) -> feature|nil | One feature flag
--- @quickref c:create_feature(project_id, feature) -> feature|nil | Create a feature flag {name, type, description}
--- @quickref c:update_feature(project_id, name, feature) -> feature|nil | Change a feature flag
--- @quickref c:archive_feature(project_id, name) -> body|nil | Archive a feature flag
--- @quickref c:toggle_on(project_id, name, env) -> body|nil | Switch a feature flag on in an environment
--- @quickref c:toggle_off(project_id, name, env) -> body|nil | Switch a feature flag off in an environment
--- @quickref c:strategies(project_id, feature_name, env) -> [strategy] | Activation strategies of a feature flag
--- @quickref c:add_strategy(project_id, feature_name, env, strategy) -> strategy|nil | Add a strategy {name, parameters, constraints}
--- @quickref c:tokens() -> [token] | API tokens
--- @quickref c:create_token(token_config) -> token|nil | Create an API token {tokenName, type, environment, projects}
--- @quickref c:delete_token(secret) -> body|nil | Delete an API token
--- @quickref c:each_feature(opts?) -> iterator | Feature flags of one project or all, from all pages; opts: {project, query, page_size = 100}
--- @quickref M.wait(url, opts?) -> true | Wait until the server is healthy; opts: {timeout = 60, interval = 2}
--- @quickref M.ensure_project(client, project_id, opts?) -> project | Project, created when it is missing; opts: {name, description}
--- @quickref M.ensure_environment(client, project_id, env_name) -> true | Give a project an environment unless it has it
--- @quickref M.ensure_token(client, opts) -> token | Token of that name and type, created when it is missing; opts: {tokenName, type, environment, projects}

local rest = require("assay.lib.rest")
local M, Client = {}, {}

local function headers(client)
  return { Authorization = client.token, ["Content-Type"] = "application/json" }
end

local api = rest.service("unleash", { headers = headers })

local PROJECT = "/api/admin/projects/{project}"
local FEATURE = PROJECT .. "/features/{feature}"
local IN_ENVIRONMENT = FEATURE .. "/environments/{environment}"

--- A client of the admin API.
--- Options: `token` (sent as it is), `headers`, `timeout`, `ca_cert` and the like.
--- Errors: the address is no text.
--- Example: `local c = require("assay.unleash").client("http://localhost:4242", { token = env.get("UNLEASH_ADMIN_TOKEN") })`
--- @effect read
function M.client(url, opts)
  return rest.authorized_client(Client, url, opts)
end

-- Sends a change; nil where the server has nothing to say.
local function change(method, name, client, line, values, body, ok)
  local response, call = api:expect(method, name, client, line, values, { body = body, ok = ok })
  if response.body == "" then return nil end
  return api:decode(call, response)
end

local CREATED = { 200, 201 }
local REMOVED = { 200, 202, 204 } -- current servers archive with 202

local function post(name, client, line, values, body)
  return change("POST", name, client, line, values, body, CREATED)
end

local function put(name, client, line, values, body)
  return change("PUT", name, client, line, values, body)
end

local function delete(name, client, line, values)
  return change("DELETE", name, client, line, values, nil, REMOVED)
end

-- The list under `key` of an answer; {} when there is none.
local function list(name, client, line, key, values)
  local found = api.find(name, client, line, values)
  return found and found[key] or {}
end

--- Says how the server is.
--- Errors: `unleash: GET /health HTTP STATUS: BODY` for any status but 200.
--- Example: `assert.eq(c:health().health, "GOOD")`
--- @effect read
function Client:health()
  return api.get("health", self, "/health")
end

--- Lists all projects; {} when there are none.
--- Errors: `unleash: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, project in ipairs(c:projects()) do print(project.id, project.featureCount) end`
--- @effect read
function Client:projects()
  return list("projects", self, "/api/admin/projects", "projects")
end

-- Since version 6 a project is found at its overview only.
--- Reads a project; nil when there is none of that id.
--- Errors: `unleash: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:project("default").name)`
--- @effect read
function Client:project(id)
  local values = { project = id }
  return api.find("project", self, PROJECT, values) or api.find("project", self, PROJECT .. "/overview", values)
end

--- Creates a project and gives it.
--- Errors: `unleash: POST PATH HTTP STATUS: BODY` for any status but 200 and 201.
--- Example: `c:create_project({ id = "cart", name = "Cart" })`
--- @effect write
function Client:create_project(project)
  return post("create_project", self, "/api/admin/projects", nil, project)
end

--- Changes a project.
--- Errors: `unleash: PUT PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `c:update_project("cart", { name = "Shopping cart" })`
--- @effect write
function Client:update_project(id, project)
  return put("update_project", self, PROJECT, { project = id }, project)
end

--- Deletes a project, which has to be empty.
--- Errors: `unleash: DELETE PATH HTTP STATUS: BODY` for any status but 200, 202 and 204.
--- Example: `c:delete_project("cart")`
--- @effect write
function Client:delete_project(id)
  return delete("delete_project", self, PROJECT, { project = id })
end

--- Lists all environments; {} when there are none.
--- Errors: `unleash: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, environment in ipairs(c:environments()) do print(environment.name, environment.enabled) end`
--- @effect read
function Client:environments()
  return list("environments", self, "/api/admin/environments", "environments")
end

--- Gives a project an environment.
--- Errors: `unleash: POST PATH HTTP STATUS: BODY` for any status but 200 and 201.
--- Example: `c:enable_environment("cart", "production")`
--- @effect write
function Client:enable_environment(project_id, env_name)
  local line = PROJECT .. "/environments"
  return post("enable_environment", self, line, { project = project_id }, { environment = env_name })
end

--- Takes an environment from a project.
--- Errors: `unleash: DELETE PATH HTTP STATUS: BODY` for any status but 200, 202 and 204.
--- Example: `c:disable_environment("cart", "development")`
--- @effect write
function Client:disable_environment(project_id, env_name)
  local line = PROJECT .. "/environments/{environment}"
  return delete("disable_environment", self, line, { project = project_id, environment = env_name })
end

--- Lists the feature flags of a project; {} when there are none.
--- Errors: `unleash: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, feature in ipairs(c:features("default")) do print(feature.name, feature.type) end`
--- @effect read
function Client:features(project_id)
  return list("features", self, PROJECT .. "/features", "features", { project = project_id })
end

--- Reads a feature flag with its environments; nil when there is none of that name.
--- Errors: `unleash: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:feature("default", "new-checkout").stale)`
--- @effect read
function Client:feature(project_id, name)
  return api.find("feature", self, FEATURE, { project = project_id, feature = name })
end

--- Creates a feature flag and gives it.
--- Errors: `unleash: POST PATH HTTP STATUS: BODY` for any status but 200 and 201.
--- Example: `c:create_feature("default", { name = "new-checkout", type = "release" })`
--- @effect write
function Client:create_feature(project_id, feature)
  return post("create_feature", self, PROJECT .. "/features", { project = project_id }, feature)
end

--- Changes a feature flag and gives it.
--- Errors: `unleash: PUT PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `c:update_feature("default", "new-checkout", { description = "Checkout in one page", type = "release" })`
--- @effect write
function Client:update_feature(project_id, name, feature)
  return put("update_feature", self, FEATURE, { project = project_id, feature = name }, feature)
end

--- Archives a feature flag: it is off and out of sight, but can be revived.
--- Errors: `unleash: DELETE PATH HTTP STATUS: BODY` for any status but 200, 202 and 204.
--- Example: `c:archive_feature("default", "new-checkout")`
--- @effect write
function Client:archive_feature(project_id, name)
  return delete("archive_feature", self, FEATURE, { project = project_id, feature = name })
end

--- Switches a feature flag on in an environment.
--- Errors: `unleash: POST PATH HTTP STATUS: BODY` for any status but 200 and 201.
--- Example: `c:toggle_on("default", "new-checkout", "production")`
--- @effect write
function Client:toggle_on(project_id, name, env)
  local values = { project = project_id, feature = name, environment = env }
  return post("toggle_on", self, IN_ENVIRONMENT .. "/on", values, json.object())
end

--- Switches a feature flag off in an environment.
--- Errors: `unleash: POST PATH HTTP STATUS: BODY` for any status but 200 and 201.
--- Example: `c:toggle_off("default", "new-checkout", "production")`
--- @effect write
function Client:toggle_off(project_id, name, env)
  local values = { project = project_id, feature = name, environment = env }
  return post("toggle_off", self, IN_ENVIRONMENT .. "/off", values, json.object())
end

--- Lists the activation strategies that a feature flag has in an environment; {} when there is no such flag.
--- Errors: `unleash: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, strategy in ipairs(c:strategies("default", "new-checkout", "production")) do print(strategy.name) end`
--- @effect read
function Client:strategies(project_id, feature_name, env)
  local values = { project = project_id, feature = feature_name, environment = env }
  local found = api.find("strategies", self, IN_ENVIRONMENT .. "/strategies", values)
  return found and (found.strategies or found) or {}
end

--- Adds an activation strategy to a feature flag in an environment and gives it.
--- Errors: `unleash: POST PATH HTTP STATUS: BODY` for any status but 200 and 201.
--- Example: `c:add_strategy("default", "new-checkout", "production", { name = "flexibleRollout", parameters = { rollout = "25", stickiness = "default", groupId = "new-checkout" } })`
--- @effect write
function Client:add_strategy(project_id, feature_name, env, strategy)
  local values = { project = project_id, feature = feature_name, environment = env }
  return post("add_strategy", self, IN_ENVIRONMENT .. "/strategies", values, strategy)
end

--- Lists API tokens; {} when there are none.
--- Errors: `unleash: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, token in ipairs(c:tokens()) do print(token.tokenName, token.type, token.environment) end`
--- @effect read
function Client:tokens()
  return list("tokens", self, "/api/admin/api-tokens", "tokens")
end

--- Creates an API token and gives it, with its secret.
--- Errors: `unleash: POST PATH HTTP STATUS: BODY` for any status but 200 and 201.
--- Example: `local token = c:create_token({ tokenName = "cart", type = "client", environment = "production", projects = { "cart" } })`
--- @effect write
function Client:create_token(token_config)
  local token = post("create_token", self, "/api/admin/api-tokens", nil, token_config)
  rest.hide(token and token.secret)
  return token
end

--- Deletes the API token with that secret.
--- Errors: `unleash: DELETE PATH HTTP STATUS: BODY` for any status but 200, 202 and 204.
--- Example: `c:delete_token(token.secret)`
--- @effect write
function Client:delete_token(secret)
  rest.hide(secret)
  return delete("delete_token", self, "/api/admin/api-tokens/{secret}", { secret = secret })
end

--- Iterates over feature flags of all projects, or one, page by page.
--- Options: `project` (id), `query` (words), `page_size` (100).
--- Errors: `unleash: GET /api/admin/search/features HTTP STATUS: BODY` for any status but 200.
--- Example: `for feature in c:each_feature({ query = "checkout" }) do print(feature.project, feature.name) end`
--- @effect read
Client.each_feature = function(self, opts)
  opts = opts or {}
  local size = opts.page_size or 100
  local line = "/api/admin/search/features?project=project&query&limit=size&offset?"
  return rest.each(function(offset)
    local project = opts.project and "IS:" .. opts.project
    local values = { project = project, query = opts.query, size = size, offset = offset or 0 }
    local page = api.get("each_feature", self, line, values).features or {}
    return page, #page >= size and values.offset + #page or nil
  end)
end

--- Waits until the server answers that it is healthy.
--- Options: `timeout` (seconds, 60), `interval` (seconds between attempts, 2).
--- Errors: `unleash.wait: not reachable at URL after 60s`.
--- Example: `require("assay.unleash").wait("http://localhost:4242", { timeout = 30 })`
--- @effect read
function M.wait(url, opts)
  return api:wait_reachable(url, "/health", opts or {})
end

--- Gives the project of that id, which is created when it is missing.
--- Options: `name` (the id), `description`.
--- Errors: as the client's `project` and `create_project`.
--- Example: `require("assay.unleash").ensure_project(c, "cart", { name = "Cart" })`
--- @effect write
function M.ensure_project(client, project_id, opts)
  opts = opts or {}
  local project = { id = project_id, name = opts.name or project_id, description = opts.description }
  return client:project(project_id) or client:create_project(project)
end

-- Whether a refusal means that it is there already. A name like "team-409" stands in the path of an answer; errors of what a
-- script put in the place of a method are just text.
local function is_there(failure)
  local text = tostring(failure)
  if type(failure) ~= "table" then return text:find("409", 1, true) or text:find("already", 1, true) end
  return failure.status == 409 or text:find(" HTTP %d+: .*already") ~= nil
end

--- Gives a project an environment, unless it has it already.
--- Errors: `unleash.ensure_environment: ` and the server's answer.
--- Example: `require("assay.unleash").ensure_environment(c, "cart", "production")`
--- @effect write
function M.ensure_environment(client, project_id, env_name)
  local done, failure = pcall(client.enable_environment, client, project_id, env_name)
  if done or is_there(failure) then return true end
  error("unleash.ensure_environment: " .. tostring(failure))
end

--- Gives the API token of that name and type, and environment if given, which is created when it is missing.
--- Options: `tokenName` and `type` (both needed), `environment`, `projects`.
--- Errors: `unleash.ensure_token: opts.tokenName is required`, likewise `opts.type`; as the client's `tokens` and
--- `create_token`.
--- Example: `local token = require("assay.unleash").ensure_token(c, { tokenName = "cart", type = "client", environment = "production" })`
--- @effect write
function M.ensure_token(client, opts)
  assert.not_nil(opts.tokenName, "unleash.ensure_token: opts.tokenName is required")
  assert.not_nil(opts.type, "unleash.ensure_token: opts.type is required")
  for _, token in ipairs(client:tokens()) do
    local here = not opts.environment or token.environment == opts.environment
    if here and token.tokenName == opts.tokenName and token.type == opts.type then return token end
  end
  return client:create_token({
    tokenName = opts.tokenName,
    type = opts.type,
    environment = opts.environment,
    projects = opts.projects,
  })
end

return M

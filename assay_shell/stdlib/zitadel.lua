--- @module assay.zitadel
--- @category identity
--- @description Zitadel OIDC identity management: projects, OIDC apps, IdPs, users, login policies
--- @keywords zitadel, oidc, identity, projects, applications, idp, users, authentication, domain, app, login-policy, user, password, google, machine-key, jwt, saml
--- @quickref c:ensure_primary_domain(domain) -> bool | Add a domain to the organization and make it the primary one
--- @quickref c:find_project(name) -> project|nil | Project of that name
--- @quickref c:create_project(name, opts?) -> {id} | Create a project; opts: {projectRoleAssertion}
--- @quickref c:ensure_project(name, opts?) -> project | Project of that name, created when it is missing
--- @quickref c:find_app(project_id, name) -> app|nil | App of that name in a project
--- @quickref c:create_oidc_app(project_id, opts) -> {appId, clientId, clientSecret} | Create an OIDC app; opts: {name, subdomain, callbackPath, redirectUris, appType, ...}
--- @quickref c:ensure_oidc_app(project_id, opts) -> app | OIDC app of that name, created when it is missing
--- @quickref c:find_idp(name) -> idp|nil | Identity provider of that name
--- @quickref c:ensure_google_idp(opts) -> string|nil | Id of the provider "Google", created when it is missing; opts: {clientId, clientSecret, scopes, providerOptions}
--- @quickref c:ensure_oidc_idp(opts) -> string|nil | Id of an OIDC provider, created or changed; opts: {name, clientId, clientSecret, issuer, scopes, ...}
--- @quickref c:add_idp_to_login_policy(idp_id) -> bool | Offer an identity provider at the login
--- @quickref c:search_users(query?) -> [user] | Users, one page; query: {query = {offset, limit}, queries}
--- @quickref c:update_user_email(user_id, email) -> bool | Give a user another address, as verified
--- @quickref c:get_login_policy() -> policy|nil | Login policy of the instance
--- @quickref c:update_login_policy(policy?) -> bool | Replace the login policy of the instance
--- @quickref c:disable_password_login() -> bool | Allow logins by identity providers only
--- @quickref c:each_user(opts?) -> iterator | Users from all pages; opts: {queries, page_size = 100}

local _, send_reading = ...
local gateway = require("assay.lib.gateway")
local machine_key = require("assay.lib.machine_key")
local rest = require("assay.lib.rest")
local M, Client = {}, {}

local keys = setmetatable({}, { __mode = "k" }) -- client -> machine key

local function headers(client)
  rest.hide(client.access_token)
  return {
    Authorization = "Bearer " .. client.access_token,
    ["Content-Type"] = "application/json",
    Host = client.host_header,
  }
end

local function key_of(client) return keys[client] end

local api = machine_key.renewing(rest.service("zitadel", { headers = headers, objects = true }), key_of, send_reading)

local ADMIN, MANAGEMENT = "/admin/v1", "/management/v1"
local PROJECTS = MANAGEMENT .. "/projects"
local APPS = PROJECTS .. "/{project_id}/apps"
local LOGIN_POLICY = ADMIN .. "/policies/login"
local EQUALS = "TEXT_QUERY_METHOD_EQUALS"

--- A client, for the organization of the user whose token it has. With a machine key the token is fetched at once, and
--- again when the server refuses it.
--- Options: `url` (where to connect; it may stand before the options), `domain` ("example.com"), and one of `machine_key`
--- (`{userId, key, keyId}`), `machine_key_file` (path of the JSON file) and `token`; `host` (by which the instance is known,
--- "auth.DOMAIN" unless given), `headers`, `timeout` and the like.
--- Errors: `zitadel.client: url required`, `domain required`, `one of machine_key, machine_key_file, or token required`;
--- `zitadel: token exchange failed (HTTP STATUS): BODY`.
--- Example: `local c = require("assay.zitadel").client({ url = "https://auth.example.com", domain = "example.com", token = env.get("ZITADEL_TOKEN") })`
--- @effect read
function M.client(url, opts)
  if type(url) == "table" then url, opts = url.url, url end
  opts = opts or {}
  assert.not_nil(url, "zitadel.client: url required")
  assert.not_nil(opts.domain, "zitadel.client: domain required")
  local key = opts.machine_key or opts.machine_key_file and machine_key.read(opts.machine_key_file)
  if not key and not opts.token then
    error("zitadel.client: one of machine_key, machine_key_file, or token required")
  end
  local host = opts.host or "auth." .. rest.text("zitadel.client", opts.domain, "domain")
  local client = rest.client(Client, url, { domain = opts.domain, host_header = host }, opts)
  client.access_token = key and machine_key.exchange(api, client, key, send_reading) or opts.token
  keys[client] = key or nil
  return client
end

-- Requests -----------------------------------------------------------------------------------------------

local function warn(what, response, with_body)
  local body = with_body and ": " .. rest.shown_body(response.body) or ""
  log.warn(("zitadel: %s (HTTP %d)%s"):format(what, response.status, body))
end

-- The answer to a request that may be refused, as nil; `what` is the warning then.
local function attempt(method, name, client, line, values, body, what)
  local call = { body = body and rest.object(body) }
  local response
  response, call = api:request(method, name, client, line, values, call)
  if response.status == 200 then return api:decode(call, response) end
  if what then warn(what, response) end
end

-- The list that a search finds, nil when it is refused.
local function search(name, client, line, values, body, what)
  local call = { body = rest.object(body), reads = send_reading }
  local response
  response, call = api:request("POST", name, client, line, values, call)
  if response.status == 200 then return api:decode(call, response).result or {} end
  if what then warn(what, response) end
end

-- Whether a change is done; `also` is a status that is a success, too.
local function changed(method, name, client, line, values, body, what, also)
  local response = api:request(method, name, client, line, values, { body = rest.object(body) })
  if response.status == 200 or response.status == also then return true end
  warn(what, response, true)
  return false
end

-- Sends a request to create something; `words` are for the error that `api:fail` raises.
local function create(name, client, line, values, body, words)
  local function message(_, _, response) return ("zitadel: %s (HTTP %d): "):format(words, response.status) end
  return api:request("POST", name, client, line, values, { body = body, message = message })
end

-- Domains ------------------------------------------------------------------------------------------------

-- Where the domains of an organization are, and those that are there; nil when the server does not tell.
local function domains(client)
  local base = ADMIN .. "/orgs/me/domains"
  local response, call = api:request("GET", "ensure_primary_domain", client, base)
  if response.status == 200 then return base, api:decode(call, response).result or {} end
  if not gateway.unknown(response) then
    warn("cannot list domains", response)
    return nil
  end
  base = MANAGEMENT .. "/orgs/me/domains"
  local found = search("ensure_primary_domain", client, base .. "/_search", nil, {}, "cannot list domains")
  return found and base, found
end

--- Adds a domain to the organization and makes it the primary one; false when the server refuses. Servers have this
--- below `/management/v1`; that is used when the address of old is unknown to the server.
--- Errors: the domain is no text.
--- Example: `c:ensure_primary_domain("example.com")`
--- @effect write
function Client:ensure_primary_domain(domain)
  local name = rest.text("zitadel.ensure_primary_domain", domain, "domain")
  local base, found = domains(self)
  if not base then return false end
  for _, item in ipairs(found) do
    if item.domainName == name and item.isPrimary then return true end
  end
  local this, values = "ensure_primary_domain", { domain = name }
  local added = changed("POST", this, self, base, nil, { domain = name }, "cannot add domain " .. name, 409)
  if not added then return false end
  local line = base .. "/{domain}/_set_primary"
  return changed("POST", this, self, line, values, {}, "cannot make primary domain " .. name)
end

-- Projects and apps --------------------------------------------------------------------------------------

--- Finds a project by its name; nil when there is none, or the server refuses.
--- Errors: the name is no text.
--- Example: `local project = c:find_project("shop")`
--- @effect read
function Client:find_project(name)
  local query = { name = rest.text("zitadel.find_project", name, "name"), method = EQUALS }
  local found = search("find_project", self, PROJECTS .. "/_search", nil, { queries = { { nameQuery = query } } })
  return found and found[1]
end

--- Creates a project.
--- Options: `projectRoleAssertion` (bool).
--- Errors: `zitadel: failed to create project 'NAME' (HTTP STATUS): BODY` for any status but 200, 409 among them.
--- Example: `local id = c:create_project("shop").id`
--- @effect write
function Client:create_project(name, opts)
  local text = rest.text("zitadel.create_project", name, "name")
  local body = { name = text, projectRoleAssertion = opts and opts.projectRoleAssertion }
  local words = ("failed to create project '%s'"):format(text)
  local response, call = create("create_project", self, PROJECTS, nil, body, words)
  if response.status ~= 200 then api:fail(call, response) end
  return api:decode(call, response)
end

--- Finds a project by its name, and creates it when there is none. One that is there stays as it is.
--- Options: as `create_project`.
--- Errors: as `create_project`.
--- Example: `local project = c:ensure_project("shop")`
--- @effect write
function Client:ensure_project(name, opts)
  return self:find_project(name) or self:create_project(name, opts)
end

--- Finds an app of a project by its name; nil when there is none, or the server refuses.
--- Errors: an argument is no text.
--- Example: `local app = c:find_app(project.id, "web")`
--- @effect read
function Client:find_app(project_id, name)
  local text = rest.text("zitadel.find_app", name, "name")
  local line, values = APPS .. "/_search", { project_id = project_id }
  local body = { query = { limit = 100 }, queries = { { nameQuery = { name = text, method = EQUALS } } } }
  local found = search("find_app", self, line, values, body)
    or search("find_app", self, line, values, { query = { limit = 100 } })
  for _, app in ipairs(found or {}) do
    if app.name == text then return app end
  end
end

local DEFAULTS = {
  responseTypes = { "OIDC_RESPONSE_TYPE_CODE" },
  grantTypes = { "OIDC_GRANT_TYPE_AUTHORIZATION_CODE", "OIDC_GRANT_TYPE_REFRESH_TOKEN" },
  appType = "OIDC_APP_TYPE_WEB",
  authMethodType = "OIDC_AUTH_METHOD_TYPE_BASIC",
  accessTokenType = "OIDC_TOKEN_TYPE_BEARER",
  devMode = false,
  clockSkew = "0s",
}
local ASSERTIONS = { "accessTokenRoleAssertion", "idTokenRoleAssertion", "idTokenUserinfoAssertion" }

-- The body that describes an app.
local function described(client, opts)
  local function text(name) return rest.text("zitadel.create_oidc_app", opts[name], name) end
  local name, callback = text("name"), text("callbackPath")
  local address = "https://" .. text("subdomain") .. "." .. client.domain
  local body = {
    name = name,
    redirectUris = opts.redirectUris or { address .. callback },
    postLogoutRedirectUris = opts.postLogoutRedirectUris or { address .. "/" },
  }
  for field, default in pairs(DEFAULTS) do
    if opts[field] == nil then body[field] = default else body[field] = opts[field] end
  end
  for _, field in ipairs(ASSERTIONS) do body[field] = opts[field] ~= false end
  return body
end

--- Creates an OIDC app, with its secret in `clientSecret`. An app of that name that is there is given as it is.
--- Options: `name`, `subdomain` and `callbackPath` ("/callback"), from which the addresses come, are required;
--- `redirectUris`, `postLogoutRedirectUris`, `responseTypes`, `grantTypes` (lists), `appType`, `authMethodType`,
--- `accessTokenType`, `devMode`, `clockSkew`, `accessTokenRoleAssertion`, `idTokenRoleAssertion`,
--- `idTokenUserinfoAssertion` (true unless false).
--- Errors: an option is missing; `zitadel: failed to create OIDC app 'NAME' (HTTP STATUS): BODY`.
--- Example: `local app = c:create_oidc_app(project.id, { name = "web", subdomain = "shop", callbackPath = "/callback" })`
--- @effect write
function Client:create_oidc_app(project_id, opts)
  local body = described(self, opts)
  local words, values = ("failed to create OIDC app '%s'"):format(body.name), { project_id = project_id }
  local response, call = create("create_oidc_app", self, APPS .. "/oidc", values, body, words)
  if response.status == 409 then
    return self:find_app(project_id, opts.name) or { id = "existing", name = opts.name }
  end
  if response.status ~= 200 then api:fail(call, response) end
  local app = api:decode(call, response)
  rest.hide(app.clientSecret)
  return app
end

--- Finds an OIDC app by its name, and creates it when there is none. One that is there stays as it is, and does not tell
--- its secret.
--- Options: as `create_oidc_app`.
--- Errors: as `create_oidc_app`.
--- Example: `local app = c:ensure_oidc_app(project.id, { name = "web", subdomain = "shop", callbackPath = "/callback" })`
--- @effect write
function Client:ensure_oidc_app(project_id, opts)
  return self:find_app(project_id, opts.name) or self:create_oidc_app(project_id, opts)
end

-- Identity providers -------------------------------------------------------------------------------------

--- Finds an identity provider by its name; nil when there is none, or the server refuses.
--- Errors: the name is no text.
--- Example: `local idp = c:find_idp("Google")`
--- @effect read
function Client:find_idp(name)
  local query = { name = rest.text("zitadel.find_idp", name, "name"), method = EQUALS }
  local line = ADMIN .. "/idps/templates/_search"
  local found = search("find_idp", self, line, nil, { queries = { { idpNameQuery = query } } })
  return found and found[1]
end

local function provider(name, opts, auto_linking)
  rest.hide(opts.clientSecret)
  return {
    name = name,
    clientId = opts.clientId,
    clientSecret = opts.clientSecret,
    scopes = opts.scopes or { "openid", "email", "profile" },
    providerOptions = opts.providerOptions or {
      isLinkingAllowed = true, isCreationAllowed = true, isAutoCreation = true, isAutoUpdate = true,
      autoLinking = auto_linking,
    },
  }
end

local function id_of(answer)
  return answer and (answer.idp_id or answer.id)
end

--- Finds the identity provider "Google", and creates it when there is none: its id, nil when the server refuses. One that
--- is there stays as it is.
--- Options: `clientId`, `clientSecret`, `scopes` (openid, email and profile unless given), `providerOptions`.
--- Errors: the server cannot be reached.
--- Example: `local id = c:ensure_google_idp({ clientId = "...", clientSecret = env.get("GOOGLE_SECRET") })`
--- @effect write
function Client:ensure_google_idp(opts)
  local existing = self:find_idp("Google")
  if existing then return existing.id end
  local line, what = ADMIN .. "/idps/google", "cannot create identity provider Google"
  return id_of(attempt("POST", "ensure_google_idp", self, line, nil, provider("Google", opts), what))
end

--- Creates an OIDC identity provider, or changes the one of that name: its id, nil when the server refuses to create it.
--- Options: `name` (required), `clientId`, `clientSecret`, `issuer`, `scopes` (openid, email and profile unless given),
--- `isIdTokenMapping` (true unless false), `autoLinking` ("AUTO_LINKING_OPTION_EMAIL"), `providerOptions`.
--- Errors: `zitadel: ensure_oidc_idp requires name`.
--- Example: `local id = c:ensure_oidc_idp({ name = "Corp", issuer = "https://idp.example.com", clientId = "...", clientSecret = secret })`
--- @effect write
function Client:ensure_oidc_idp(opts)
  local name = opts and opts.name
  assert.not_nil(name, "zitadel: ensure_oidc_idp requires name")
  local body = provider(name, opts, opts.autoLinking or "AUTO_LINKING_OPTION_EMAIL")
  body.issuer, body.isIdTokenMapping = opts.issuer, opts.isIdTokenMapping ~= false
  local line, existing = ADMIN .. "/idps/generic_oidc", self:find_idp(name)
  if existing then
    local values, what = { id = existing.id }, "cannot change identity provider " .. name
    changed("PUT", "ensure_oidc_idp", self, line .. "/{id}", values, body, what)
    return existing.id
  end
  return id_of(attempt("POST", "ensure_oidc_idp", self, line, nil, body, "cannot create identity provider " .. name))
end

--- Offers an identity provider at the login; true also when it was offered already, false when the server refuses.
--- Errors: the id is no text.
--- Example: `c:add_idp_to_login_policy(id)`
--- @effect write
function Client:add_idp_to_login_policy(idp_id)
  local id, line = rest.text("zitadel.add_idp_to_login_policy", idp_id, "idp_id"), LOGIN_POLICY .. "/idps"
  local name, response = "add_idp_to_login_policy", nil
  for _, owner in ipairs({ "IDPOWNERTYPE_SYSTEM", "IDP_OWNER_TYPE_SYSTEM" }) do -- servers know the second
    response = api:request("POST", name, self, line, nil, { body = { idpId = id, ownerType = owner } })
    if response.status == 200 or response.status == 409 then return true end
    if response.status ~= 400 then break end
  end
  warn("cannot add identity provider " .. id .. " to the login policy", response, true)
  return false
end

-- Users --------------------------------------------------------------------------------------------------

local USERS = MANAGEMENT .. "/users"

--- Lists users: one page (`each_user` reads them all); none when the server refuses.
--- The query is the server's: `{ query = { offset, limit }, queries = { { emailQuery = { emailAddress, method } } } }`.
--- Errors: the server cannot be reached.
--- Example: `local users = c:search_users({ queries = { { userNameQuery = { userName = "ada" } } } })`
--- @effect read
function Client:search_users(query)
  return search("search_users", self, USERS .. "/_search", nil, query, "cannot search users") or {}
end

--- Gives a user another address of e-mail, as one that is verified; false when the server refuses.
--- Errors: an argument is no text.
--- Example: `c:update_user_email(user.id, "ada@example.com")`
--- @effect write
function Client:update_user_email(user_id, email)
  local address = rest.text("zitadel.update_user_email", email, "email")
  local line, values = USERS .. "/{user_id}/email", { user_id = user_id }
  local body = { email = address, isEmailVerified = true }
  return changed("PUT", "update_user_email", self, line, values, body, "cannot change the address of a user")
end

--- Iterates over users, page by page.
--- Options: `queries` (list, as `search_users`), `page_size` (100).
--- Errors: any status but 200.
--- Example: `for user in c:each_user() do print(user.id, user.userName) end`
--- @effect read
Client.each_user = function(self, opts)
  local size, queries = opts and opts.page_size or 100, opts and opts.queries
  return rest.each(function(mark)
    local offset = mark or 0
    local body = { query = { offset = offset, limit = size, asc = true }, queries = queries }
    local call = { body = body, reads = send_reading }
    local users = api.post("each_user", self, USERS .. "/_search", nil, call).result or {}
    return users, #users >= size and offset + #users or nil
  end)
end

-- Login policy -------------------------------------------------------------------------------------------

--- Reads the login policy of the instance; nil when the server refuses.
--- Errors: the server cannot be reached.
--- Example: `print(c:get_login_policy().allowUsernamePassword)`
--- @effect read
function Client:get_login_policy()
  local answer = attempt("GET", "get_login_policy", self, LOGIN_POLICY, nil, nil, "cannot read the login policy")
  return answer and answer.policy
end

--- Replaces the login policy of the instance; false when the server refuses.
--- Errors: the server cannot be reached.
--- Example: `c:update_login_policy({ allowUsernamePassword = true, allowExternalIdp = true })`
--- @effect write
function Client:update_login_policy(policy)
  return changed("PUT", "update_login_policy", self, LOGIN_POLICY, nil, policy, "cannot change the login policy")
end

local LIFETIMES = {
  "passwordCheckLifetime", "externalLoginCheckLifetime", "mfaInitSkipLifetime", "secondFactorCheckLifetime",
  "multiFactorCheckLifetime",
}

--- Allows logins by identity providers only; true also when passwords were off already, false when the server refuses.
--- Errors: the server cannot be reached.
--- Example: `c:disable_password_login()`
--- @effect write
function Client:disable_password_login()
  local policy = self:get_login_policy()
  if not policy then return false end
  if not policy.allowUsernamePassword then return true end
  local changes = {
    allowUsernamePassword = false,
    allowExternalIdp = true,
    hidePasswordReset = true,
    allowRegister = policy.allowRegister or false,
    forceMfa = policy.forceMfa or false,
    passwordlessType = policy.passwordlessType or "PASSWORDLESS_TYPE_NOT_ALLOWED",
  }
  for _, name in ipairs(LIFETIMES) do changes[name] = policy[name] end
  return self:update_login_policy(changes)
end

return M

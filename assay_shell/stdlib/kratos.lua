--- @module assay.kratos
--- @category identity
--- @description Ory Kratos identity management: login, registration, recovery flows, identity CRUD via admin API, session introspection, schemas
--- @keywords kratos, ory, identity, authentication, login, registration, recovery, settings, sessions, identities, schemas, whoami
--- @quickref kratos.client(opts) -> client | Client; opts: {public_url, admin_url, token}
--- @quickref c:whoami(cookie?) -> session|nil | Session of a cookie or of {session_token}; nil when there is none
--- @quickref c:create_login_flow(opts?) -> flow | Begin a login; opts: {return_to, refresh, login_challenge, aal, api}
--- @quickref c:get_login_flow(flow_id, cookie?) -> flow | A login that was begun
--- @quickref c:submit_login_flow(flow_id, payload, cookie?) -> {session, session_token} | Log in with {method, identifier, password, ...}
--- @quickref c:create_registration_flow(opts?) -> flow | Begin a registration; opts: {return_to, api}
--- @quickref c:get_registration_flow(flow_id, cookie?) -> flow | A registration that was begun
--- @quickref c:get_identity(id) -> identity|nil | One identity
--- @quickref c:list_identities(opts?) -> [identity]|nil | Identities, one page; opts: {per_page, page, credentials_identifier}
--- @quickref c:create_identity(spec) -> identity | Create an identity {schema_id, traits, credentials}
--- @quickref c:update_identity(id, spec) -> identity | Replace an identity
--- @quickref c:delete_identity(id) -> nil | Delete an identity and its sessions
--- @quickref c:list_sessions(identity_id) -> [session]|nil | Sessions of an identity, one page
--- @quickref c:delete_sessions(identity_id) -> nil | Log an identity out everywhere
--- @quickref c:list_schemas() -> [{id, schema}] | Schemas of identities, one page
--- @quickref c:get_schema(schema_id) -> schema | One schema
--- @quickref c:submit_registration_flow(flow_id, payload, cookie?) -> {identity, session, session_token} | Register with {method, traits, password, ...}
--- @quickref c:each_identity(opts?) -> iterator | Identities from all pages; opts: {page_size, credentials_identifier}
--- @quickref c:each_session(identity_id, opts?) -> iterator | Sessions of an identity from all pages; opts: {page_size, active}
--- @quickref c:each_schema(opts?) -> iterator | Schemas from all pages; opts: {page_size}

local _, send_reading = ...
local ory = require("assay.lib.ory")
local rest = require("assay.lib.rest")
local M, Client = {}, {}

local options = { headers = ory.headers, message = rest.by_target, objects = true, address = "public_url" }
local public = ory.checked(rest.service("kratos", options))
local admin = ory.checked(rest.service("kratos", rest.merged({ address = "admin_url" }, options)))

local IDENTITY = "/admin/identities/{id}"
local SESSIONS = IDENTITY .. "/sessions"

--- A client. What is asked with an address that is missing fails then.
--- Options: `public_url` and `admin_url`, or one address for both before the options; `token` (sent as bearer token, where
--- something in front of the service wants one), `headers`, `timeout` and the like.
--- Errors: an address is no text; later `kratos: public_url not configured`, `kratos: admin_url not configured`.
--- Example: `local c = require("assay.kratos").client({ public_url = "http://kratos:4433", admin_url = "http://kratos:4434" })`
--- @effect read
function M.client(url, opts)
  return ory.client(Client, { "public_url", "admin_url" }, url, opts)
end

-- Who asks: a cookie, or `{ session_token = ... }` where there is no browser.
local function as(name, cookie)
  if type(cookie) == "table" then
    rest.hide(cookie.session_token)
    return { Cookie = cookie.cookie, ["X-Session-Token"] = cookie.session_token }
  end
  rest.hide(cookie)
  return { Cookie = cookie and rest.text("kratos." .. name, cookie, "cookie") }
end

--- Reads the session of a cookie ("ory_kratos_session=..."), or of `{ session_token = "..." }`; nil when there is none.
--- Errors: any status but 200 and 401, so 403 where a second factor is wanted.
--- Example: `local session = c:whoami(req.headers.cookie) print(session and session.identity.traits.email)`
--- @effect read
function Client:whoami(cookie)
  local call = { headers = as("whoami", cookie), message = ory.words("whoami") }
  local response
  response, call = public:request("GET", "whoami", self, "/sessions/whoami", nil, call)
  if response.status == 401 then return nil end
  if response.status ~= 200 then public:fail(call, response) end
  return public:decode(call, response)
end

local function begin(name, client, path, parameters, opts)
  opts = opts or {}
  local kind = opts.api and "/api" or "/browser"
  local values = rest.merged({ refresh = opts.refresh and "true" }, opts)
  return public.get(name, client, path .. kind .. parameters, values)
end

--- Begins a login and gives the flow: its `id` and, in `ui`, the form. A flow for browsers can only be finished with the
--- cookie that the browser got with it; with `api` it is one for programs.
--- Options: `return_to` (address), `refresh` (true: also with a session), `login_challenge` (of Hydra), `aal` ("aal2": the
--- second factor), `api` (true).
--- Errors: any status but 200.
--- Example: `local flow = c:create_login_flow({ api = true })`
--- @effect read
function Client:create_login_flow(opts)
  local parameters = "?return_to&refresh&login_challenge&aal"
  return begin("create_login_flow", self, "/self-service/login", parameters, opts)
end

--- Reads a login that was begun.
--- Errors: any status but 200, so 403 with the wrong cookie, 404 and 410 when it is over.
--- Example: `print(c:get_login_flow(flow_id, req.headers.cookie).oauth2_login_challenge)`
--- @effect read
function Client:get_login_flow(flow_id, cookie)
  local line, values = "/self-service/login/flows?id=flow_id!", { flow_id = flow_id }
  return public.get("get_login_flow", self, line, values, { headers = as("get_login_flow", cookie) })
end

local function submit(name, words, client, path, flow_id, payload, cookie, reads)
  local headers = as(name, cookie)
  headers["Content-Type"] = "application/json"
  local call = { body = rest.object(payload), headers = headers, message = ory.words(words), reads = reads }
  local answer = public.post(name, client, path .. "?flow=flow_id!", { flow_id = flow_id }, call)
  rest.hide(answer.session_token)
  return answer
end

--- Logs in. The payload is a table, or JSON text. Gives `session` and, for programs, `session_token`.
--- Errors: any status but 200, so 400 for a wrong password, 410 when the flow is over.
--- Example: `c:submit_login_flow(flow.id, { method = "password", identifier = "ada@example.com", password = secret })`
--- @effect read
function Client:submit_login_flow(flow_id, payload, cookie)
  local path = "/self-service/login"
  return submit("submit_login_flow", "submit login", self, path, flow_id, payload, cookie, send_reading)
end

--- Begins a registration and gives the flow, as `create_login_flow`.
--- Options: `return_to` (address), `api` (true: a flow for programs).
--- Errors: any status but 200.
--- Example: `local flow = c:create_registration_flow({ api = true })`
--- @effect read
function Client:create_registration_flow(opts)
  return begin("create_registration_flow", self, "/self-service/registration", "?return_to", opts)
end

--- Reads a registration that was begun.
--- Errors: any status but 200, so 403 with the wrong cookie, 404 and 410 when it is over.
--- Example: `local flow = c:get_registration_flow(flow_id, req.headers.cookie)`
--- @effect read
function Client:get_registration_flow(flow_id, cookie)
  local line, values = "/self-service/registration/flows?id=flow_id!", { flow_id = flow_id }
  return public.get("get_registration_flow", self, line, values, { headers = as("get_registration_flow", cookie) })
end

--- Reads an identity; nil when there is none.
--- Errors: any status but 200 and 404.
--- Example: `local identity = c:get_identity(id) print(identity and identity.traits.email)`
--- @effect read
function Client:get_identity(id)
  return admin.find("get_identity", self, IDENTITY, { id = id })
end

--- Lists identities: one page (`each_identity` reads them all).
--- Options: `per_page`, `page`, `credentials_identifier` (such as an address of e-mail).
--- Errors: any status but 200 and 404.
--- Example: `local found = c:list_identities({ credentials_identifier = "ada@example.com" })`
--- @effect read
function Client:list_identities(opts)
  local line = "/admin/identities?per_page&page&credentials_identifier"
  return admin.find("list_identities", self, line, opts)
end

--- Creates an identity.
--- Errors: any status but 200 and 201, so 400 where the traits do not fit the schema, 409 where somebody has them.
--- Example: `c:create_identity({ schema_id = "default", traits = { email = "ada@example.com" } })`
--- @effect write
function Client:create_identity(spec)
  return admin.post("create_identity", self, "/admin/identities", nil, { body = rest.object(spec), ok = { 200, 201 } })
end

--- Replaces an identity: what is left out is gone.
--- Errors: any status but 200, so 404.
--- Example: `c:update_identity(id, { schema_id = "default", state = "active", traits = { email = "ada@example.com" } })`
--- @effect write
function Client:update_identity(id, spec)
  return admin.put("update_identity", self, IDENTITY, { id = id }, { body = rest.object(spec) })
end

local function delete(name, words, client, line, id)
  local call = { ok = { 200, 204 }, message = ory.words(words) }
  admin:expect("DELETE", name, client, line, { id = id }, call)
end

--- Deletes an identity and its sessions.
--- Errors: any status but 200 and 204, so 404.
--- Example: `c:delete_identity(id)`
--- @effect write
function Client:delete_identity(id)
  delete("delete_identity", "delete identity", self, IDENTITY, id)
end

--- Lists the sessions of an identity: one page (`each_session` reads them all); nil when there is no such identity.
--- Errors: any status but 200 and 404.
--- Example: `for _, session in ipairs(c:list_sessions(id) or {}) do print(session.id, session.active) end`
--- @effect read
function Client:list_sessions(identity_id)
  return admin.find("list_sessions", self, SESSIONS, { id = identity_id })
end

--- Logs an identity out everywhere.
--- Errors: any status but 200 and 204, so 404.
--- Example: `c:delete_sessions(id)`
--- @effect write
function Client:delete_sessions(identity_id)
  delete("delete_sessions", "delete sessions", self, SESSIONS, identity_id)
end

--- Lists the schemas of identities: one page (`each_schema` reads them all).
--- Errors: any status but 200.
--- Example: `for _, item in ipairs(c:list_schemas()) do print(item.id) end`
--- @effect read
function Client:list_schemas()
  return public.get("list_schemas", self, "/schemas", nil, { message = ory.words("list schemas") })
end

--- Reads a schema.
--- Errors: any status but 200, so 404.
--- Example: `print(json.encode(c:get_schema("default")))`
--- @effect read
function Client:get_schema(schema_id)
  return public.get("get_schema", self, "/schemas/{schema_id}", { schema_id = schema_id })
end

--- Registers somebody. The payload is a table, or JSON text. Gives `identity` and, where the service is told to log in
--- who registers, `session` and `session_token`.
--- Errors: any status but 200, so 400 where the traits do not fit the schema, 410 when the flow is over.
--- Example: `c:submit_registration_flow(flow.id, { method = "password", traits = { email = "ada@example.com" }, password = secret })`
--- @effect write
Client.submit_registration_flow = function(self, flow_id, payload, cookie)
  local path, words = "/self-service/registration", "submit registration"
  return submit("submit_registration_flow", words, self, path, flow_id, payload, cookie)
end

local PAGED = { "page_token", "page" }

--- Iterates over identities, page by page.
--- Options: `page_size` (up to 1000), `credentials_identifier` (such as an address of e-mail).
--- Errors: any status but 200.
--- Example: `for identity in c:each_identity({ page_size = 500 }) do print(identity.id, identity.traits.email) end`
--- @effect read
Client.each_identity = function(self, opts)
  local line = "/admin/identities?page_size&credentials_identifier&page_token&page"
  return admin:each_linked("each_identity", self, line, opts, PAGED)
end

--- Iterates over the sessions of an identity, page by page; over none when there is no such identity.
--- Options: `page_size` (up to 1000), `active` (true or false: only those that are, or are not).
--- Errors: any status but 200 and 404.
--- Example: `for session in c:each_session(id, { active = true }) do print(session.id, session.expires_at) end`
--- @effect read
Client.each_session = function(self, identity_id, opts)
  local line = SESSIONS .. "?page_size&active?&page_token&page"
  return admin:each_linked("each_session", self, line, rest.merged({ id = identity_id }, opts), PAGED, {
    ok = { 200, 404 },
  })
end

--- Iterates over the schemas of identities, page by page.
--- Options: `page_size` (up to 1000).
--- Errors: any status but 200.
--- Example: `for item in c:each_schema() do print(item.id) end`
--- @effect read
Client.each_schema = function(self, opts)
  return public:each_linked("each_schema", self, "/schemas?page_size&page_token&page", opts, PAGED)
end

return M

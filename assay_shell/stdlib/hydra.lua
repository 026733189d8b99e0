--- @module assay.hydra
--- @category identity
--- @description Ory Hydra OAuth2 and OpenID Connect: client CRUD, authorize URL builder, token exchange, login, consent and logout challenges, introspection, JWK endpoint
--- @keywords hydra, ory, oauth2, oidc, openid, authentication, clients, tokens, login_challenge, consent_challenge, logout_challenge, jwk, authorize, introspect
--- @quickref hydra.client(opts) -> client | Client; opts: {public_url, admin_url, token}
--- @quickref c:list_clients(opts?) -> [client] | OAuth2 clients, one page; opts: {page_size}
--- @quickref c:get_client(client_id) -> client | One OAuth2 client; an error when there is none
--- @quickref c:create_client(spec) -> client | Create an OAuth2 client {client_name, grant_types, redirect_uris, ...}
--- @quickref c:update_client(client_id, spec) -> client | Replace an OAuth2 client
--- @quickref c:delete_client(client_id) -> nil | Delete an OAuth2 client
--- @quickref c:build_authorize_url(client_id, opts?) -> string | Where to send a browser; opts: {response_type, scope, redirect_uri, state, nonce, extra}
--- @quickref c:exchange_code(opts) -> {access_token, id_token, refresh_token, token_type, expires_in} | Tokens for a code; opts: {code, redirect_uri, client_id, client_secret, code_verifier}
--- @quickref c:refresh_token(client_id, client_secret, refresh_token) -> tokens | Tokens for a refresh token
--- @quickref c:introspect(token) -> {active, sub, scope, ...} | What a token is good for
--- @quickref c:revoke_token(client_id, client_secret, token) -> nil | Revoke a token
--- @quickref c:get_login_request(challenge) -> request | Login that is asked for
--- @quickref c:accept_login(challenge, subject, opts?) -> {redirect_to} | Somebody has logged in; opts: {remember, remember_for, acr, amr, context}
--- @quickref c:reject_login(challenge, err?) -> {redirect_to} | Refuse a login; err: {error, error_description}
--- @quickref c:get_consent_request(challenge) -> request | Consent that is asked for
--- @quickref c:accept_consent(challenge, opts?) -> {redirect_to} | Grant; opts: {grant_scope, grant_access_token_audience, remember, remember_for, session}
--- @quickref c:reject_consent(challenge, err?) -> {redirect_to} | Refuse a consent; err: {error, error_description}
--- @quickref c:get_logout_request(challenge) -> request | Logout that is asked for
--- @quickref c:accept_logout(challenge) -> {redirect_to} | Log out
--- @quickref c:reject_logout(challenge) -> body|nil | Stay logged in; nil where the server has nothing to say
--- @quickref c:well_known() -> document | OpenID Connect discovery
--- @quickref c:jwks() -> {keys} | Public keys of the server
--- @quickref c:each_client(opts?) -> iterator | OAuth2 clients from all pages; opts: {page_size}

local _, send_reading = ...
local ory = require("assay.lib.ory")
local rest = require("assay.lib.rest")
local M, Client = {}, {}

local options = { headers = ory.headers, message = rest.by_target, objects = true, address = "public_url" }
local public = ory.checked(rest.service("hydra", options))
local admin = ory.checked(rest.service("hydra", rest.merged({ address = "admin_url" }, options)))

local CLIENT = "/admin/clients/{client_id}"
local REQUESTS = "/admin/oauth2/auth/requests/"
local CHANGED = { 200, 201 }

--- A client. What is asked with an address that is missing fails then.
--- Options: `public_url` and `admin_url`, or one address for both before the options; `token` (sent as bearer token, where
--- something in front of the service wants one), `headers`, `timeout` and the like.
--- Errors: an address is no text; later `hydra: public_url not configured`, `hydra: admin_url not configured`.
--- Example: `local c = require("assay.hydra").client({ public_url = "http://hydra:4444", admin_url = "http://hydra:4445" })`
--- @effect read
function M.client(url, opts)
  return ory.client(Client, { "public_url", "admin_url" }, url, opts)
end

-- OAuth2 clients -----------------------------------------------------------------------------------------

--- Lists OAuth2 clients: one page (`each_client` reads them all).
--- Options: `page_size`.
--- Errors: any status but 200.
--- Example: `for _, client in ipairs(c:list_clients({ page_size = 100 })) do print(client.client_id) end`
--- @effect read
function Client:list_clients(opts)
  return admin.get("list_clients", self, "/admin/clients?page_size", opts)
end

--- Reads an OAuth2 client.
--- Errors: any status but 200, so 404.
--- Example: `print(table.concat(c:get_client("web").redirect_uris, " "))`
--- @effect read
function Client:get_client(client_id)
  return admin.get("get_client", self, CLIENT, { client_id = client_id })
end

-- A new secret is shown once, to the script.
local function created(client)
  rest.hide(client.client_secret)
  return client
end

--- Creates an OAuth2 client; its `client_secret` is shown now and never again.
--- Errors: any status but 200 and 201, so 400 for a client that makes no sense, 409 where the id is taken.
--- Example: `local made = c:create_client({ client_name = "web", redirect_uris = { "https://web.example.com/callback" } })`
--- @effect write
function Client:create_client(spec)
  local call = { body = rest.object(spec), ok = CHANGED }
  return created(admin.post("create_client", self, "/admin/clients", nil, call))
end

--- Replaces an OAuth2 client: what is left out is gone. The table gets the id as `client_id`.
--- Errors: the client is no table; any status but 200 and 201, so 404.
--- Example: `local web = c:get_client("web") web.client_name = "shop" c:update_client("web", web)`
--- @effect write
function Client:update_client(client_id, spec)
  rest.table("hydra.update_client", spec, "spec").client_id = client_id
  local call = { body = spec, ok = CHANGED }
  return created(admin.put("update_client", self, CLIENT, { client_id = client_id }, call))
end

--- Deletes an OAuth2 client.
--- Errors: any status but 200 and 204, so 404.
--- Example: `c:delete_client("web")`
--- @effect write
function Client:delete_client(client_id)
  local call = { ok = { 200, 204 }, message = ory.words("DELETE client") }
  admin:expect("DELETE", "delete_client", self, CLIENT, { client_id = client_id }, call)
end

-- Tokens -------------------------------------------------------------------------------------------------

local function form(where, pairs_of)
  local fields = {}
  for index, pair in ipairs(pairs_of) do
    fields[index] = pair[1] .. "=" .. rest.encode(rest.text("hydra." .. where, pair[2], pair[1]))
  end
  return table.concat(fields, "&")
end

local function posted(body, words, reads)
  local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
  return { body = body, headers = headers, message = ory.words(words), reads = reads }
end

local function issued(tokens)
  rest.hide(tokens.access_token)
  rest.hide(tokens.refresh_token)
  rest.hide(tokens.id_token)
  return tokens
end

--- Builds the address to which a browser is sent for a login. Nothing is sent.
--- Options: `response_type` ("code"), `scope` ("openid profile email"), `redirect_uri`, `state`, `nonce`, `extra` (a table
--- of further parameters, such as `code_challenge`).
--- Errors: `hydra: public_url not configured`; the client is no text.
--- Example: `local url = c:build_authorize_url("web", { redirect_uri = "https://web.example.com/callback", state = crypto.random() })`
--- @effect read
function Client:build_authorize_url(client_id, opts)
  opts = opts or {}
  public.demand(self, "GET")
  local parameters = {
    { "client_id", client_id }, { "response_type", opts.response_type or "code" },
    { "scope", opts.scope or "openid profile email" }, { "redirect_uri", opts.redirect_uri or "" },
  }
  if opts.state then parameters[#parameters + 1] = { "state", opts.state } end
  if opts.nonce then parameters[#parameters + 1] = { "nonce", opts.nonce } end
  for name, value in pairs(opts.extra or {}) do parameters[#parameters + 1] = { name, tostring(value) } end
  return rest.base(self.public_url) .. "/oauth2/auth?" .. form("build_authorize_url", parameters)
end

--- Exchanges a code for tokens. A client without a secret, which is a public one, proves with `code_verifier` that it was
--- the one that asked.
--- Options, the first two required: `code`, `client_id`, `redirect_uri` (the one of the authorize URL), `client_secret`,
--- `code_verifier`.
--- Errors: an option is missing; any status but 200, so 400 for a code that was used, 401 for a wrong secret.
--- Example: `local tokens = c:exchange_code({ code = req.params.code, redirect_uri = here, client_id = "web", client_secret = secret })`
--- @effect write
function Client:exchange_code(opts)
  rest.hide(opts.client_secret)
  local fields = { { "grant_type", "authorization_code" }, { "code", opts.code } }
  if opts.redirect_uri ~= nil then fields[3] = { "redirect_uri", opts.redirect_uri } end
  fields[#fields + 1] = { "client_id", opts.client_id }
  if opts.client_secret ~= nil then fields[#fields + 1] = { "client_secret", opts.client_secret } end
  if opts.code_verifier ~= nil then fields[#fields + 1] = { "code_verifier", opts.code_verifier } end
  local call = posted(form("exchange_code", fields), "token exchange")
  return issued(public.post("exchange_code", self, "/oauth2/token", nil, call))
end

--- Exchanges a refresh token for new tokens; without a secret where the client is a public one.
--- Errors: an argument is missing; any status but 200, so 401 for a wrong secret or a token that was used.
--- Example: `local tokens = c:refresh_token("web", secret, tokens.refresh_token)`
--- @effect write
function Client:refresh_token(client_id, client_secret, refresh_token)
  rest.hide(client_secret)
  rest.hide(refresh_token)
  local fields = { { "grant_type", "refresh_token" }, { "refresh_token", refresh_token }, { "client_id", client_id } }
  if client_secret ~= nil then fields[#fields + 1] = { "client_secret", client_secret } end
  local call = posted(form("refresh_token", fields), "refresh token")
  return issued(public.post("refresh_token", self, "/oauth2/token", nil, call))
end

--- Reads what a token is good for; `active` is false for one that is over, revoked or unknown.
--- Errors: any status but 200.
--- Example: `local found = c:introspect(token) print(found.active and found.sub)`
--- @effect read
function Client:introspect(token)
  rest.hide(token)
  local call = posted(form("introspect", { { "token", token } }), "introspect", send_reading)
  return admin.post("introspect", self, "/admin/oauth2/introspect", nil, call)
end

--- Revokes an access or refresh token, and with the latter all tokens that came with it.
--- Errors: an argument is missing; any status but 200, so 401 for a wrong secret.
--- Example: `c:revoke_token("web", secret, tokens.refresh_token)`
--- @effect write
function Client:revoke_token(client_id, client_secret, token)
  rest.hide(client_secret)
  rest.hide(token)
  local fields = { { "token", token }, { "client_id", client_id } }
  if client_secret ~= nil then fields[#fields + 1] = { "client_secret", client_secret } end
  public:expect("POST", "revoke_token", self, "/oauth2/revoke", nil, posted(form("revoke_token", fields), "revoke"))
end

-- Challenges ---------------------------------------------------------------------------------------------

local function asked(name, client, kind, challenge)
  local line = ("%s%s?%s_challenge=challenge!"):format(REQUESTS, kind, kind)
  return admin.get(name, client, line, { challenge = challenge })
end

local function decided(name, client, kind, decision, challenge, body)
  local line = ("%s%s/%s?%s_challenge=challenge!"):format(REQUESTS, kind, decision, kind)
  return admin.put(name, client, line, { challenge = challenge }, { body = rest.object(body), ok = CHANGED })
end

local DENIED = { error = "access_denied" }

--- Reads the login that is asked for: `client`, `skip` (true: somebody is logged in already), `subject`, `requested_scope`.
--- Challenges are given decoded, as in `req.params`.
--- Errors: any status but 200, so 404, and 410 for one that was used.
--- Example: `local request = c:get_login_request(req.params.login_challenge)`
--- @effect read
function Client:get_login_request(challenge)
  return asked("get_login_request", self, "login", challenge)
end

--- Tells that somebody has logged in; where to send the browser is in `redirect_to`.
--- Options: `remember` (bool), `remember_for` (seconds), `acr`, `amr` (list), `context` (table).
--- Errors: any status but 200 and 201, so 404, and 410 for a challenge that was used.
--- Example: `local answer = c:accept_login(req.params.login_challenge, user.id, { remember = true, remember_for = 3600 })`
--- @effect write
function Client:accept_login(challenge, subject, opts)
  opts = opts or {}
  return decided("accept_login", self, "login", "accept", challenge, {
    subject = subject, remember = opts.remember, remember_for = opts.remember_for, acr = opts.acr, amr = opts.amr,
    context = opts.context and rest.object(opts.context),
  })
end

--- Refuses a login; where to send the browser is in `redirect_to`. The error is `{ error = "access_denied" }` unless given.
--- Errors: as `accept_login`.
--- Example: `local answer = c:reject_login(challenge, { error = "access_denied", error_description = "account is locked" })`
--- @effect write
function Client:reject_login(challenge, err)
  return decided("reject_login", self, "login", "reject", challenge, err or DENIED)
end

--- Reads the consent that is asked for: `client`, `subject`, `requested_scope`, `requested_access_token_audience`, `skip`.
--- Errors: any status but 200, so 404, and 410 for one that was used.
--- Example: `local request = c:get_consent_request(req.params.consent_challenge)`
--- @effect read
function Client:get_consent_request(challenge)
  return asked("get_consent_request", self, "consent", challenge)
end

--- Grants what a client asked for; where to send the browser is in `redirect_to`.
--- Options: `grant_scope` (list, openid, profile and email unless given), `grant_access_token_audience` (list, empty),
--- `remember` (bool), `remember_for` (seconds), `session` (`{access_token = claims, id_token = claims}`).
--- Errors: as `accept_login`.
--- Example: `local answer = c:accept_consent(challenge, { grant_scope = request.requested_scope })`
--- @effect write
function Client:accept_consent(challenge, opts)
  opts = opts or {}
  return decided("accept_consent", self, "consent", "accept", challenge, {
    grant_scope = opts.grant_scope or { "openid", "profile", "email" },
    grant_access_token_audience = opts.grant_access_token_audience or {},
    remember = opts.remember, remember_for = opts.remember_for, session = opts.session and rest.object(opts.session),
  })
end

--- Refuses a consent; where to send the browser is in `redirect_to`. The error is `{ error = "access_denied" }` unless
--- given.
--- Errors: as `accept_login`.
--- Example: `local answer = c:reject_consent(challenge)`
--- @effect write
function Client:reject_consent(challenge, err)
  return decided("reject_consent", self, "consent", "reject", challenge, err or DENIED)
end

--- Reads the logout that is asked for: `subject`, `sid`, `request_url`, `rp_initiated`, `client`.
--- Errors: any status but 200, so 404, and 410 for one that was used.
--- Example: `local request = c:get_logout_request(req.params.logout_challenge)`
--- @effect read
function Client:get_logout_request(challenge)
  return asked("get_logout_request", self, "logout", challenge)
end

--- Logs out; where to send the browser is in `redirect_to`.
--- Errors: as `accept_login`.
--- Example: `local answer = c:accept_logout(challenge)`
--- @effect write
function Client:accept_logout(challenge)
  return decided("accept_logout", self, "logout", "accept", challenge)
end

--- Refuses a logout. Servers have nothing to say to that (204), which is nil.
--- Errors: any status but 200, 201 and 204.
--- Example: `c:reject_logout(challenge)`
--- @effect write
function Client:reject_logout(challenge)
  local line = REQUESTS .. "logout/reject?logout_challenge=challenge!"
  local call = { body = json.object(), ok = { 200, 201, 204 } }
  return admin.put("reject_logout", self, line, { challenge = challenge }, call)
end

-- Documents ----------------------------------------------------------------------------------------------

--- Reads the document of OpenID Connect discovery.
--- Errors: any status but 200.
--- Example: `print(c:well_known().token_endpoint)`
--- @effect read
function Client:well_known()
  local line, call = "/.well-known/openid-configuration", { message = ory.words("well-known") }
  return public.get("well_known", self, line, nil, call)
end

--- Reads the public keys with which tokens are signed.
--- Errors: any status but 200.
--- Example: `for _, key in ipairs(c:jwks().keys) do print(key.kid, key.alg) end`
--- @effect read
function Client:jwks()
  return public.get("jwks", self, "/.well-known/jwks.json", nil, { message = ory.words("jwks") })
end

--- Iterates over OAuth2 clients, page by page.
--- Options: `page_size` (up to 500).
--- Errors: any status but 200.
--- Example: `for client in c:each_client() do print(client.client_id, client.client_name) end`
--- @effect read
Client.each_client = function(self, opts)
  return admin:each_linked("each_client", self, "/admin/clients?page_size&page_token", opts, { "page_token" })
end

return M

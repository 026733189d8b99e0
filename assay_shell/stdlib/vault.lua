--- @module assay.vault
--- @category secrets
--- @description HashiCorp Vault secrets management: KV, policies, auth, transit, PKI, token management
--- @keywords vault, secrets, kv, policies, auth, transit, pki, tokens, encryption, decryption, certificate, seal, initialization, authentication, secret-engine, password, rotation
--- @quickref c:read(path) -> data|nil | Read any path; nil when there is nothing
--- @quickref c:write(path, payload?) -> body|nil | Write any path; nil when the server has nothing to say
--- @quickref c:delete(path) -> nil | Delete any path
--- @quickref c:list(path) -> [string] | Names below a path, {} when there are none
--- @quickref c:kv_get(mount, key, opts?) -> {data, metadata}|nil | Read a KV v2 secret: the fields are in .data; opts: {version}
--- @quickref c:kv_put(mount, key, data, opts?) -> body|nil | Write a KV v2 secret; the new version is in .data.version; opts: {cas = version that must be the latest}
--- @quickref c:kv_delete(mount, key) -> nil | Delete the latest version of a KV v2 secret
--- @quickref c:kv_list(mount, prefix?) -> [string] | Names of KV v2 secrets; folders end in "/"
--- @quickref c:kv_metadata(mount, key) -> {data}|nil | Versions of a KV v2 secret, in .data
--- @quickref c:health() -> {initialized, sealed, standby, version} | State of the server, whatever status it answers
--- @quickref c:seal_status() -> {sealed, initialized, t, n, progress} | Seal of the server
--- @quickref c:is_sealed() -> bool | Whether the server is sealed
--- @quickref c:is_initialized() -> bool | Whether the server is initialised
--- @quickref c:policy_get(name) -> {name, policy}|nil | Read an ACL policy
--- @quickref c:policy_put(name, rules) -> body|nil | Write an ACL policy; rules are HCL or JSON text
--- @quickref c:policy_delete(name) -> nil | Delete an ACL policy
--- @quickref c:policy_list() -> [string] | Names of ACL policies
--- @quickref c:auth_enable(path, type, opts?) -> body|nil | Enable an auth method; opts: {description, config}
--- @quickref c:auth_disable(path) -> nil | Disable an auth method
--- @quickref c:auth_list() -> {["path/"] = mount}|nil | Enabled auth methods
--- @quickref c:auth_config(path, config) -> body|nil | Configure an auth method
--- @quickref c:auth_create_role(path, role_name, config) -> body|nil | Create or change a role of an auth method
--- @quickref c:auth_read_role(path, role_name) -> role|nil | Read a role of an auth method
--- @quickref c:auth_list_roles(path) -> [string] | Roles of an auth method
--- @quickref c:engine_enable(path, type, opts?) -> body|nil | Mount a secrets engine; opts: {description, config, options}
--- @quickref c:engine_disable(path) -> nil | Unmount a secrets engine and delete all it holds
--- @quickref c:engine_list() -> {["path/"] = mount}|nil | Mounted secrets engines
--- @quickref c:engine_tune(path, config) -> body|nil | Tune a secrets engine
--- @quickref c:token_create(opts?) -> {client_token, accessor, policies, lease_duration}|nil | Create a token; opts go to the server as they are
--- @quickref c:token_lookup(token) -> data|nil | Properties of a token; an unknown one is an error
--- @quickref c:token_lookup_self() -> data|nil | Properties of this client's token
--- @quickref c:token_revoke(token) -> body|nil | Revoke a token and its children
--- @quickref c:token_revoke_self() -> body|nil | Revoke this client's token
--- @quickref c:transit_encrypt(key_name, plaintext) -> string|nil | Encrypt bytes: "vault:v1:..."
--- @quickref c:transit_decrypt(key_name, ciphertext) -> string|nil | Decrypt to bytes
--- @quickref c:transit_create_key(key_name, opts?) -> body|nil | Create an encryption key
--- @quickref c:transit_list_keys() -> [string] | Names of encryption keys
--- @quickref c:pki_issue(mount, role_name, opts?) -> {certificate, issuing_ca, private_key, serial_number}|nil | Issue a certificate; opts: {common_name, ttl, ...}
--- @quickref c:pki_ca_cert(mount?) -> string | Certificate of the CA as PEM; mount "pki" unless given
--- @quickref c:pki_create_role(mount, role_name, opts?) -> body|nil | Create or change a role of a PKI engine
--- @quickref M.wait(url, opts?) -> true | Wait until the server answers; opts: {timeout = 60, interval = 2, health_path}
--- @quickref M.authenticated_client(url, opts?) -> client | Wait, then take the token from a Kubernetes secret; opts: {secret_namespace, secret_name, secret_key, timeout, interval}
--- @quickref M.ensure_credentials(client, path, check_key, generator) -> table | Secret at secrets/PATH; written from generator() when check_key is missing
--- @quickref M.assert_secret(client, path, expected_keys) -> table | Secret at secrets/PATH; an error when a key is missing
--- @quickref c:kv_patch(mount, key, data, opts?) -> body | Change some fields of a KV v2 secret; opts: {cas}
--- @quickref c:kv_undelete(mount, key, versions) -> nil | Bring deleted versions of a KV v2 secret back
--- @quickref c:kv_destroy(mount, key, versions) -> nil | Destroy versions of a KV v2 secret for good
--- @quickref c:kv_purge(mount, key) -> nil | Destroy a KV v2 secret with all its versions
--- @quickref c:each_name(path, opts?) -> iterator | Names below a path, from all pages; opts: {page_size = 1000}
--- @quickref c:each_kv_name(mount, prefix?, opts?) -> iterator | Names of KV v2 secrets, from all pages; opts: {page_size = 1000}
--- @quickref c:login_kubernetes(role, opts?) -> auth | Log in as a pod's service account; opts: {jwt, mount = "kubernetes"}
--- @quickref c:login_approle(role_id, secret_id?, opts?) -> auth | Log in with an AppRole; opts: {mount = "approle"}
--- @quickref c:login_userpass(username, password, opts?) -> auth | Log in with a password; opts: {mount = "userpass"}
--- @quickref c:login_jwt(role, jwt, opts?) -> auth | Log in with a JWT or OIDC token; opts: {mount = "jwt"}
--- @quickref c:token_renew_self(increment?) -> auth | Renew this client's token
--- @quickref c:token_renew(token, increment?) -> auth | Renew a token
--- @quickref c:lease_lookup(lease_id) -> {id, ttl, renewable, expire_time} | Properties of a lease
--- @quickref c:lease_renew(lease_id, increment?) -> {lease_id, lease_duration, renewable} | Renew a lease
--- @quickref c:lease_revoke(lease_id) -> nil | Revoke a lease: what was lent is invalid at once
--- @quickref c:namespaces() -> [string] | Names of the namespaces below this client's
--- @quickref c:namespace_create(path) -> body|nil | Create a namespace
--- @quickref c:namespace_delete(path) -> nil | Delete a namespace
--- @quickref c:in_namespace(path) -> client | This client in another namespace

local _, send_reading = ...
local rest = require("assay.lib.rest")
local M, Client = {}, {}

local function headers(client)
  return { ["X-Vault-Token"] = client.token, ["X-Vault-Namespace"] = client.namespace }
end

local api = rest.service("vault", { headers = headers })

-- The second argument is a token, or options: token, namespace, headers, timeout, ca_cert and the like.
function M.client(url, token)
  local opts = type(token) == "table" and token or { token = token }
  return rest.client(Client, url, { token = opts.token, namespace = opts.namespace }, opts)
end

local object = rest.object

-- Servers refuse a list, which an empty table would be.
local function post(name, client, line, values, body, reads)
  body = body and object(body)
  return api.post(name, client, line, values, { body = body, ok = { 200, 204 }, reads = reads })
end

local function delete(name, client, line, values)
  api:expect("DELETE", name, client, line, values, { ok = { 200, 204 } })
end

local function list(name, client, line, values)
  values.list = "true"
  local response, call = api:request("GET", name, client, line .. "?list&after&limit", values, { verb = "LIST" })
  if response.status == 404 then return {} end
  if response.status ~= 200 then api:fail(call, response) end
  local data = api:decode(call, response).data
  return data and data.keys or {}
end

-- The names of all pages; OpenBao cuts lists where it is told to, Vault gives all at once.
local function each_name(name, client, line, values, opts)
  local size = opts and opts.page_size or 1000
  local function fetch(after)
    return list(name, client, line, rest.merged({ after = after, limit = size }, values))
  end
  return rest.each(rest.full_pages(size, fetch, function(names) return names[#names] end))
end

-- One part of an answer, nil when there is no answer.
local function part(answer, key)
  return answer and answer[key]
end

local function data_or_all(answer)
  return answer and (answer.data or answer)
end

function Client:read(path)
  return part(api.find("read", self, "/v1/{+path}", { path = path }), "data")
end

function Client:write(path, payload)
  return post("write", self, "/v1/{+path}", { path = path }, payload)
end

function Client:delete(path)
  delete("delete", self, "/v1/{+path}", { path = path })
end

function Client:list(path)
  return list("list", self, "/v1/{+path}", { path = path })
end

function Client:kv_get(mount, key, opts)
  if not (opts and opts.version) then return self:read(mount .. "/data/" .. key) end
  local values = { mount = mount, key = key, version = opts.version }
  return part(api.find("kv_get", self, "/v1/{+mount}/data/{+key}?version", values), "data")
end

function Client:kv_put(mount, key, data, opts)
  local options = opts and opts.cas and { cas = opts.cas } or nil
  return self:write(mount .. "/data/" .. key, { data = object(data), options = options })
end

function Client:kv_delete(mount, key)
  delete("kv_delete", self, "/v1/{+mount}/data/{+key}", { mount = mount, key = key })
end

function Client:kv_list(mount, prefix)
  return list("kv_list", self, "/v1/{+mount}/metadata/{+prefix}", { mount = mount, prefix = prefix or "" })
end

function Client:kv_metadata(mount, key)
  return api.find("kv_metadata", self, "/v1/{+mount}/metadata/{+key}", { mount = mount, key = key })
end

function Client:health()
  local response, call = api:request("GET", "health", self, "/v1/sys/health", nil, { public = true })
  return api:decode(call, response)
end

function Client:seal_status()
  return api.get("seal_status", self, "/v1/sys/seal-status", nil, {
    public = true,
    message = function(_, _, response) return ("vault: seal-status HTTP %d: "):format(response.status) end,
  })
end

function Client:is_sealed()
  return self:seal_status().sealed
end

function Client:is_initialized()
  return self:seal_status().initialized
end

function Client:policy_get(name)
  return part(api.find("policy_get", self, "/v1/sys/policies/acl/{name}", { name = name }), "data")
end

function Client:policy_put(name, rules)
  local line = "/v1/sys/policies/acl/{name}"
  return api.put("policy_put", self, line, { name = name }, { body = { policy = rules }, ok = { 200, 204 } })
end

function Client:policy_delete(name)
  delete("policy_delete", self, "/v1/sys/policies/acl/{name}", { name = name })
end

function Client:policy_list()
  return list("policy_list", self, "/v1/sys/policies/acl", {})
end

function Client:auth_enable(path, type, opts)
  opts = opts or {}
  local body = { type = type, description = opts.description, config = opts.config }
  return post("auth_enable", self, "/v1/sys/auth/{+path}", { path = path }, body)
end

function Client:auth_disable(path)
  delete("auth_disable", self, "/v1/sys/auth/{+path}", { path = path })
end

function Client:auth_list()
  return data_or_all(api.find("auth_list", self, "/v1/sys/auth"))
end

function Client:auth_config(path, config)
  return post("auth_config", self, "/v1/auth/{+path}/config", { path = path }, config)
end

function Client:auth_create_role(path, role_name, config)
  local line = "/v1/auth/{+path}/role/{role_name}"
  return post("auth_create_role", self, line, { path = path, role_name = role_name }, config)
end

function Client:auth_read_role(path, role_name)
  local line = "/v1/auth/{+path}/role/{role_name}"
  return part(api.find("auth_read_role", self, line, { path = path, role_name = role_name }), "data")
end

function Client:auth_list_roles(path)
  return list("auth_list_roles", self, "/v1/auth/{+path}/role", { path = path })
end

function Client:engine_enable(path, type, opts)
  opts = opts or {}
  local body = { type = type, description = opts.description, config = opts.config, options = opts.options }
  return post("engine_enable", self, "/v1/sys/mounts/{+path}", { path = path }, body)
end

function Client:engine_disable(path)
  delete("engine_disable", self, "/v1/sys/mounts/{+path}", { path = path })
end

function Client:engine_list()
  return data_or_all(api.find("engine_list", self, "/v1/sys/mounts"))
end

function Client:engine_tune(path, config)
  return post("engine_tune", self, "/v1/sys/mounts/{+path}/tune", { path = path }, config)
end

function Client:token_create(opts)
  local auth = part(post("token_create", self, "/v1/auth/token/create", nil, object(opts)), "auth")
  rest.hide(auth and auth.client_token)
  return auth
end

--- @effect read
function Client:token_lookup(token)
  rest.hide(token)
  return part(post("token_lookup", self, "/v1/auth/token/lookup", nil, { token = token }, send_reading), "data")
end

function Client:token_lookup_self()
  return part(api.find("token_lookup_self", self, "/v1/auth/token/lookup-self"), "data")
end

function Client:token_revoke(token)
  rest.hide(token)
  return post("token_revoke", self, "/v1/auth/token/revoke", nil, { token = token })
end

function Client:token_revoke_self()
  return post("token_revoke_self", self, "/v1/auth/token/revoke-self", nil, json.object())
end

function Client:transit_encrypt(key_name, plaintext)
  local body = { plaintext = base64.encode(plaintext) }
  local answer = post("transit_encrypt", self, "/v1/transit/encrypt/{key_name}", { key_name = key_name }, body)
  return part(part(answer, "data"), "ciphertext")
end

--- @effect read
function Client:transit_decrypt(key_name, ciphertext)
  local line, body = "/v1/transit/decrypt/{key_name}", { ciphertext = ciphertext }
  local answer = post("transit_decrypt", self, line, { key_name = key_name }, body, send_reading)
  local encoded = part(part(answer, "data"), "plaintext")
  return encoded and base64.decode(encoded)
end

function Client:transit_create_key(key_name, opts)
  return post("transit_create_key", self, "/v1/transit/keys/{key_name}", { key_name = key_name }, object(opts))
end

function Client:transit_list_keys()
  return list("transit_list_keys", self, "/v1/transit/keys", {})
end

function Client:pki_issue(mount, role_name, opts)
  local values = { mount = mount, role_name = role_name }
  return part(post("pki_issue", self, "/v1/{+mount}/issue/{role_name}", values, object(opts)), "data")
end

function Client:pki_ca_cert(mount)
  local values, call = { mount = mount or "pki" }, { public = true }
  local response
  response, call = api:request("GET", "pki_ca_cert", self, "/v1/{+mount}/ca/pem", values, call)
  if response.status ~= 200 then
    api:raise(call, response.status, ("vault: pki ca cert HTTP %d"):format(response.status))
  end
  return response.body
end

function Client:pki_create_role(mount, role_name, opts)
  local values = { mount = mount, role_name = role_name }
  return post("pki_create_role", self, "/v1/{+mount}/roles/{role_name}", values, object(opts))
end

local SECRET = "/v1/{+mount}/data/{+key}"

Client.kv_patch = function(self, mount, key, data, opts)
  local options = opts and opts.cas and { cas = opts.cas } or nil
  return api.patch("kv_patch", self, SECRET, { mount = mount, key = key }, {
    body = json.encode({ data = object(data), options = options }),
    headers = { ["Content-Type"] = "application/merge-patch+json" },
  })
end

local function change_versions(name, client, line, mount, key, versions)
  local list_of = type(versions) == "table" and versions or { versions }
  post(name, client, line, { mount = mount, key = key }, { versions = list_of })
end

Client.kv_undelete = function(self, mount, key, versions)
  change_versions("kv_undelete", self, "/v1/{+mount}/undelete/{+key}", mount, key, versions)
end

Client.kv_destroy = function(self, mount, key, versions)
  change_versions("kv_destroy", self, "/v1/{+mount}/destroy/{+key}", mount, key, versions)
end

Client.kv_purge = function(self, mount, key)
  delete("kv_purge", self, "/v1/{+mount}/metadata/{+key}", { mount = mount, key = key })
end

Client.each_name = function(self, path, opts)
  return each_name("each_name", self, "/v1/{+path}", { path = path }, opts)
end

Client.each_kv_name = function(self, mount, prefix, opts)
  local values = { mount = mount, prefix = prefix or "" }
  return each_name("each_kv_name", self, "/v1/{+mount}/metadata/{+prefix}", values, opts)
end

-- Logging in changes nothing on the server but hands out a token, which is the client's from then on.
local function login(name, client, line, values, body)
  for _, secret in pairs({ body.jwt, body.secret_id, body.password }) do rest.hide(secret) end
  local headers = { ["X-Vault-Namespace"] = client.namespace }
  local call = { body = body, public = true, headers = headers, reads = send_reading }
  local auth = api.post(name, client, line, values, call).auth
  rest.hide(auth and auth.client_token)
  client.token = auth and auth.client_token
  return auth
end

local ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"

Client.login_kubernetes = function(self, role, opts)
  opts = opts or {}
  local body = { role = role, jwt = opts.jwt or fs.read(ACCOUNT):match("^%s*(.-)%s*$") }
  return login("login_kubernetes", self, "/v1/auth/{+mount}/login", { mount = opts.mount or "kubernetes" }, body)
end

Client.login_approle = function(self, role_id, secret_id, opts)
  local body = { role_id = rest.text("vault.login_approle", role_id, "role_id"), secret_id = secret_id }
  return login("login_approle", self, "/v1/auth/{+mount}/login", { mount = opts and opts.mount or "approle" }, body)
end

Client.login_userpass = function(self, username, password, opts)
  local values = { mount = opts and opts.mount or "userpass", username = username }
  local body = { password = rest.text("vault.login_userpass", password, "password") }
  return login("login_userpass", self, "/v1/auth/{+mount}/login/{username}", values, body)
end

Client.login_jwt = function(self, role, jwt, opts)
  local body = { role = role, jwt = rest.text("vault.login_jwt", jwt, "jwt") }
  return login("login_jwt", self, "/v1/auth/{+mount}/login", { mount = opts and opts.mount or "jwt" }, body)
end

Client.token_renew_self = function(self, increment)
  local body = object({ increment = increment })
  return part(post("token_renew_self", self, "/v1/auth/token/renew-self", nil, body), "auth")
end

Client.token_renew = function(self, token, increment)
  rest.hide(token)
  local body = { token = rest.text("vault.token_renew", token, "token"), increment = increment }
  return part(post("token_renew", self, "/v1/auth/token/renew", nil, body), "auth")
end

Client.lease_lookup = function(self, lease_id)
  local body = { lease_id = rest.text("vault.lease_lookup", lease_id, "lease_id") }
  return part(post("lease_lookup", self, "/v1/sys/leases/lookup", nil, body, send_reading), "data")
end

Client.lease_renew = function(self, lease_id, increment)
  local body = { lease_id = rest.text("vault.lease_renew", lease_id, "lease_id"), increment = increment }
  return post("lease_renew", self, "/v1/sys/leases/renew", nil, body)
end

Client.lease_revoke = function(self, lease_id)
  local body = { lease_id = rest.text("vault.lease_revoke", lease_id, "lease_id") }
  post("lease_revoke", self, "/v1/sys/leases/revoke", nil, body)
end

Client.namespaces = function(self)
  return list("namespaces", self, "/v1/sys/namespaces", {})
end

Client.namespace_create = function(self, path)
  return post("namespace_create", self, "/v1/sys/namespaces/{+path}", { path = path }, json.object())
end

Client.namespace_delete = function(self, path)
  delete("namespace_delete", self, "/v1/sys/namespaces/{+path}", { path = path })
end

Client.in_namespace = function(self, path)
  return rest.merged({ namespace = path }, self)
end

local HEALTH = "/v1/sys/health?standbyok=true&sealedcode=200&uninitcode=200" -- sealed and new servers are there, too

function M.wait(url, opts)
  opts = opts or {}
  return api:wait_reachable(url, opts.health_path or HEALTH, opts)
end

function M.authenticated_client(url, opts)
  opts = opts or {}
  M.wait(url, { timeout = opts.timeout, interval = opts.interval })
  local namespace = opts.secret_namespace or opts.secret_ns or "secrets"
  local name, key = opts.secret_name or "openbao-root-token", opts.secret_key or "root-token"
  local token = require("assay.k8s").get_secret(namespace, name)[key]
  local missing = "vault.authenticated_client: key '%s' not found in secret %s/%s"
  assert.not_nil(token, missing:format(key, namespace, name))
  return M.client(url, token:match("^%s*(.-)%s*$"))
end

function M.ensure_credentials(client, path, check_key, generator)
  local found = part(client:kv_get("secrets", path), "data")
  if found and found[check_key] then
    log.info("vault.ensure_credentials: secrets/" .. path .. " is there")
    return found
  end
  local made = generator()
  client:kv_put("secrets", path, made)
  log.info("vault.ensure_credentials: secrets/" .. path .. " was written")
  return made
end

function M.assert_secret(client, path, expected_keys)
  local place = "secrets/" .. path
  local envelope = client:kv_get("secrets", path)
  assert.not_nil(envelope, "vault.assert_secret: secret not found at " .. place)
  assert.not_nil(envelope.data, "vault.assert_secret: no data at " .. place)
  for _, key in ipairs(expected_keys) do
    assert.not_nil(envelope.data[key], ("vault.assert_secret: key '%s' missing at %s"):format(key, place))
  end
  log.info(("vault.assert_secret: %s has %d keys"):format(place, #expected_keys))
  return envelope.data
end

return M

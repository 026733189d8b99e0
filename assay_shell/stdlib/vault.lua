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
--- @quickref M.authenticated_client(url, opts?) -> client | Wait, then take the token from a Kubernetes secret; opts: {secret_namespace, secret_name, secret_key, context, timeout, interval}
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
local vault = require("assay.lib.vault")
local M, Client = {}, {}

local api, part, object = vault.api, vault.part, rest.object
local post, delete, list, each_name = vault.post, vault.delete, vault.list, vault.each_name

--- A client of a Vault or OpenBao server. The second argument is a token, or options.
--- Options: `token`, `namespace`, `headers`, `timeout`, `ca_cert` and the like. `login_kubernetes` and its kin fetch a
--- token.
--- Errors: the address is no text.
--- Example: `local c = require("assay.vault").client("https://vault.example:8200", { token = env.get("VAULT_TOKEN"), namespace = "shop" })`
--- @effect read
function M.client(url, token)
  local opts = type(token) == "table" and token or { token = token }
  return rest.client(Client, url, { token = opts.token, namespace = opts.namespace }, opts)
end

local function data_or_all(answer)
  return answer and (answer.data or answer)
end

--- Reads any path and gives `data` of the answer; nil when there is nothing.
--- Errors: `vault: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `local creds = c:read("database/creds/readonly") print(creds.username)`
--- @effect read
function Client:read(path)
  return part(api.find("read", self, "/v1/{+path}", { path = path }), "data")
end

--- Writes any path and gives the whole answer; nil when the server has nothing to say.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:write("database/roles/readonly", { db_name = "shop", default_ttl = "1h" })`
--- @effect write
function Client:write(path, payload)
  return post("write", self, "/v1/{+path}", { path = path }, payload)
end

--- Deletes any path.
--- Errors: `vault: DELETE PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:delete("database/roles/readonly")`
--- @effect write
function Client:delete(path)
  delete("delete", self, "/v1/{+path}", { path = path })
end

--- Lists the names below a path; folders end in "/"; {} when there are none.
--- Errors: `vault: LIST PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, name in ipairs(c:list("secret/metadata/app")) do print(name) end`
--- @effect read
function Client:list(path)
  return list("list", self, "/v1/{+path}", { path = path })
end

--- Reads a KV v2 secret: its fields are in `.data`, version and times in `.metadata`; nil when there is none.
--- Options: `version` (the latest unless given).
--- Errors: `vault: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:kv_get("secrets", "app/db").data.username)`
--- @effect read
function Client:kv_get(mount, key, opts)
  if not (opts and opts.version) then return self:read(mount .. "/data/" .. key) end
  local values = { mount = mount, key = key, version = opts.version }
  return part(api.find("kv_get", self, "/v1/{+mount}/data/{+key}?version", values), "data")
end

--- Writes a KV v2 secret as a whole; the new version is in `.data.version`.
--- Options: `cas` (the version that must be the latest for the write to happen; 0: there must be none yet).
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204. A version that is not the latest is
--- status 400.
--- Example: `local read = c:kv_get("secrets", "app/db") c:kv_put("secrets", "app/db", { username = "app" }, { cas = read.metadata.version })`
--- @effect write
function Client:kv_put(mount, key, data, opts)
  local options = opts and opts.cas and { cas = opts.cas } or nil
  return self:write(mount .. "/data/" .. key, { data = object(data), options = options })
end

--- Deletes the latest version of a KV v2 secret, which `kv_undelete` brings back.
--- Errors: `vault: DELETE PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:kv_delete("secrets", "app/db")`
--- @effect write
function Client:kv_delete(mount, key)
  delete("kv_delete", self, "/v1/{+mount}/data/{+key}", { mount = mount, key = key })
end

--- Lists the names of KV v2 secrets; folders end in "/"; {} when there are none.
--- Errors: `vault: LIST PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, name in ipairs(c:kv_list("secrets", "app")) do print(name) end`
--- @effect read
function Client:kv_list(mount, prefix)
  return list("kv_list", self, "/v1/{+mount}/metadata/{+prefix}", { mount = mount, prefix = prefix or "" })
end

--- Reads what is known of all versions of a KV v2 secret, in `.data`; nil when there is none.
--- Errors: `vault: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:kv_metadata("secrets", "app/db").data.current_version)`
--- @effect read
function Client:kv_metadata(mount, key)
  return api.find("kv_metadata", self, "/v1/{+mount}/metadata/{+key}", { mount = mount, key = key })
end

--- Says how the server is, whatever status it answers with; no token is sent.
--- Errors: the answer is no JSON.
--- Example: `local health = c:health() print(health.version, health.sealed, health.standby)`
--- @effect read
function Client:health()
  local response, call = api:request("GET", "health", self, "/v1/sys/health", nil, { public = true })
  return api:decode(call, response)
end

--- Reads the state of the seal; no token is sent.
--- Errors: `vault: seal-status HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:seal_status().progress)`
--- @effect read
function Client:seal_status()
  return api.get("seal_status", self, "/v1/sys/seal-status", nil, {
    public = true,
    message = function(_, _, response) return ("vault: seal-status HTTP %d: "):format(response.status) end,
  })
end

--- Says whether the server is sealed.
--- Errors: as `seal_status`.
--- Example: `assert.eq(c:is_sealed(), false)`
--- @effect read
function Client:is_sealed()
  return self:seal_status().sealed
end

--- Says whether the server is initialised.
--- Errors: as `seal_status`.
--- Example: `assert.eq(c:is_initialized(), true)`
--- @effect read
function Client:is_initialized()
  return self:seal_status().initialized
end

--- Reads an ACL policy; nil when there is none of that name.
--- Errors: `vault: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:policy_get("app").policy)`
--- @effect read
function Client:policy_get(name)
  return part(api.find("policy_get", self, "/v1/sys/policies/acl/{name}", { name = name }), "data")
end

--- Writes an ACL policy; the rules are HCL or JSON text.
--- Errors: `vault: PUT PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:policy_put("app", 'path "secrets/data/app/*" { capabilities = ["read"] }')`
--- @effect write
function Client:policy_put(name, rules)
  local line = "/v1/sys/policies/acl/{name}"
  return api.put("policy_put", self, line, { name = name }, { body = { policy = rules }, ok = { 200, 204 } })
end

--- Deletes an ACL policy.
--- Errors: `vault: DELETE PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:policy_delete("app")`
--- @effect write
function Client:policy_delete(name)
  delete("policy_delete", self, "/v1/sys/policies/acl/{name}", { name = name })
end

--- Lists the names of ACL policies.
--- Errors: `vault: LIST PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(table.concat(c:policy_list(), " "))`
--- @effect read
function Client:policy_list()
  return list("policy_list", self, "/v1/sys/policies/acl", {})
end

--- Enables an auth method at a path.
--- Options: `description`, `config`.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:auth_enable("kubernetes", "kubernetes", { description = "pods of the cluster" })`
--- @effect write
function Client:auth_enable(path, type, opts)
  opts = opts or {}
  local body = { type = type, description = opts.description, config = opts.config }
  return post("auth_enable", self, "/v1/sys/auth/{+path}", { path = path }, body)
end

--- Disables an auth method: its tokens are revoked.
--- Errors: `vault: DELETE PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:auth_disable("kubernetes")`
--- @effect write
function Client:auth_disable(path)
  delete("auth_disable", self, "/v1/sys/auth/{+path}", { path = path })
end

--- Lists auth methods as a table by path, each path with "/" at its end.
--- Errors: `vault: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for path, mount in pairs(c:auth_list()) do print(path, mount.type) end`
--- @effect read
function Client:auth_list()
  return data_or_all(api.find("auth_list", self, "/v1/sys/auth"))
end

--- Configures an auth method.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:auth_config("kubernetes", { kubernetes_host = "https://10.0.0.1" })`
--- @effect write
function Client:auth_config(path, config)
  return post("auth_config", self, "/v1/auth/{+path}/config", { path = path }, config)
end

--- Creates or changes a role of an auth method.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:auth_create_role("kubernetes", "app", { bound_service_account_names = { "app" }, bound_service_account_namespaces = { "shop" }, policies = { "app" } })`
--- @effect write
function Client:auth_create_role(path, role_name, config)
  local line = "/v1/auth/{+path}/role/{role_name}"
  return post("auth_create_role", self, line, { path = path, role_name = role_name }, config)
end

--- Reads a role of an auth method; nil when there is none of that name.
--- Errors: `vault: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:auth_read_role("kubernetes", "app").token_ttl)`
--- @effect read
function Client:auth_read_role(path, role_name)
  local line = "/v1/auth/{+path}/role/{role_name}"
  return part(api.find("auth_read_role", self, line, { path = path, role_name = role_name }), "data")
end

--- Lists the roles of an auth method.
--- Errors: `vault: LIST PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, role in ipairs(c:auth_list_roles("kubernetes")) do print(role) end`
--- @effect read
function Client:auth_list_roles(path)
  return list("auth_list_roles", self, "/v1/auth/{+path}/role", { path = path })
end

--- Mounts a secrets engine at a path.
--- Options: `description`, `config`, `options` (`{ version = "2" }` for KV v2).
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:engine_enable("secrets", "kv", { options = { version = "2" } })`
--- @effect write
function Client:engine_enable(path, type, opts)
  opts = opts or {}
  local body = { type = type, description = opts.description, config = opts.config, options = opts.options }
  return post("engine_enable", self, "/v1/sys/mounts/{+path}", { path = path }, body)
end

--- Unmounts a secrets engine and deletes all that it holds.
--- Errors: `vault: DELETE PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:engine_disable("secrets")`
--- @effect write
function Client:engine_disable(path)
  delete("engine_disable", self, "/v1/sys/mounts/{+path}", { path = path })
end

--- Lists secrets engines as a table by path, each path with "/" at its end.
--- Errors: `vault: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for path, mount in pairs(c:engine_list()) do print(path, mount.type) end`
--- @effect read
function Client:engine_list()
  return data_or_all(api.find("engine_list", self, "/v1/sys/mounts"))
end

--- Tunes a secrets engine.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:engine_tune("pki", { max_lease_ttl = "87600h" })`
--- @effect write
function Client:engine_tune(path, config)
  return post("engine_tune", self, "/v1/sys/mounts/{+path}/tune", { path = path }, config)
end

--- Creates a token; the options go to the server as they are (`policies`, `ttl`, `period`, `num_uses`, ...).
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `local auth = c:token_create({ policies = { "app" }, ttl = "1h" }) print(auth.accessor)`
--- @effect write
function Client:token_create(opts)
  local auth = part(post("token_create", self, "/v1/auth/token/create", nil, object(opts)), "auth")
  rest.hide(auth and auth.client_token)
  return auth
end

--- Reads the properties of a token.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204. An unknown token is one, too.
--- Example: `print(c:token_lookup(other).ttl)`
--- @effect read
function Client:token_lookup(token)
  rest.hide(token)
  return part(post("token_lookup", self, "/v1/auth/token/lookup", nil, { token = token }, send_reading), "data")
end

--- Reads the properties of this client's token.
--- Errors: `vault: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:token_lookup_self().expire_time)`
--- @effect read
function Client:token_lookup_self()
  return part(api.find("token_lookup_self", self, "/v1/auth/token/lookup-self"), "data")
end

--- Revokes a token and all that were made with it.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:token_revoke(other)`
--- @effect write
function Client:token_revoke(token)
  rest.hide(token)
  return post("token_revoke", self, "/v1/auth/token/revoke", nil, { token = token })
end

--- Revokes this client's token.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:token_revoke_self()`
--- @effect write
function Client:token_revoke_self()
  return post("token_revoke_self", self, "/v1/auth/token/revoke-self", nil, json.object())
end

--- Encrypts any bytes with a key of the mount `transit`.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `local secret = c:transit_encrypt("orders", "4111 1111 1111 1111")`
--- @effect write
function Client:transit_encrypt(key_name, plaintext)
  local body = { plaintext = base64.encode(plaintext) }
  local answer = post("transit_encrypt", self, "/v1/transit/encrypt/{key_name}", { key_name = key_name }, body)
  return part(part(answer, "data"), "ciphertext")
end

--- Decrypts what `transit_encrypt` gave, to bytes.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `print(c:transit_decrypt("orders", secret))`
--- @effect read
function Client:transit_decrypt(key_name, ciphertext)
  local line, body = "/v1/transit/decrypt/{key_name}", { ciphertext = ciphertext }
  local answer = post("transit_decrypt", self, line, { key_name = key_name }, body, send_reading)
  local encoded = part(part(answer, "data"), "plaintext")
  return encoded and base64.decode(encoded)
end

--- Creates a key of the mount `transit`.
--- Options, which go to the server: `type` ("aes256-gcm96"), `exportable`, ...
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:transit_create_key("orders", { type = "chacha20-poly1305" })`
--- @effect write
function Client:transit_create_key(key_name, opts)
  return post("transit_create_key", self, "/v1/transit/keys/{key_name}", { key_name = key_name }, object(opts))
end

--- Lists the keys of the mount `transit`.
--- Errors: `vault: LIST PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(table.concat(c:transit_list_keys(), " "))`
--- @effect read
function Client:transit_list_keys()
  return list("transit_list_keys", self, "/v1/transit/keys", {})
end

--- Issues a certificate with its private key.
--- Options, which go to the server: `common_name`, `alt_names`, `ttl`, ...
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `local issued = c:pki_issue("pki", "web", { common_name = "shop.example", ttl = "72h" })`
--- @effect write
function Client:pki_issue(mount, role_name, opts)
  local values = { mount = mount, role_name = role_name }
  return part(post("pki_issue", self, "/v1/{+mount}/issue/{role_name}", values, object(opts)), "data")
end

--- Reads the certificate of the CA as PEM; no token is sent.
--- Errors: `vault: pki ca cert HTTP STATUS` for any status but 200.
--- Example: `fs.write("ca.pem", c:pki_ca_cert())`
--- @effect read
function Client:pki_ca_cert(mount)
  local values, call = { mount = mount or "pki" }, { public = true }
  local response
  response, call = api:request("GET", "pki_ca_cert", self, "/v1/{+mount}/ca/pem", values, call)
  if response.status ~= 200 then
    api:raise(call, response.status, ("vault: pki ca cert HTTP %d"):format(response.status))
  end
  return response.body
end

--- Creates or changes a role of a PKI engine.
--- Options, which go to the server: `allowed_domains`, `allow_subdomains`, `max_ttl`, ...
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:pki_create_role("pki", "web", { allowed_domains = { "shop.example" }, allow_subdomains = true })`
--- @effect write
function Client:pki_create_role(mount, role_name, opts)
  local values = { mount = mount, role_name = role_name }
  return post("pki_create_role", self, "/v1/{+mount}/roles/{role_name}", values, object(opts))
end

local SECRET = "/v1/{+mount}/data/{+key}"

--- Changes some fields of a KV v2 secret and leaves the others; `json.null` removes a field.
--- Options: `cas` (the version that must be the latest).
--- Errors: `vault: PATCH PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `c:kv_patch("secrets", "app/db", { password = crypto.random(24) })`
--- @effect write
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

--- Brings deleted versions of a KV v2 secret back: one number, or a list.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:kv_undelete("secrets", "app/db", { 3, 4 })`
--- @effect write
Client.kv_undelete = function(self, mount, key, versions)
  change_versions("kv_undelete", self, "/v1/{+mount}/undelete/{+key}", mount, key, versions)
end

--- Destroys versions of a KV v2 secret for good: one number, or a list.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:kv_destroy("secrets", "app/db", 3)`
--- @effect write
Client.kv_destroy = function(self, mount, key, versions)
  change_versions("kv_destroy", self, "/v1/{+mount}/destroy/{+key}", mount, key, versions)
end

--- Destroys a KV v2 secret with all its versions and metadata.
--- Errors: `vault: DELETE PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:kv_purge("secrets", "app/db")`
--- @effect write
Client.kv_purge = function(self, mount, key)
  delete("kv_purge", self, "/v1/{+mount}/metadata/{+key}", { mount = mount, key = key })
end

--- Iterates over the names below a path; folders end in "/". OpenBao gives them page by page, Vault all at once.
--- Options: `page_size` (1000).
--- Errors: `vault: LIST PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for name in c:each_name("secret/metadata/app") do print(name) end`
--- @effect read
Client.each_name = function(self, path, opts)
  return each_name("each_name", self, "/v1/{+path}", { path = path }, opts)
end

--- Iterates over the names of KV v2 secrets; folders end in "/". OpenBao gives them page by page, Vault all at once.
--- Options: `page_size` (1000).
--- Errors: `vault: LIST PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for name in c:each_kv_name("secrets", "app") do print(name) end`
--- @effect read
Client.each_kv_name = function(self, mount, prefix, opts)
  local values = { mount = mount, prefix = prefix or "" }
  return each_name("each_kv_name", self, "/v1/{+mount}/metadata/{+prefix}", values, opts)
end

local function login(name, client, line, values, body)
  return vault.login(name, client, line, values, body, send_reading)
end

local ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"

--- Logs in as the service account of the pod that runs this, and uses the token from then on. Gives `client_token`,
--- `lease_duration` and more.
--- Options: `jwt` (instead of the pod's own), `mount` ("kubernetes").
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200. There is no service account.
--- Example: `c:login_kubernetes("app")`
--- @effect read
Client.login_kubernetes = function(self, role, opts)
  opts = opts or {}
  local body = { role = role, jwt = opts.jwt or fs.read(ACCOUNT):match("^%s*(.-)%s*$") }
  return login("login_kubernetes", self, "/v1/auth/{+mount}/login", { mount = opts.mount or "kubernetes" }, body)
end

--- Logs in with an AppRole, and uses the token from then on.
--- Options: `mount` ("approle").
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `c:login_approle(env.get("ROLE_ID"), env.get("SECRET_ID"))`
--- @effect read
Client.login_approle = function(self, role_id, secret_id, opts)
  local body = { role_id = rest.text("vault.login_approle", role_id, "role_id"), secret_id = secret_id }
  return login("login_approle", self, "/v1/auth/{+mount}/login", { mount = opts and opts.mount or "approle" }, body)
end

--- Logs in with a user's password, and uses the token from then on.
--- Options: `mount` ("userpass").
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `c:login_userpass("ana", env.get("VAULT_PASSWORD"))`
--- @effect read
Client.login_userpass = function(self, username, password, opts)
  local values = { mount = opts and opts.mount or "userpass", username = username }
  local body = { password = rest.text("vault.login_userpass", password, "password") }
  return login("login_userpass", self, "/v1/auth/{+mount}/login/{username}", values, body)
end

--- Logs in with a JWT, such as the OIDC token of a CI job, and uses the token from then on.
--- Options: `mount` ("jwt").
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `c:login_jwt("ci", env.get("CI_JOB_JWT"))`
--- @effect read
Client.login_jwt = function(self, role, jwt, opts)
  local body = { role = role, jwt = rest.text("vault.login_jwt", jwt, "jwt") }
  return login("login_jwt", self, "/v1/auth/{+mount}/login", { mount = opts and opts.mount or "jwt" }, body)
end

--- Renews this client's token, by seconds or a duration like "1h", else by its usual time.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `print(c:token_renew_self("1h").lease_duration)`
--- @effect write
Client.token_renew_self = function(self, increment)
  local body = object({ increment = increment })
  return part(post("token_renew_self", self, "/v1/auth/token/renew-self", nil, body), "auth")
end

--- Renews a token, by seconds or a duration like "1h", else by its usual time.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:token_renew(other, 3600)`
--- @effect write
Client.token_renew = function(self, token, increment)
  rest.hide(token)
  local body = { token = rest.text("vault.token_renew", token, "token"), increment = increment }
  return part(post("token_renew", self, "/v1/auth/token/renew", nil, body), "auth")
end

--- Reads the properties of a lease.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `print(c:lease_lookup("database/creds/readonly/abc").ttl)`
--- @effect read
Client.lease_lookup = function(self, lease_id)
  local body = { lease_id = rest.text("vault.lease_lookup", lease_id, "lease_id") }
  return part(post("lease_lookup", self, "/v1/sys/leases/lookup", nil, body, send_reading), "data")
end

--- Renews a lease, by seconds, else by its usual time.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:lease_renew("database/creds/readonly/abc", 3600)`
--- @effect write
Client.lease_renew = function(self, lease_id, increment)
  local body = { lease_id = rest.text("vault.lease_renew", lease_id, "lease_id"), increment = increment }
  return post("lease_renew", self, "/v1/sys/leases/renew", nil, body)
end

--- Revokes a lease: what was lent is invalid at once.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:lease_revoke("database/creds/readonly/abc")`
--- @effect write
Client.lease_revoke = function(self, lease_id)
  local body = { lease_id = rest.text("vault.lease_revoke", lease_id, "lease_id") }
  post("lease_revoke", self, "/v1/sys/leases/revoke", nil, body)
end

--- Lists the namespaces below this client's; each ends in "/".
--- Errors: `vault: LIST PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, name in ipairs(c:namespaces()) do print(name) end`
--- @effect read
Client.namespaces = function(self)
  return list("namespaces", self, "/v1/sys/namespaces", {})
end

--- Creates a namespace below this client's.
--- Errors: `vault: POST PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:namespace_create("shop")`
--- @effect write
Client.namespace_create = function(self, path)
  return post("namespace_create", self, "/v1/sys/namespaces/{+path}", { path = path }, json.object())
end

--- Deletes a namespace below this client's.
--- Errors: `vault: DELETE PATH HTTP STATUS: BODY` for any status but 200 and 204.
--- Example: `c:namespace_delete("shop")`
--- @effect write
Client.namespace_delete = function(self, path)
  delete("namespace_delete", self, "/v1/sys/namespaces/{+path}", { path = path })
end

--- Gives this client in another namespace, which is named from the top. The token stays.
--- Errors: none.
--- Example: `print(c:in_namespace("shop/prod"):kv_get("secrets", "app").data.url)`
--- @effect read
Client.in_namespace = function(self, path)
  return rest.merged({ namespace = path }, self)
end

local HEALTH = "/v1/sys/health?standbyok=true&sealedcode=200&uninitcode=200" -- sealed and new servers are there, too

--- Waits until the server answers; sealed and new ones count as there.
--- Options: `timeout` (seconds, 60), `interval` (seconds between attempts, 2), `health_path`.
--- Errors: `vault.wait: not reachable at URL after 60s`.
--- Example: `require("assay.vault").wait("http://localhost:8200", { timeout = 30 })`
--- @effect read
function M.wait(url, opts)
  opts = opts or {}
  return api:wait_reachable(url, opts.health_path or HEALTH, opts)
end

--- Waits for the server, then makes a client with the token from a Kubernetes secret.
--- Options: `secret_namespace` ("secrets"), `secret_name` ("openbao-root-token"), `secret_key` ("root-token"),
--- `context` (of the kubeconfig; without it the pod's cluster, else the current context), `timeout`, `interval`.
--- Errors: as `wait`; the secret, or the key in it, is missing.
--- Example: `local c = require("assay.vault").authenticated_client("http://openbao.secrets:8200", { secret_name = "bao-token" })`
--- @effect read
function M.authenticated_client(url, opts)
  opts = opts or {}
  M.wait(url, { timeout = opts.timeout, interval = opts.interval })
  local namespace = opts.secret_namespace or opts.secret_ns or "secrets"
  local name, key = opts.secret_name or "openbao-root-token", opts.secret_key or "root-token"
  local token = require("assay.k8s").get_secret(namespace, name, opts.context and { context = opts.context })[key]
  rest.hide(token)
  local missing = "vault.authenticated_client: key '%s' not found in secret %s/%s"
  assert.not_nil(token, missing:format(key, namespace, name))
  return M.client(url, token:match("^%s*(.-)%s*$"))
end

--- Gives the secret at secrets/PATH. When the key is missing in it, the secret is written anew from what the function
--- gives, which is the result then.
--- Errors: as `kv_get` and `kv_put`; those of the function.
--- Example: `local creds = require("assay.vault").ensure_credentials(c, "app/db", "password", function() return { username = "app", password = crypto.random(24) } end)`
--- @effect write
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

--- Gives the secret at secrets/PATH, which must be there with all the keys.
--- Errors: `vault.assert_secret: secret not found at secrets/PATH`, `... no data at secrets/PATH`, `... key 'KEY'
--- missing at secrets/PATH`.
--- Example: `local creds = require("assay.vault").assert_secret(c, "app/db", { "username", "password" })`
--- @effect read
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

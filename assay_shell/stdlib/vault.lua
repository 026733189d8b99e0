--- @module assay.vault
--- @category secrets
--- @description HashiCorp Vault secrets management: KV, policies, auth, transit, PKI, token management
--- @keywords vault, secrets, kv, policies, auth, transit, pki, tokens, encryption, decryption, certificate, seal, initialization, authentication, secret-engine, password, rotation
--- @quickref c:read(path) -> data|nil | Read any path; nil when there is nothing
--- @quickref c:write(path, payload?) -> body|nil | Write any path; nil when the server has nothing to say
--- @quickref c:delete(path) -> nil | Delete any path
--- @quickref c:list(path) -> [string] | Names below a path, {} when there are none
--- @quickref c:kv_get(mount, key) -> {data, metadata}|nil | Read a KV v2 secret: the fields are in .data
--- @quickref c:kv_put(mount, key, data) -> body|nil | Write a KV v2 secret; the new version is in .data.version
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

local function post(name, client, line, values, body, reads)
  return api.post(name, client, line, values, { body = body, ok = { 200, 204 }, reads = reads })
end

local function delete(name, client, line, values)
  api:expect("DELETE", name, client, line, values, { ok = { 200, 204 } })
end

local function list(name, client, line, values)
  values.list = "true"
  local response, call = api:request("GET", name, client, line .. "?list", values, { verb = "LIST" })
  if response.status == 404 then return {} end
  if response.status ~= 200 then api:fail(call, response) end
  local data = api:decode(call, response).data
  return data and data.keys or {}
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

function Client:kv_get(mount, key)
  return self:read(mount .. "/data/" .. key)
end

function Client:kv_put(mount, key, data)
  return self:write(mount .. "/data/" .. key, { data = object(data) })
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

--- @module assay.dex
--- @category identity
--- @description Dex OIDC identity provider: discovery, JWKS, health, configuration validation
--- @keywords dex, oidc, identity, discovery, jwks, authentication, openid-configuration, key-set, scope, grant-type, response-type, validation
--- @quickref M.discovery(url) -> document | OpenID Connect discovery
--- @quickref M.jwks(url) -> {keys} | Public keys, from where discovery says
--- @quickref M.issuer(url) -> string|nil | Issuer that discovery names
--- @quickref M.health(url) -> bool | Whether the server says that it is healthy
--- @quickref M.ready(url) -> bool | The same as health
--- @quickref M.has_endpoint(url, endpoint_name) -> bool | Whether discovery has such an entry, "token_endpoint" for example
--- @quickref M.supported_scopes(url) -> [string] | Scopes that discovery names
--- @quickref M.supported_response_types(url) -> [string] | Response types that discovery names
--- @quickref M.supported_grant_types(url) -> [string] | Grant types that discovery names
--- @quickref M.supports_scope(url, scope) -> bool | Whether discovery names a scope
--- @quickref M.supports_grant_type(url, grant_type) -> bool | Whether discovery names a grant type
--- @quickref M.validate_config(url) -> {ok, errors} | Whether discovery is complete and about this issuer
--- @quickref M.admin_version(url) -> {server, version}|nil | Version, from servers that tell it over HTTP

local rest = require("assay.lib.rest")
local M = {}

local api = rest.service("dex", { headers = rest.authorization, message = rest.by_function, objects = true })

--- A client: it has all functions of the module as methods, without the address.
--- Options: `headers`, `timeout`, `ca_cert` and the like; `token`, where something in front of the server wants one.
--- Errors: the address is no text.
--- Example: `local c = require("assay.dex").client("https://dex.example.com/dex")`
--- @effect read
M.client = rest.constructor(M)

--- Reads the document of OpenID Connect discovery.
--- Errors: `dex.discovery: HTTP STATUS: BODY` for any status but 200.
--- Example: `print(require("assay.dex").discovery("https://dex.example.com/dex").token_endpoint)`
--- @effect read
function M.discovery(url)
  return api.get("discovery", url, "/.well-known/openid-configuration")
end

-- Keys may be anywhere; credentials are for the server that the client was made for.
local function elsewhere(url, address)
  local client = type(url) == "table" and url or {}
  return { url = address, transport = client.transport }
end

--- Reads the public keys with which tokens are signed, from the address that discovery gives.
--- Errors: `dex.jwks: HTTP STATUS: BODY` for any status but 200; `dex.jwks: discovery response missing jwks_uri`; as
--- `discovery`.
--- Example: `for _, key in ipairs(c:jwks().keys) do print(key.kid, key.alg) end`
--- @effect read
function M.jwks(url)
  local address = rest.owner(url, M).discovery(url).jwks_uri
  if not address then error("dex.jwks: discovery response missing jwks_uri") end
  local base, target = rest.text("dex.jwks", address, "jwks_uri"):match("^(%a[%w+.-]*://[^/?#]*)(.*)$")
  if not base then error("dex.jwks: jwks_uri is no address: " .. address) end
  return api.get("jwks", elsewhere(url, base), nil, nil, { target = target })
end

local function entry(url, name)
  return rest.owner(url, M).discovery(url)[name]
end

--- Reads the issuer that discovery names; nil when it names none.
--- Errors: as `discovery`.
--- Example: `print(c:issuer())`
--- @effect read
function M.issuer(url)
  return entry(url, "issuer")
end

--- Tells whether the server says that it is healthy: false for every status but 200.
--- Errors: the server cannot be reached.
--- Example: `assert.eq(c:health(), true)`
--- @effect read
function M.health(url)
  return api:request("GET", "health", url, "/healthz").status == 200
end

--- Tells the same as `health`.
--- Errors: as `health`.
--- Example: `assert.eq(c:ready(), true)`
--- @effect read
function M.ready(url)
  return rest.owner(url, M).health(url)
end

--- Tells whether discovery has an entry of that name.
--- Errors: as `discovery`.
--- Example: `print(c:has_endpoint("device_authorization_endpoint"))`
--- @effect read
function M.has_endpoint(url, endpoint_name)
  return entry(url, rest.text("dex.has_endpoint", endpoint_name, "endpoint_name")) ~= nil
end

--- Lists the scopes that discovery names.
--- Errors: as `discovery`.
--- Example: `print(table.concat(c:supported_scopes(), " "))`
--- @effect read
function M.supported_scopes(url)
  return entry(url, "scopes_supported") or {}
end

--- Lists the response types that discovery names.
--- Errors: as `discovery`.
--- Example: `print(table.concat(c:supported_response_types(), " "))`
--- @effect read
function M.supported_response_types(url)
  return entry(url, "response_types_supported") or {}
end

--- Lists the grant types that discovery names.
--- Errors: as `discovery`.
--- Example: `print(table.concat(c:supported_grant_types(), " "))`
--- @effect read
function M.supported_grant_types(url)
  return entry(url, "grant_types_supported") or {}
end

local function contains(list, wanted)
  for _, item in ipairs(list) do
    if item == wanted then return true end
  end
  return false
end

--- Tells whether discovery names a scope.
--- Errors: as `discovery`.
--- Example: `print(c:supports_scope("groups"))`
--- @effect read
function M.supports_scope(url, scope)
  return contains(rest.owner(url, M).supported_scopes(url), scope)
end

--- Tells whether discovery names a grant type.
--- Errors: as `discovery`.
--- Example: `print(c:supports_grant_type("refresh_token"))`
--- @effect read
function M.supports_grant_type(url, grant_type)
  return contains(rest.owner(url, M).supported_grant_types(url), grant_type)
end

local REQUIRED = { "authorization_endpoint", "token_endpoint", "jwks_uri" }

--- Checks that discovery is complete and about this issuer: `{ ok, errors }`. An address of another form than the issuer's
--- is a mismatch, also when it leads to the same server.
--- Errors: the address is no text; all other trouble is among the `errors`.
--- Example: `local found = c:validate_config() for _, text in ipairs(found.errors) do print(text) end`
--- @effect read
function M.validate_config(url)
  local expected = rest.base(type(url) == "table" and url.url or url)
  local fetched, document = pcall(rest.owner(url, M).discovery, url)
  if not fetched then return { ok = false, errors = { "discovery failed: " .. tostring(document) } } end
  if type(document) ~= "table" then document = {} end
  local errors = {}
  if not document.issuer then
    errors[1] = "missing issuer"
  elseif document.issuer ~= expected then
    errors[1] = ("issuer mismatch: expected %s, got %s"):format(expected, document.issuer)
  end
  for _, name in ipairs(REQUIRED) do
    if not document[name] then errors[#errors + 1] = "missing " .. name end
  end
  return { ok = #errors == 0, errors = errors }
end

--- Reads the version from a server that tells it over HTTP; nil from all others, and Dex itself is one of them: it tells
--- it over gRPC only.
--- Errors: the address is no text.
--- Example: `local found = c:admin_version() print(found and found.server)`
--- @effect read
function M.admin_version(url)
  local base = type(url) == "table" and url or rest.base(url)
  local fetched, found = pcall(api.get, "admin_version", base, "/api/v1/version")
  return fetched and found or nil
end

return M

--- @module assay.ory
--- @category identity
--- @description Ory stack convenience wrapper re-exporting kratos, hydra and keto; require the single modules when only one is needed
--- @keywords ory, stack, kratos, hydra, keto, identity, oauth2, oidc, authz, zanzibar
--- @quickref ory.kratos.client(opts) -> client | As assay.kratos: identities, logins, sessions
--- @quickref ory.hydra.client(opts) -> client | As assay.hydra: OAuth2 clients, tokens, challenges
--- @quickref ory.keto.client(read_url, opts?) -> client | As assay.keto: relation tuples, permission checks
--- @quickref ory.connect(opts) -> {kratos, hydra, keto} | Clients for what has an address; opts: {kratos_public, kratos_admin, hydra_public, hydra_admin, keto_read, keto_write, token}

local rest = require("assay.lib.rest")

local ADDRESSES = { "kratos_public", "kratos_admin", "hydra_public", "hydra_admin", "keto_read", "keto_write" }

local M = {}

--- The module `assay.kratos`.
--- Options: `public_url`, `admin_url`, `token`, `headers`, `timeout` and the like.
--- Errors: an address is no text.
--- Example: `local c = require("assay.ory").kratos.client({ public_url = "http://kratos:4433" })`
--- @effect read
M.kratos = require("assay.kratos")

--- The module `assay.hydra`.
--- Options: `public_url`, `admin_url`, `token`, `headers`, `timeout` and the like.
--- Errors: an address is no text.
--- Example: `local c = require("assay.ory").hydra.client({ admin_url = "http://hydra:4445" })`
--- @effect read
M.hydra = require("assay.hydra")

--- The module `assay.keto`.
--- Options: `write_url`, `token`, `headers`, `timeout` and the like.
--- Errors: an address is no text.
--- Example: `local c = require("assay.ory").keto.client("http://keto:4466", { write_url = "http://keto:4467" })`
--- @effect read
M.keto = require("assay.keto")

local function pair_of(module, public_url, admin_url, opts)
  if not public_url and not admin_url then return nil end
  return module.client(rest.merged({ public_url = public_url, admin_url = admin_url }, opts))
end

--- Makes clients for the services that have an address among the options. No request is made.
--- Options: `kratos_public`, `kratos_admin`, `hydra_public`, `hydra_admin`, `keto_read`, `keto_write` (only together with
--- `keto_read`); for all of them `token`, `headers`, `timeout` and the like.
--- Errors: an address is no text.
--- Example: `local o = require("assay.ory").connect({ kratos_public = "http://kratos:4433", keto_read = "http://keto:4466" })`
--- @effect read
function M.connect(opts)
  opts = opts or {}
  return {
    kratos = pair_of(M.kratos, opts.kratos_public, opts.kratos_admin, opts),
    hydra = pair_of(M.hydra, opts.hydra_public, opts.hydra_admin, opts),
    keto = opts.keto_read and M.keto.client(opts.keto_read, rest.merged({ write_url = opts.keto_write }, opts)) or nil,
  }
end

--- The clients of `connect`, from an address for all services before the options, or from the options alone.
--- Options: as `connect`.
--- Errors: as `connect`.
--- Example: `local o = require("assay.ory").client("https://project.example.com", { token = env.get("ORY_TOKEN") })`
--- @effect read
M.client = function(url, opts)
  if type(url) == "table" then url, opts = nil, url end
  local given = {}
  for _, name in ipairs(ADDRESSES) do given[name] = url end
  return M.connect(rest.merged(opts, given))
end

return M

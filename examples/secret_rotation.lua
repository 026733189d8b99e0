-- Give a field of a secret in Vault or OpenBao a new random value. The other fields stay, the old version can be read.
--
--   assay examples/secret_rotation.lua -- [--json] [--length=32] [--mount=secret] KEY FIELD
--   assay run --mode tool examples/secret_rotation.lua app/db password        a human is asked first
--
-- VAULT_ADDR, VAULT_TOKEN and VAULT_NAMESPACE say where. In tool mode and in the shell a human is asked before anything
-- is written; a plain run is its user's own decision. The value is never shown. If somebody else writes the secret
-- between question and answer, nothing is written. The token needs `read` and `patch`. Exit code 1 when it was not
-- rotated.

local function usage()
  io.stderr:write("usage: assay secret_rotation.lua -- [--json] [--length=32] [--mount=secret] KEY FIELD\n")
  io.stderr:write("VAULT_ADDR and VAULT_TOKEN must be set\n")
  require("os").exit(2)
end

local given = { json = false, length = "32", mount = env.get("VAULT_MOUNT") or "secret" }
for _, word in ipairs(arg or {}) do
  local name, value = word:match("^%-%-?(%a*)=?(.*)$")
  if name and given[name] == nil then usage() end
  if name then given[name] = value else given[#given + 1] = word end
end
local length, mount, key, field = math.tointeger(tonumber(given.length)), given.mount, given[1], given[2]
local address, token = env.get("VAULT_ADDR"), env.get("VAULT_TOKEN")
if #given ~= 2 or mount == "" or not address or not token then usage() end
if not length or length < 16 or length > 256 then
  io.stderr:write("--length must be a number from 16 to 256\n")
  usage()
end

-- Without anybody who could be asked, whoever started the run has decided.
local function agreed(prompt, context)
  local asked, answer = pcall(approval.request, prompt, context)
  if asked then return answer end
  return answer.unasked or error(answer, 0)
end

local vault = require("assay.vault").client(address, { token = token, namespace = env.get("VAULT_NAMESPACE") })
local where = mount .. "/" .. key
local secret = vault:kv_get(mount, key) or error("there is no secret " .. where, 0)
if not secret.data or secret.data[field] == nil then
  error(("the secret %s has no field %s"):format(where, field), 0)
end

-- The version is part of what is asked: an answer for another version is no answer.
local version = (secret.metadata or {}).version or error(mount .. " is no KV engine of version 2", 0)
if not agreed(("Rotate %s of %s?"):format(field, where), { path = where, field = field, version = version }) then
  error("declined: nothing was written", 0)
end

-- Only this field is sent; `cas` has the server refuse when there is a newer version by now.
local written = vault:kv_patch(mount, key, { [field] = crypto.random(length) }, { cas = version })
local now = (written.data or {}).version or error("the server does not say that it has written", 0)

local result = { path = where, field = field, old_version = version, version = now }
if given.json then
  print(json.encode(result))
else
  print(("%s of %s rotated: version %d, before %d"):format(field, where, now, version))
end
return result

-- Tokens for the machine users of Zitadel: a signed statement of who asks is exchanged for an access token.

local rest = require("assay.lib.rest")

local floor, format = math.floor, string.format
local ipairs, setmetatable = ipairs, setmetatable

local machine_key = {}

local FORM = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
  .. "&scope=openid+urn%3Azitadel%3Aiam%3Aorg%3Aproject%3Aid%3Azitadel%3Aaud&assertion="
local LIFETIME = 300 -- seconds that a statement is good for

--- The key in a file, which has to have its three parts.
function machine_key.read(path)
  local key = json.parse(fs.read(path))
  for _, name in ipairs({ "userId", "key", "keyId" }) do
    assert.not_nil(key[name], "zitadel: machine key missing " .. name)
  end
  return key
end

local function refused(_, _, response)
  return format("zitadel: token exchange failed (HTTP %d): ", response.status)
end

--- An access token for the user of `key`. `reads` is how a POST that changes nothing is sent.
function machine_key.exchange(api, client, key, reads)
  local now = floor(time())
  local claims = {
    iss = key.userId, sub = key.userId, aud = "https://" .. client.host_header, iat = now, exp = now + LIFETIME,
  }
  local call = {
    body = FORM .. rest.encode(crypto.jwt_sign(claims, key.key, "RS256", { kid = key.keyId })),
    headers = { ["Content-Type"] = "application/x-www-form-urlencoded", Host = client.host_header },
    public = true,
    message = refused,
    reads = reads,
  }
  local answer = api.post("client", client, "/oauth/v2/token", nil, call)
  assert.not_nil(answer.access_token, "zitadel: no access_token in token response")
  rest.hide(answer.access_token)
  return answer.access_token
end

--- Has `api`, a service, exchange the client's key again when the server refuses the token (401), and then send the
--- request once more. `key_of(client)` gives the key, if there is one.
function machine_key.renewing(api, key_of, reads)
  local send, busy = api.request, setmetatable({}, { __mode = "k" })
  function api.request(service, method, name, client, line, values, call)
    local response, sent = send(service, method, name, client, line, values, call)
    local key = key_of(client)
    if response.status ~= 401 or not key or busy[client] then return response, sent end
    busy[client] = true
    local renewed, token = pcall(machine_key.exchange, api, client, key, reads)
    busy[client] = nil
    if not renewed then return response, sent end
    client.access_token = token
    return send(service, method, name, client, line, values, call)
  end
  return api
end

return machine_key

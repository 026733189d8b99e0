-- Requests to a Vault or OpenBao server: who asks, which statuses are a success, lists in pages, and logging in.

local rest = require("assay.lib.rest")

local pairs, type = pairs, type

local vault = {}

local PAGE = 1000 -- names

local function headers(client)
  return { ["X-Vault-Token"] = client.token, ["X-Vault-Namespace"] = client.namespace }
end

local api = rest.service("vault", { headers = headers, level = 6 })
vault.api = api

-- Writing ------------------------------------------------------------------------------------------------

--- Sends a body, if there is one as an object: servers refuse a list, which an empty table would be. The answer, nil where
--- the server has nothing to say. `reads`: as for `request`.
function vault.post(name, client, line, values, body, reads)
  body = body and rest.object(body)
  return api.post(name, client, line, values, { body = body, ok = { 200, 204 }, reads = reads })
end

function vault.delete(name, client, line, values)
  api:expect("DELETE", name, client, line, values, { ok = { 200, 204 } })
end

-- Reading ------------------------------------------------------------------------------------------------

--- One part of an answer, nil when there is no answer.
function vault.part(answer, key)
  return answer and answer[key]
end

--- The names below a path, {} when there is none.
function vault.list(name, client, line, values)
  values.list = "true"
  local response, call = api:request("GET", name, client, line .. "?list&after&limit", values, { verb = "LIST" })
  if response.status == 404 then return {} end
  if response.status ~= 200 then api:fail(call, response) end
  local data = api:inside(call, response, "data")
  return type(data) == "table" and data.keys or {}
end

--- Iterates over the names of all pages; OpenBao cuts lists where it is told to, Vault gives all at once.
function vault.each_name(name, client, line, values, opts)
  local size = opts and opts.page_size or PAGE
  local function fetch(after)
    return vault.list(name, client, line, rest.merged({ after = after, limit = size }, values))
  end
  return rest.each(rest.full_pages(size, fetch, function(names) return names[#names] end))
end

-- Logging in ---------------------------------------------------------------------------------------------

--- Logs in, which changes nothing on the server but hands out a token, which is the client's from then on. `send_reading`:
--- what the loader hands to the module.
function vault.login(name, client, line, values, body, send_reading)
  for _, secret in pairs({ body.jwt, body.secret_id, body.password }) do rest.hide(secret) end
  local call = { body = body, public = true, headers = { ["X-Vault-Namespace"] = client.namespace }, reads = send_reading }
  local auth = vault.part(api.post(name, client, line, values, call), "auth")
  client.token = vault.part(auth, "client_token")
  rest.hide(client.token)
  return auth
end

return vault

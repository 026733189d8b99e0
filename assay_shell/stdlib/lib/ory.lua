-- What the modules for Ory's services share: a public and an administrative address, either of which may be missing.

local rest = require("assay.lib.rest")

local format = string.format
local ipairs, type = ipairs, type

local ory = {}

--- The headers of each request. A token is for installations that want one; by themselves the services have none.
function ory.headers(client)
  local headers = rest.authorization({ token = client.token })
  headers.Accept = "application/json"
  return headers
end

--- Has `api`, a service, tell which address is missing before a request is made. `api.demand(client)` does so earlier.
--- `hint` is for the end of the text.
function ory.checked(api, hint)
  local send = api.request
  function api.demand(client, method)
    if client[api.address] then return end
    local text = format("%s: %s not configured%s", api.name, api.address, hint or "")
    api:raise({ method = method }, nil, text)
  end
  function api.request(service, method, name, client, ...)
    api.demand(client, method)
    return send(service, method, name, client, ...)
  end
  return api
end

--- A client with the `addresses` that `opts` has, without slashes at their ends. One address before the options stands
--- for all that are missing there.
function ory.client(methods, addresses, url, opts)
  if type(url) == "table" then url, opts = nil, url end
  opts = opts or {}
  local fields = { token = opts.token }
  for _, name in ipairs(addresses) do
    local address = opts[name] or url
    fields[name] = address and rest.base(address)
  end
  local client = rest.client(methods, "", fields, opts)
  client.url = nil
  return client
end

--- How an error names its request: `kratos: whoami HTTP 500: body`.
function ory.words(words)
  return function(service, _, response) return format("%s: %s HTTP %d: ", service, words, response.status) end
end

return ory

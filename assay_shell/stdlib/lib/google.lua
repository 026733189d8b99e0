-- What the modules for Google's APIs share: credentials from files, and a second attempt with a new token.

local rest = require("assay.lib.rest")
local oauth2 = require("assay.oauth2")

local google = {}

function google.headers(client)
  return client._oauth2:headers()
end

local function stored(tokens)
  local read, text = pcall(fs.read, tokens._token_file)
  local parsed, found = pcall(json.parse, read and text or "", { exact = true })
  return parsed and type(found) == "table" and type(found.access_token) == "string" and found or nil
end

-- Another process may have refreshed the token meanwhile, which for some servers ends the old refresh token: then what
-- it wrote is taken. Whether there was something new.
local function take_over(tokens)
  local found = tokens._token_file and stored(tokens)
  if not found or found.access_token == tokens._stored_token then return false end
  tokens._token_data, tokens._access_token, tokens._stored_token = found, found.access_token, found.access_token
  rest.hide(found.access_token)
  rest.hide(found.refresh_token)
  return true
end

-- Where only reading is allowed the new token is used, though it cannot be kept.
local function renew(tokens)
  local refreshed, refusal = pcall(tokens.refresh, tokens)
  if not refreshed and take_over(tokens) then return end
  if not refreshed then error(refusal, 0) end
  local saved, failure = pcall(tokens.save, tokens)
  if saved then return end
  if not tostring(failure):find("readonly: ", 1, true) then error(failure, 0) end
  log.warn("oauth2: the new access token is not written to its file: only reading is allowed")
end

--- Has `api`, a service, fetch and keep a new access token when the server refuses the one it was sent (401), and then
--- send the request once more. A newer one in the file is tried first.
function google.renewing(api)
  local send = api.request
  function api.request(service, method, name, client, ...)
    local response, call = send(service, method, name, client, ...)
    if response.status ~= 401 then return response, call end
    if take_over(client._oauth2) then
      response, call = send(service, method, name, client, ...)
      if response.status ~= 401 then return response, call end
    end
    renew(client._oauth2)
    return send(service, method, name, client, ...)
  end
  return api
end

--- A client of `service` with `methods`. `opts`: credentials_file, token_file, token_url, api_base (`default` unless
--- given), timeout and the like. Instead of `api_base` the address may stand before the options.
function google.client(service, methods, default, url, opts)
  if type(url) == "table" then url, opts = nil, url end
  opts = opts or {}
  for _, name in ipairs({ "credentials_file", "token_file" }) do
    if not opts[name] then error(("%s: %s is required"):format(service, name), 2) end
  end
  local client = rest.client(methods, "", nil, opts)
  client._oauth2 = oauth2.from_file(opts.credentials_file, opts.token_file, { token_url = opts.token_url })
  client._api_base, client.url = url or opts.api_base or default, nil
  return client
end

return google

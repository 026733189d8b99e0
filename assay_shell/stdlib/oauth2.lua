--- @module assay.oauth2
--- @category auth
--- @description Google OAuth2 helper for loading credentials and token files, refreshing, persisting access tokens, building auth headers
--- @keywords oauth2, google, auth, token, refresh, credentials, bearer, gmail, gcal
--- @quickref M.from_file(credentials_path?, token_path?, opts?) -> client | Credentials and tokens from files; opts: {token_url, form}
--- @quickref client:access_token() -> string|nil | The access token as it is now, without a look at its age
--- @quickref client:refresh() -> string|nil | Fetch a new access token; the file stays as it is
--- @quickref client:save() -> true | Write the tokens to the file they came from
--- @quickref client:headers() -> {Authorization, ["Content-Type"]} | Headers for a request with the access token

local _, send_reading = ...
local rest = require("assay.lib.rest")
local M, Client = {}, {}

local function refused(_, _, response) return ("oauth2: token refresh failed HTTP %d: "):format(response.status) end

local api = rest.service("oauth2", { message = refused, objects = true })

local TOKEN_URL = "https://oauth2.googleapis.com/token"
local FOLDER = "~/.config/gog/"

local function expanded(path, name)
  path = rest.text("oauth2.from_file", path, name)
  if path:sub(1, 1) ~= "~" then return path end
  return (env.get("HOME") or "") .. path:sub(2)
end

-- Empty lists and objects stay what they are, so that the file can be written again.
local function object_in(path)
  local text = fs.read(path)
  if text == "" then error("oauth2: failed to read file: " .. path) end
  local document = json.parse(text, { exact = true })
  if type(document) == "table" and document ~= json.null and #document == 0 then return document end
  error("oauth2: no JSON object in file: " .. path)
end

local function text_or_nil(value)
  return type(value) == "string" and value or nil
end

local function hide_tokens(tokens)
  rest.hide(tokens.access_token)
  rest.hide(tokens.refresh_token)
end

local function client_of(credentials, tokens, fields)
  local client = {}
  for name, method in pairs(Client) do client[name] = method end
  client._credentials, client._token_data = credentials, tokens
  client._access_token = text_or_nil(tokens.access_token)
  client._stored_token = fields.file and client._access_token -- what the file is known to hold
  client._token_file, client._token_url, client._form = fields.file, fields.url or TOKEN_URL, fields.form
  rest.hide(credentials.client_secret)
  hide_tokens(tokens)
  return client
end

--- Reads a credentials file, as Google's console gives it, and a token file, which is a JSON object too.
--- `~` at the start of a path is the home directory. Without paths: `~/.config/gog/credentials.json` and `token.json`.
--- Options: `token_url` (Google's unless given), `form` (true: refresh with a form, as the standard wants it; Google
--- takes JSON, which is what is sent unless told otherwise).
--- Errors: a file is missing, empty, or holds no JSON object.
--- Example: `local google = require("assay.oauth2").from_file("client.json", "token.json")`
--- @effect read
function M.from_file(credentials_path, token_path, opts)
  opts = opts or {}
  local document = object_in(expanded(credentials_path or FOLDER .. "credentials.json", "credentials_path"))
  local file = expanded(token_path or FOLDER .. "token.json", "token_path")
  local credentials = document.installed or document.web or document
  return client_of(credentials, object_in(file), { file = file, url = opts.token_url, form = opts.form })
end

--- A client of any provider's token endpoint, without files.
--- Options: `client_id`, `client_secret`, `refresh_token`, `access_token`, `token_file` (where `save` writes), `form`
--- (true unless given: refresh with a form, not JSON).
--- Errors: none; wrong credentials are an error of `refresh`.
--- Example: `local id = require("assay.oauth2").client("https://id.example.com/token", { client_id = "app", refresh_token = "r" })`
--- @effect read
M.client = function(url, opts)
  opts = opts or {}
  local tokens = { access_token = opts.access_token, refresh_token = opts.refresh_token }
  local credentials = { client_id = opts.client_id, client_secret = opts.client_secret }
  return client_of(credentials, tokens, { file = opts.token_file, url = url, form = opts.form ~= false })
end

--- Gives the access token, nil where there is none. Whether it is still valid only a server can say.
--- Errors: none.
--- Example: `local token = google:access_token()`
--- @effect read
function Client:access_token()
  return self._access_token
end

local FORM = { "client_id", "client_secret", "grant_type", "refresh_token" }

local function form_of(values)
  local parts = {}
  for _, name in ipairs(FORM) do
    if values[name] then parts[#parts + 1] = name .. "=" .. rest.encode(values[name]) end
  end
  return table.concat(parts, "&")
end

-- What a request sends: an answer to the grant `refresh_token`.
local function grant(client)
  local values = {
    client_id = client._credentials.client_id,
    client_secret = client._credentials.client_secret,
    grant_type = "refresh_token",
    refresh_token = client._token_data.refresh_token,
  }
  if not client._form then return { body = values, reads = send_reading } end
  local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
  return { body = form_of(values), headers = headers, reads = send_reading }
end

local KEPT = { "refresh_token", "expires_in", "token_type" }

--- Fetches a new access token with the refresh token and gives it. A new refresh token in the answer is kept, too, all
--- in memory: `save` writes it down.
--- Errors: `oauth2: token refresh failed HTTP STATUS: BODY` for any status but 200.
--- Example: `google:refresh() google:save()`
--- @effect read
function Client:refresh()
  local origin, target = tostring(self._token_url):match("^(%a[%w+.-]*://[^/?#]*)([^#]*)")
  local sent = rest.merged(grant(self), { target = target })
  local response, call = api:request("POST", "refresh", origin or self._token_url, "", nil, sent)
  if response.status ~= 200 then api:fail(call, response) end
  local answer, tokens = api:decode(call, response), self._token_data
  hide_tokens(answer)
  tokens.access_token = answer.access_token
  for _, name in ipairs(KEPT) do
    if answer[name] ~= nil then tokens[name] = answer[name] end
  end
  self._access_token = answer.access_token
  return answer.access_token
end

--- Writes the tokens to the token file, with all else that stood in it. Only its owner can read the file from then on;
--- it is replaced as a whole, so that it is never there by half.
--- Errors: the file cannot be written; the client has none.
--- Example: `google:save()`
--- @effect write
function Client:save()
  if not self._token_file then error("oauth2.save: the client has no token file") end
  fs.write(self._token_file, json.encode(json.object(self._token_data)), { private = true })
  self._stored_token = self._access_token
  return true
end

--- Gives the headers of a request: `Authorization` with the access token, and the content type of JSON.
--- Errors: there is no access token.
--- Example: `http.get("https://www.googleapis.com/oauth2/v3/userinfo", { headers = google:headers() })`
--- @effect read
function Client:headers()
  return { Authorization = "Bearer " .. self:access_token(), ["Content-Type"] = "application/json" }
end

return M

-- AWS Signature Version 4: what proves to a service who sent a request, in headers or, for links, in the query.
--
-- A request is `{ method, host, path, query, headers, body, time }`: `path` as it is sent, `query` a list of `k=v` that
-- are encoded already, `time` in Unix seconds (now). Credentials are `{ access_key, secret_key, region, session_token }`.

local rest = require("assay.lib.rest")

local format, gmatch, gsub, lower, match = string.format, string.gmatch, string.gsub, string.lower, string.match
local concat, sort = table.concat, table.sort
local floor = math.floor
local ipairs, pairs, tostring = ipairs, pairs, tostring
local encode = rest.encode

local sigv4 = {}

local ALGORITHM, SERVICE, END = "AWS4-HMAC-SHA256", "s3", "aws4_request"

--- `text` as part of an address: each segment encoded on its own, slashes as they are.
function sigv4.path(text)
  local segments = {}
  for segment in gmatch(text .. "/", "([^/]*)/") do segments[#segments + 1] = encode(segment) end
  return concat(segments, "/")
end

local function hmac(key, data) return crypto.hmac(key, data, "sha256", true) end

local function scope_of(credentials, date)
  return format("%s/%s/%s/%s", date, credentials.region, SERVICE, END)
end

local function signature(credentials, stamp, canonical)
  local date = match(stamp, "^%d+")
  local text = concat({ ALGORITHM, stamp, scope_of(credentials, date), crypto.hash(canonical) }, "\n")
  local key = "AWS4" .. credentials.secret_key
  for _, part in ipairs({ date, credentials.region, SERVICE, END }) do key = hmac(key, part) end
  return crypto.hmac(key, text, "sha256")
end

-- The headers as they are signed, one to a line, and their names.
local function canonical_headers(headers)
  local names, values = {}, {}
  for name, value in pairs(headers) do
    local lowered = lower(name)
    names[#names + 1], values[lowered] = lowered, match(gsub(tostring(value), "%s+", " "), "^ ?(.-) ?$")
  end
  sort(names)
  local lines = {}
  for index, name in ipairs(names) do lines[index] = name .. ":" .. values[name] .. "\n" end
  return concat(lines), concat(names, ";")
end

local function canonical_query(query)
  local pairs_of = {}
  for index, item in ipairs(query or {}) do pairs_of[index] = item:find("=", 1, true) and item or item .. "=" end
  sort(pairs_of)
  return concat(pairs_of, "&")
end

local function canonical(request, query, headers, payload)
  local lines, names = canonical_headers(headers)
  return concat({ request.method, request.path, canonical_query(query), lines, names, payload }, "\n"), names
end

-- From now on the secret is masked wherever the runtime shows something.
local function prepare(credentials, request)
  rest.hide(credentials.secret_key)
  rest.hide(credentials.session_token)
  return os.date("!%Y%m%dT%H%M%SZ", floor(request.time or time()))
end

--- The headers to send with a request: the ones it has and those that sign it. All are signed, and the host.
function sigv4.headers(credentials, request)
  local stamp, payload = prepare(credentials, request), crypto.hash(request.body or "")
  local sent = rest.merged({
    ["x-amz-content-sha256"] = payload,
    ["x-amz-date"] = stamp,
    ["x-amz-security-token"] = credentials.session_token,
  }, request.headers)
  local text, names = canonical(request, request.query, rest.merged({ host = request.host }, sent), payload)
  local scope = scope_of(credentials, match(stamp, "^%d+"))
  sent.Authorization = format("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", ALGORITHM,
    credentials.access_key, scope, names, signature(credentials, stamp, text))
  return sent
end

--- The query of a link that is good for `expires` seconds, whatever body comes with it. Who uses it has to send the
--- request's headers.
function sigv4.query(credentials, request, expires)
  local stamp = prepare(credentials, request)
  local headers = rest.merged({ host = request.host }, request.headers)
  local _, names = canonical_headers(headers)
  local query = { table.unpack(request.query or {}) }
  local function add(name, value) query[#query + 1] = "X-Amz-" .. name .. "=" .. encode(value) end
  add("Algorithm", ALGORITHM)
  add("Credential", credentials.access_key .. "/" .. scope_of(credentials, match(stamp, "^%d+")))
  add("Date", stamp)
  add("Expires", floor(expires))
  if credentials.session_token then add("Security-Token", credentials.session_token) end
  add("SignedHeaders", names)
  local text = canonical(request, query, headers, "UNSIGNED-PAYLOAD")
  add("Signature", signature(credentials, stamp, text))
  return concat(query, "&")
end

return sigv4

-- Signed requests to an S3 service: where a bucket and a key are, and what an answer means.
--
-- A call may hold `bucket`, `key`, `query` (a list of `{parameter, value}`), `headers`, `body`, `or_204` (that status is a
-- success, too), and for errors `verb`, `words` (what stands after it) and `tail` (what stands after bucket and key).

local rest = require("assay.lib.rest")
local sigv4 = require("assay.lib.sigv4")
local xml = require("assay.lib.xml")

local concat = table.concat
local ipairs, pairs = ipairs, pairs

local s3 = {}

local api = rest.service("s3", { address = "endpoint" })

local DEFAULT_PORTS = { ["http://"] = ":80$", ["https://"] = ":443$" }

-- Addresses ----------------------------------------------------------------------------------------------

--- The argument as text, which must not be empty.
function s3.checked(name, value, argument)
  local text = rest.text("s3." .. name, value, argument)
  if text ~= "" then return text end
  rest.complain(("s3.%s: %s must not be empty"):format(name, argument))
end

--- A call with a bucket.
function s3.in_bucket(name, bucket, call)
  return rest.merged({ bucket = s3.checked(name, bucket, "bucket") }, call)
end

--- A call with a bucket and a key.
function s3.of_object(name, bucket, key, call)
  local found = s3.in_bucket(name, bucket, call)
  found.key = s3.checked(name, key, "key")
  return found
end

-- A key keeps its slashes, also several in a row; a part of dots would be taken for a way out of the bucket.
local function key_path(name, key)
  for part in (key .. "/"):gmatch("([^/]*)/") do
    if part == "." or part == ".." then
      rest.complain(("s3.%s: key must not have the path part '.' or '..': %s"):format(name, key))
    end
  end
  return sigv4.path(key)
end

local function bucket_in_host(name, bucket)
  if bucket:find("^%w[%w%.-]*$") then return bucket:lower() end
  rest.complain(("s3.%s: bucket cannot be part of a host name: %s"):format(name, bucket))
end

local function bucket_in_path(name, bucket)
  if bucket ~= "." and bucket ~= ".." then return rest.encode(bucket) end
  rest.complain(("s3.%s: bucket must not be '.' or '..'"):format(name))
end

-- Where a request goes: `base` and `path` make the address, `host` and `path` are signed.
local function place(name, client, bucket, key)
  local scheme, host, path = rest.base(client.endpoint):match("^(%a+://)([^/?#]+)([^?#]*)$")
  if not scheme then
    rest.complain(("s3.%s: endpoint is no address like https://host: %s"):format(name, client.endpoint))
  end
  scheme, host = scheme:lower(), host:lower()
  if bucket and client.path_style then
    path = path .. "/" .. bucket_in_path(name, bucket)
  elseif bucket then
    host = bucket_in_host(name, bucket) .. "." .. host
  end
  if key then path = path .. "/" .. key_path(name, key) end
  local signed = host:gsub(DEFAULT_PORTS[scheme] or "^$", "")
  return { base = scheme .. host, host = signed, path = path ~= "" and path or "/" }
end

-- Requests -----------------------------------------------------------------------------------------------

-- A client's own headers are signed where the service wants that.
local function signed_headers(client, headers)
  local all = rest.merged(headers)
  for name, value in pairs(client.headers or {}) do
    if name:lower():find("^x%-amz%-") then all[name] = value end
  end
  return all
end

local function encoded(name, query)
  local items = {}
  for _, pair in ipairs(query or {}) do
    if pair[2] then items[#items + 1] = pair[1] .. "=" .. rest.encode(rest.text("s3." .. name, pair[2], pair[1])) end
  end
  return items
end

local function described(name, client, method, call)
  local at = place(name, client, call.bucket, call.key)
  return at, {
    method = method, host = at.host, path = at.path, query = encoded(name, call.query), body = call.body,
    headers = signed_headers(client, call.headers),
  }
end

--- The address and all headers of a request that somebody else sends.
function s3.signed(name, client, method, call)
  local at, sent = described(name, client, method, call)
  return at.base .. at.path, rest.merged(sigv4.headers(client, sent), client.headers)
end

--- A link that is good for `expires` seconds.
function s3.link(name, client, method, call, expires)
  local at, sent = described(name, client, method, call)
  sent.headers = call.headers
  return at.base .. at.path .. "?" .. sigv4.query(client, sent, expires)
end

--- Sends a signed request and returns the response, whatever its status is, and what `fail` takes.
function s3.request(name, client, method, call)
  local at, sent = described(name, client, method, call)
  local words = call.words or "/" .. (call.bucket or "") .. (call.key and "/" .. call.key or "") .. (call.tail or "")
  local function message(_, _, response)
    return ("s3: %s %s HTTP %d: "):format(call.verb or method, words, response.status)
  end
  local via = { endpoint = at.base, transport = client.transport, headers = client.headers }
  return api:request(method, name, via, nil, nil, {
    target = at.path .. (sent.query[1] and "?" .. concat(sent.query, "&") or ""),
    body = call.body, headers = sigv4.headers(client, sent), message = message,
  })
end

--- Sends a request and returns the response; raises unless it is a success.
function s3.expect(name, client, method, call)
  local response, sent = s3.request(name, client, method, call)
  if response.status ~= 200 and not (call.or_204 and response.status == 204) then api:fail(sent, response) end
  return response, sent
end

--- The body, for requests that the service answers with 200 before it knows how they end.
function s3.expect_document(name, client, method, call)
  local response, sent = s3.expect(name, client, method, call)
  if xml.text(response.body, "Error") then api:fail(sent, response) end
  return response.body
end

--- The response, nil where there is no such thing.
function s3.find(name, client, method, call)
  local response, sent = s3.request(name, client, method, call)
  if response.status == 404 then return nil end
  if response.status ~= 200 then api:fail(sent, response) end
  return response
end

return s3

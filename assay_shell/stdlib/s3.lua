--- @module assay.s3
--- @category storage
--- @description S3-compatible object storage with AWS Signature V4 auth: buckets, objects, list, copy
--- @keywords s3, storage, buckets, objects, aws, minio, r2, sigv4, bucket, object, copy, metadata, signature-v4, compatible, cloudflare-r2
--- @quickref c:create_bucket(bucket) -> true | Create a bucket in the client's region
--- @quickref c:delete_bucket(bucket) -> true | Delete an empty bucket
--- @quickref c:list_buckets() -> [{name, creation_date}] | Buckets of the account
--- @quickref c:put_object(bucket, key, body?, opts?) -> true | Write an object; opts: {content_type, headers}
--- @quickref c:get_object(bucket, key) -> string|nil | The bytes of an object; nil when there is none
--- @quickref c:delete_object(bucket, key) -> true | Delete an object
--- @quickref c:list_objects(bucket, opts?) -> {objects, is_truncated, next_continuation_token, key_count} | One page; opts: {prefix, max_keys, continuation_token, delimiter, start_after}
--- @quickref c:head_object(bucket, key) -> {status, headers}|nil | Headers of an object, which is read for that; nil when there is none
--- @quickref c:copy_object(src_bucket, src_key, dst_bucket, dst_key) -> true | Copy an object within the service
--- @quickref c:bucket_exists(bucket) -> bool | Whether the bucket is there and may be listed
--- @quickref c:each_bucket(opts?) -> iterator | Buckets from all pages; opts: {prefix, page_size}
--- @quickref c:each_object(bucket, opts?) -> iterator | Objects {key, size, last_modified, etag} from all pages; opts: {prefix, delimiter, start_after, page_size}
--- @quickref c:stat_object(bucket, key) -> {size, etag, last_modified, content_type, metadata, headers}|nil | What is known of an object, without reading it
--- @quickref c:download(bucket, key, path, opts?) -> {path, size, ...}|nil | An object of any size into a file; opts: {resume, progress}
--- @quickref c:upload(bucket, key, source, opts?) -> {size, parts, etag} | Text, {path = file} or an iterator, in parts where it is large; opts: {content_type, headers, part_size, concurrency}
--- @quickref c:start_upload(bucket, key, opts?) -> string | Begin an upload in parts: its id
--- @quickref c:upload_part(bucket, key, upload_id, number, body) -> string | Send a part, numbered from 1: its ETag
--- @quickref c:finish_upload(bucket, key, upload_id, etags) -> {etag} | Make the parts one object
--- @quickref c:abort_upload(bucket, key, upload_id) -> true | Give an upload up and delete its parts
--- @quickref c:each_upload(bucket, opts?) -> iterator | Unfinished uploads {key, upload_id, initiated}; opts: {prefix, page_size}
--- @quickref c:presigned_url(bucket, key, opts?) -> string | Link that needs no credentials; opts: {method, expires = 3600, params, headers}

local pieces = require("assay.lib.pieces")
local rest = require("assay.lib.rest")
local s3 = require("assay.lib.s3")
local sigv4 = require("assay.lib.sigv4")
local xml = require("assay.lib.xml")
local M, Client = {}, {}

local checked, in_bucket, of_object = s3.checked, s3.in_bucket, s3.of_object
local expect, expect_document, find = s3.expect, s3.expect_document, s3.find

local NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
local PART, CONCURRENCY, MOST_PARTS = 8 * 1024 * 1024, 4, 10000
local DAY = 86400

local REQUIRED = { "endpoint", "region", "access_key", "secret_key" }

--- A client. Buckets stand in the path of an address; `path_style = false` puts them into the name of the host.
--- Options, the first four required: `endpoint` (such as "https://s3.eu-west-1.amazonaws.com"), `region`, `access_key`,
--- `secret_key`, `path_style` (true), `session_token` (of temporary credentials), `headers`, `timeout` and the like. The
--- endpoint may also stand before the options.
--- Errors: `s3.client: endpoint is required`, likewise `region`, `access_key`, `secret_key`.
--- Example: `local c = require("assay.s3").client({ endpoint = "http://localhost:9000", region = "us-east-1", access_key = "AK", secret_key = env.get("S3_SECRET") })`
--- @effect read
function M.client(url, opts)
  if type(url) == "table" then url, opts = url.endpoint, url end
  local given = rest.merged({ endpoint = url }, opts)
  local fields = { path_style = given.path_style ~= false, session_token = given.session_token }
  for _, name in ipairs(REQUIRED) do
    if not given[name] then error("s3.client: " .. name .. " is required") end
    fields[name] = given[name]
  end
  local client = rest.client(Client, given.endpoint, fields, given)
  client.endpoint, client.url = client.url, nil
  rest.hide(client.secret_key)
  rest.hide(client.session_token)
  return client
end

local function unquoted(etag)
  return etag and etag:gsub('"', "") or nil
end

local function typed(opts)
  local headers = rest.merged(opts and opts.headers)
  headers["content-type"] = opts and opts.content_type
  return headers
end

-- Buckets ------------------------------------------------------------------------------------------------

local LOCATION = "<CreateBucketConfiguration %s><LocationConstraint>%s</LocationConstraint></CreateBucketConfiguration>"

--- Creates a bucket in the client's region.
--- Errors: any status but 200 and 204, so 409 where the name is taken.
--- Example: `c:create_bucket("backups")`
--- @effect write
function Client:create_bucket(bucket)
  local body = self.region ~= "us-east-1" and LOCATION:format(NAMESPACE, xml.escape(self.region)) or ""
  local headers = { ["content-type"] = "application/xml" }
  local call = in_bucket("create_bucket", bucket, { body = body, headers = headers, or_204 = true })
  expect("create_bucket", self, "PUT", call)
  return true
end

--- Deletes a bucket, which has to be empty.
--- Errors: any status but 200 and 204, so 404 and, where objects are left, 409.
--- Example: `c:delete_bucket("backups")`
--- @effect write
function Client:delete_bucket(bucket)
  expect("delete_bucket", self, "DELETE", in_bucket("delete_bucket", bucket, { or_204 = true }))
  return true
end

local function buckets(document)
  local found = {}
  for bucket in xml.each(document, "Bucket") do
    local name = xml.text(bucket, "Name")
    if name then found[#found + 1] = { name = name, creation_date = xml.text(bucket, "CreationDate") } end
  end
  return found
end

--- Lists the buckets of the account: all, or the first page where the service gives pages (`each_bucket` reads them
--- all).
--- Errors: any status but 200.
--- Example: `for _, bucket in ipairs(c:list_buckets()) do print(bucket.name, bucket.creation_date) end`
--- @effect read
function Client:list_buckets()
  return buckets(expect("list_buckets", self, "GET", {}).body)
end

--- Writes an object, which may hold any bytes; without a body it is empty.
--- Options: `content_type`, `headers` (such as `x-amz-storage-class` or `x-amz-meta-owner`).
--- Errors: the key is empty or has a part `..`; any status but 200 and 204.
--- Example: `c:put_object("backups", "2026/db.json", json.encode({ ok = true }), { content_type = "application/json" })`
--- @effect write
function Client:put_object(bucket, key, body, opts)
  local text = rest.text("s3.put_object", body or "", "body")
  local call = of_object("put_object", bucket, key, { body = text, headers = typed(opts), or_204 = true })
  expect("put_object", self, "PUT", call)
  return true
end

--- Reads an object as bytes; nil when there is none. `download` is for what does not fit into memory.
--- Errors: the key is empty or has a part `..`; any status but 200 and 404.
--- Example: `local text = c:get_object("backups", "2026/db.json")`
--- @effect read
function Client:get_object(bucket, key)
  local response = find("get_object", self, "GET", of_object("get_object", bucket, key))
  return response and response.body
end

--- Deletes an object. Most services answer the same when there is none.
--- Errors: the key is empty or has a part `..`; any status but 200 and 204.
--- Example: `c:delete_object("backups", "2026/db.json")`
--- @effect write
function Client:delete_object(bucket, key)
  expect("delete_object", self, "DELETE", of_object("delete_object", bucket, key, { or_204 = true }))
  return true
end

local function page(name, client, bucket, opts, encoding)
  local call = in_bucket(name, bucket, { tail = "?list-type=2" })
  call.query = {
    { "list-type", 2 }, { "prefix", opts.prefix }, { "max-keys", opts.max_keys },
    { "continuation-token", opts.continuation_token }, { "delimiter", opts.delimiter },
    { "start-after", opts.start_after }, { "encoding-type", encoding },
  }
  return expect(name, client, "GET", call).body
end

local function object_of(contents)
  local size = tonumber(xml.text(contents, "Size")) or 0
  return { key = xml.text(contents, "Key"), size = size, last_modified = xml.text(contents, "LastModified") }
end

--- Lists objects: one page, up to 1000 (`each_object` reads them all). Names are given as they are, so what the service
--- writes as `&amp;` is `&`.
--- Options: `prefix`, `max_keys`, `continuation_token` (the `next_continuation_token` of the page before), `delimiter`
--- ("/": what is below is left out, and `common_prefixes` has the folders), `start_after` (a key).
--- Errors: any status but 200.
--- Example: `for _, object in ipairs(c:list_objects("backups", { prefix = "2026/" }).objects) do print(object.key, object.size) end`
--- @effect read
function Client:list_objects(bucket, opts)
  local document = page("list_objects", self, bucket, opts or {})
  local objects, prefixes = {}, {}
  for contents in xml.each(document, "Contents") do objects[#objects + 1] = object_of(contents) end
  for prefix in xml.each(document, "CommonPrefixes") do prefixes[#prefixes + 1] = xml.text(prefix, "Prefix") end
  return {
    objects = objects,
    common_prefixes = prefixes[1] and prefixes or nil,
    is_truncated = xml.text(document, "IsTruncated") == "true",
    next_continuation_token = xml.text(document, "NextContinuationToken"),
    key_count = tonumber(xml.text(document, "KeyCount")) or 0,
  }
end

--- Reads the headers of an object; nil when there is none. The object is read for that: `stat_object` asks for the
--- headers alone.
--- Errors: the key is empty or has a part `..`; any status but 200 and 404.
--- Example: `local found = c:head_object("backups", "2026/db.json") print(found and found.headers["last-modified"])`
--- @effect read
function Client:head_object(bucket, key)
  local response = find("head_object", self, "GET", of_object("head_object", bucket, key, { verb = "HEAD" }))
  return response and { status = 200, headers = response.headers }
end

--- Copies an object within the service.
--- Errors: a key is empty; any status but 200; the service gives up half way, which it tells in a 200.
--- Example: `c:copy_object("backups", "2026/db.json", "archive", "db-2026.json")`
--- @effect write
function Client:copy_object(src_bucket, src_key, dst_bucket, dst_key)
  local from = ("%s/%s"):format(checked("copy_object", src_bucket, "src_bucket"),
    checked("copy_object", src_key, "src_key"))
  local to = ("%s/%s"):format(checked("copy_object", dst_bucket, "dst_bucket"),
    checked("copy_object", dst_key, "dst_key"))
  expect_document("copy_object", self, "PUT", {
    bucket = dst_bucket, key = dst_key, body = "", verb = "COPY", words = ("/%s -> /%s"):format(from, to),
    headers = { ["x-amz-copy-source"] = "/" .. sigv4.path(from) },
  })
  return true
end

--- Tells whether a bucket is there and may be listed.
--- Errors: the service cannot be reached; every status but 200 is false.
--- Example: `if not c:bucket_exists("backups") then c:create_bucket("backups") end`
--- @effect read
function Client:bucket_exists(bucket)
  local call = in_bucket("bucket_exists", bucket, { query = { { "list-type", 2 }, { "max-keys", 0 } } })
  return s3.request("bucket_exists", self, "GET", call).status == 200
end

-- Pages --------------------------------------------------------------------------------------------------

--- Iterates over the buckets of the account, page by page where the service gives pages.
--- Options: `prefix`, `page_size` (up to 10000).
--- Errors: any status but 200.
--- Example: `for bucket in c:each_bucket({ prefix = "backup-" }) do print(bucket.name) end`
--- @effect read
Client.each_bucket = function(self, opts)
  opts = opts or {}
  return rest.each(function(mark)
    local query = { { "prefix", opts.prefix }, { "max-buckets", opts.page_size }, { "continuation-token", mark } }
    local document = expect("each_bucket", self, "GET", { query = query }).body
    return buckets(document), xml.text(document, "ContinuationToken")
  end)
end

--- Iterates over objects, page by page: `{key, size, last_modified, etag}`. With a delimiter what is below it is left
--- out, and each folder comes as `{prefix}`.
--- Options: `prefix`, `delimiter` (such as "/"), `start_after` (a key), `page_size` (1000 at most).
--- Errors: any status but 200.
--- Example: `for object in c:each_object("backups", { prefix = "2026/" }) do print(object.key, object.size) end`
--- @effect read
Client.each_object = function(self, bucket, opts)
  local asked = rest.merged({ max_keys = opts and opts.page_size }, opts)
  checked("each_object", bucket, "bucket")
  return rest.each(function(mark)
    asked.continuation_token = mark
    local document, found = page("each_object", self, bucket, asked, "url"), {}
    local plain = xml.text(document, "EncodingType") == "url" and rest.decode or tostring
    for contents in xml.each(document, "Contents") do
      local object = object_of(contents)
      object.key, object.etag = plain(object.key), unquoted(xml.text(contents, "ETag"))
      found[#found + 1] = object
    end
    for prefix in xml.each(document, "CommonPrefixes") do
      found[#found + 1] = { prefix = plain(xml.text(prefix, "Prefix")) }
    end
    return found, xml.text(document, "IsTruncated") == "true" and xml.text(document, "NextContinuationToken") or nil
  end)
end

--- Iterates over uploads that were neither finished nor given up, page by page: `{key, upload_id, initiated}`. Their
--- parts are stored and cost money.
--- Options: `prefix`, `page_size` (1000 at most).
--- Errors: any status but 200.
--- Example: `for upload in c:each_upload("backups") do c:abort_upload("backups", upload.key, upload.upload_id) end`
--- @effect read
Client.each_upload = function(self, bucket, opts)
  opts = opts or {}
  checked("each_upload", bucket, "bucket")
  return rest.each(function(mark)
    local key, id = (mark or ""):match("^(.*)\n(.*)$")
    local call = in_bucket("each_upload", bucket, { tail = "?uploads" })
    call.query = {
      { "uploads", "" }, { "prefix", opts.prefix }, { "max-uploads", opts.page_size }, { "key-marker", key },
      { "upload-id-marker", id },
    }
    local document, found = expect("each_upload", self, "GET", call).body, {}
    for upload in xml.each(document, "Upload") do
      found[#found + 1] = {
        key = xml.text(upload, "Key"), upload_id = xml.text(upload, "UploadId"),
        initiated = xml.text(upload, "Initiated"),
      }
    end
    if xml.text(document, "IsTruncated") ~= "true" then return found, nil end
    local next_key, next_id = xml.text(document, "NextKeyMarker"), xml.text(document, "NextUploadIdMarker")
    return found, (next_key or "") .. "\n" .. (next_id or "")
  end)
end

-- Large objects ------------------------------------------------------------------------------------------

--- Asks what is known of an object, without reading it; nil when there is none. `metadata` has the headers
--- `x-amz-meta-...` by the rest of their names.
--- Errors: the key is empty or has a part `..`; any status but 200 and 404.
--- Example: `local found = c:stat_object("backups", "2026/db.json") print(found and found.size)`
--- @effect read
Client.stat_object = function(self, bucket, key)
  local response = find("stat_object", self, "HEAD", of_object("stat_object", bucket, key))
  if not response then return nil end
  local headers, metadata = response.headers, {}
  for name, value in pairs(headers) do
    local own = name:match("^x%-amz%-meta%-(.+)$")
    if own then metadata[own] = value end
  end
  return {
    size = tonumber(headers["content-length"]), etag = unquoted(headers.etag), metadata = metadata,
    last_modified = headers["last-modified"], content_type = headers["content-type"], headers = headers,
  }
end

--- Reads an object of any size into a file, which appears when it is complete: `{path, size, resumed, status, headers}`;
--- nil when there is none.
--- Options: `resume` (true: keep what has arrived when it breaks off, and go on from there next time), `progress`
--- (`function(done, total)`, in bytes).
--- Errors: the key is empty or has a part `..`; any status but 200 and 404; the file cannot be written.
--- Example: `c:download("backups", "2026/db.tar", "/tmp/db.tar", { resume = true })`
--- @effect write
Client.download = function(self, bucket, key, path, opts)
  opts, path = opts or {}, rest.text("s3.download", path, "path")
  local url, headers = s3.signed("download", self, "GET", of_object("download", bucket, key))
  local options = { headers = headers, resume = opts.resume, progress = opts.progress }
  local done, result = pcall(http.download, url, path, rest.merged(options, self.transport))
  if done then return result end
  if type(result) == "table" and result.status == 404 then return nil end
  error(result, 0)
end

--- Begins an upload in parts and gives its id. `upload` does all of it.
--- Options: `content_type`, `headers`, as `put_object`.
--- Errors: the key is empty or has a part `..`; any status but 200.
--- Example: `local id = c:start_upload("backups", "2026/db.tar")`
--- @effect write
Client.start_upload = function(self, bucket, key, opts)
  local call = { query = { { "uploads", "" } }, tail = "?uploads", body = "", headers = typed(opts) }
  local document = expect_document("start_upload", self, "POST", of_object("start_upload", bucket, key, call))
  return xml.text(document, "UploadId")
end

--- Sends a part and gives its ETag. All but the last part need at least 5 MiB.
--- Errors: the key is empty or has a part `..`; any status but 200.
--- Example: `local etag = c:upload_part("backups", "2026/db.tar", id, 1, fs.read("part1"))`
--- @effect write
Client.upload_part = function(self, bucket, key, upload_id, number, body)
  local call = {
    query = { { "partNumber", number }, { "uploadId", checked("upload_part", upload_id, "upload_id") } },
    tail = "?partNumber=" .. rest.text("s3.upload_part", number, "number"),
    body = rest.text("s3.upload_part", body, "body"),
  }
  local response = expect("upload_part", self, "PUT", of_object("upload_part", bucket, key, call))
  return unquoted(response.headers.etag)
end

--- Makes one object of the parts, whose ETags are a list by their numbers.
--- Errors: a part is missing or too small; any status but 200; the service gives up half way, which it tells in a 200.
--- Example: `c:finish_upload("backups", "2026/db.tar", id, { etag_of_part_1, etag_of_part_2 })`
--- @effect write
Client.finish_upload = function(self, bucket, key, upload_id, etags)
  if type(etags) ~= "table" then error("s3.finish_upload: etags must be a list", 2) end
  local parts = {}
  for number, etag in ipairs(etags) do
    parts[number] = ('<Part><PartNumber>%d</PartNumber><ETag>"%s"</ETag></Part>'):format(number, xml.escape(etag))
  end
  local list = ("<CompleteMultipartUpload %s>%s</CompleteMultipartUpload>"):format(NAMESPACE, table.concat(parts))
  local document = expect_document("finish_upload", self, "POST", of_object("finish_upload", bucket, key, {
    query = { { "uploadId", checked("finish_upload", upload_id, "upload_id") } }, tail = "?uploadId", body = list,
    headers = { ["content-type"] = "application/xml" },
  }))
  return { etag = unquoted(xml.text(document, "ETag")) }
end

--- Gives an upload up and deletes the parts that were sent.
--- Errors: any status but 200 and 204, so 404 where there is no such upload.
--- Example: `c:abort_upload("backups", "2026/db.tar", id)`
--- @effect write
Client.abort_upload = function(self, bucket, key, upload_id)
  local query = { { "uploadId", checked("abort_upload", upload_id, "upload_id") } }
  local call = { query = query, tail = "?uploadId", or_204 = true }
  expect("abort_upload", self, "DELETE", of_object("abort_upload", bucket, key, call))
  return true
end

-- Sends parts at once, numbered after `before`: their ETags. When one fails the others are waited for, so that nothing
-- arrives after the upload was given up.
local function send_at_once(client, bucket, key, id, parts, before)
  local outcomes = async.map(parts, function(part, index)
    return { pcall(client.upload_part, client, bucket, key, id, before + index, part) }
  end, { concurrency = #parts })
  local etags = {}
  for index, outcome in ipairs(outcomes) do
    if not outcome[1] then error(outcome[2], 0) end
    etags[index] = outcome[2] or ""
  end
  return etags
end

-- Sends the parts that `read` gives, several at once, after the `pending` ones: all ETags, and all sizes together.
local function send_parts(client, bucket, key, id, pending, read, at_once)
  local etags, size = {}, 0
  while pending[1] do
    while #pending < at_once do
      local part = read()
      if not part then break end
      pending[#pending + 1] = part
    end
    for _, part in ipairs(pending) do size = size + #part end
    for _, etag in ipairs(send_at_once(client, bucket, key, id, pending, #etags)) do etags[#etags + 1] = etag end
    pending = { read() }
  end
  return etags, size
end

local function number_of(opts, name, default)
  local value = opts[name] == nil and default or opts[name]
  if type(value) == "number" and value >= 1 then return math.floor(value) end
  error(("s3.upload: %s must be a number, 1 or more: %s"):format(name, tostring(value)))
end

-- What has to be done when an upload ends, however it does: the source is closed, and where `id` is still set, parts that
-- nobody will ever use are deleted.
local function unfinished(client, bucket, key, close)
  return setmetatable({}, { __close = function(upload)
    close()
    if upload.id then pcall(client.abort_upload, client, bucket, key, upload.id) end
  end })
end

--- Writes an object of any size: text, a file (`{ path = "..." }`) or what an iterator gives. What is larger than a part
--- goes in parts, several at once; when one fails, or the upload is cancelled, it is given up. Gives `{size, parts, etag}`.
--- Options: `content_type`, `headers`, as `put_object`; `part_size` (bytes, 8 MiB; services want at least 5 MiB),
--- `concurrency` (parts at once, 4).
--- Errors: the key is empty or has a part `..`; the file cannot be read; any status that is no success.
--- Example: `c:upload("backups", "2026/db.tar", { path = "/var/backups/db.tar" }, { content_type = "application/x-tar" })`
--- @effect write
Client.upload = function(self, bucket, key, source, opts)
  opts = opts or {}
  local call = of_object("upload", bucket, key, { headers = typed(opts) })
  local at_once = number_of(opts, "concurrency", CONCURRENCY)
  local read, close = pieces.open("s3.upload", source, number_of(opts, "part_size", PART), MOST_PARTS)
  local upload <close> = unfinished(self, bucket, key, close)
  local first, second = read() or "", read()
  if not second then
    call.body = first
    local response = expect("upload", self, "PUT", call)
    return { size = #first, parts = 1, etag = unquoted(response.headers.etag) }
  end
  upload.id = self:start_upload(bucket, key, opts)
  local etags, size = send_parts(self, bucket, key, upload.id, { first, second }, read, at_once)
  local finished = self:finish_upload(bucket, key, upload.id, etags)
  upload.id = nil
  return { size = size, parts = #etags, etag = finished.etag }
end

-- Links --------------------------------------------------------------------------------------------------

local function sorted_pairs(values)
  local found = {}
  for name, value in pairs(values or {}) do found[#found + 1] = { rest.encode(name), value } end
  table.sort(found, function(a, b) return a[1] < b[1] end)
  return found
end

--- Makes a link with which anybody can do one thing to one object for a while. Nothing is sent.
--- Options: `method` ("GET"; "PUT" lets somebody write it), `expires` (seconds, 3600, at most 7 days), `params` (query
--- parameters such as `["response-content-disposition"]`), `headers` (which whoever uses the link has to send).
--- Errors: the key is empty or has a part `..`; `expires` is not 1 to 604800.
--- Example: `print(c:presigned_url("backups", "2026/db.tar", { expires = 600 }))`
--- @effect read
Client.presigned_url = function(self, bucket, key, opts)
  opts = opts or {}
  local expires = tonumber(opts.expires or 3600)
  if not expires or expires < 1 or expires > 7 * DAY then
    error(("s3.presigned_url: expires must be 1 to %d seconds: %s"):format(7 * DAY, tostring(opts.expires)))
  end
  local call = of_object("presigned_url", bucket, key, { query = sorted_pairs(opts.params), headers = opts.headers })
  return s3.link("presigned_url", self, (opts.method or "GET"):upper(), call, expires)
end

return M

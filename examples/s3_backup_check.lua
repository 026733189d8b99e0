-- Whether backups arrive in a bucket: the newest object is young and large enough, and no fraction of the one before.
--
--   assay examples/s3_backup_check.lua -- [--json] [--hours=26] [--bytes=1] [--shrink=50] BUCKET [PREFIX]
--
-- Exit code 1 when the newest is older than so many hours, smaller than so many bytes, or more than that many percent
-- smaller than the one before it, and when there is none. S3_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID,
-- AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN say where and who.

local function usage()
  io.stderr:write("usage: assay s3_backup_check.lua -- ")
  io.stderr:write("[--json] [--hours=26] [--bytes=1] [--shrink=50] BUCKET [PREFIX]\n")
  io.stderr:write("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set\n")
  require("os").exit(2)
end

local given = { json = false, hours = "26", bytes = "1", shrink = "50" }
for _, word in ipairs(arg or {}) do
  local name, value = word:match("^%-%-?(%a*)=?(.*)$")
  if name and given[name] == nil then usage() end
  if name then given[name] = value else given[#given + 1] = word end
end
local bucket, prefix = given[1], given[2] or ""
local hours, bytes, shrink = tonumber(given.hours), tonumber(given.bytes), tonumber(given.shrink)
local access_key, secret_key = env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SECRET_ACCESS_KEY")
if not bucket or #given > 2 or not (hours and bytes and shrink and access_key and secret_key) then usage() end

-- Seconds since 1970 of "2026-11-22T10:00:00Z"; os.time alone would take it for local time.
local function seconds(text)
  local year, month, day, hour, min, sec = text:match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)")
  local t = os.time({ year = year, month = month, day = day, hour = hour, min = min, sec = sec, isdst = false })
  return t + (t - os.time(os.date("!*t", t)))
end

local region = env.get("AWS_REGION") or "us-east-1"
local client = require("assay.s3").client({
  endpoint = env.get("S3_ENDPOINT") or ("https://s3.%s.amazonaws.com"):format(region),
  region = region,
  access_key = access_key,
  secret_key = secret_key,
  session_token = env.get("AWS_SESSION_TOKEN"),
})

local count, newest, before = 0, nil, nil
for object in client:each_object(bucket, { prefix = prefix }) do
  if object.key:sub(-1) ~= "/" then -- else the marker of a folder
    count = count + 1
    if not newest or object.last_modified > newest.last_modified then
      newest, before = object, newest
    elseif not before or object.last_modified > before.last_modified then
      before = object
    end
  end
end

local problems, age = json.array(), nil
local function complain(...) problems[#problems + 1] = string.format(...) end
if newest then
  age = (time() - seconds(newest.last_modified)) / 3600
  if age > hours then complain("the newest is %.1f hours old, at most %g are allowed", age, hours) end
  if newest.size < bytes then complain("the newest has %d bytes, at least %g are wanted", newest.size, bytes) end
  if before and newest.size < before.size * (1 - shrink / 100) then
    complain("the newest has %d bytes, the one before %d", newest.size, before.size)
  end
else
  complain("there is no backup")
end

if given.json then
  local hours_old = age and math.floor(age * 10 + 0.5) / 10
  local report = { bucket = bucket, prefix = prefix, backups = count, problems = problems, newest = newest }
  report.hours_old = hours_old
  print(json.encode(report))
else
  print(("%s/%s: %d backups, newest %s"):format(bucket, prefix, count, newest and newest.key or "none"))
  for _, problem in ipairs(problems) do print("  " .. problem) end
end
if #problems > 0 then require("os").exit(1) end

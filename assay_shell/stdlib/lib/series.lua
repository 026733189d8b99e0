-- Numbers over time: the window of a question, and its answer as series that can be drawn.
--
-- A series is `{ label = 'up{job="api"}', labels = { job = "api" }, points = { { 1700000000, 1.5 }, ... } }`: points are
-- pairs of Unix seconds and a number, the oldest first. What is no finite number is left out.

local series = {}

local UNITS = { s = 1, m = 60, h = 3600, d = 86400, w = 604800, y = 31536000 }
local POINTS = 240 -- so many steps a window has unless told otherwise

--- Seconds of a duration like `90s` or `1h30m`, with or without a sign; nil for other text.
function series.duration(text)
  local sign, parts = text:match("^(%-?)([%d.smhdwy]+)$")
  if not parts or parts:gsub("%d+%.?%d*[smhdwy]", "") ~= "" then return nil end
  local seconds = 0
  for number, unit in parts:gmatch("(%d+%.?%d*)([smhdwy])") do seconds = seconds + tonumber(number) * UNITS[unit] end
  return sign == "-" and -seconds or seconds
end

-- Days from 1970-01-01 to a date, with the years counted from March.
local function days(year, month, day)
  if month < 3 then year, month = year - 1, month + 12 end
  local leaps = year // 4 - year // 100 + year // 400
  return 365 * year + leaps + (153 * (month - 3) + 2) // 5 + day - 719469
end

local TIMESTAMP = "^(%d%d%d%d)-(%d%d)-(%d%d)[Tt ](%d%d):(%d%d):(%d%d%.?%d*)(.*)$"

local function offset(zone)
  if zone == "Z" or zone == "z" or zone == "" then return 0 end
  local sign, hours, minutes = zone:match("^([+-])(%d%d):?(%d%d)$")
  if not sign then return nil end
  return (sign == "-" and -1 or 1) * (tonumber(hours) * 3600 + tonumber(minutes) * 60)
end

local function timestamp(text)
  local year, month, day, hour, minute, second, zone = text:match(TIMESTAMP)
  local shift = year and offset(zone)
  if not shift then return nil end
  local midnight = days(tonumber(year), tonumber(month), tonumber(day)) * 86400
  return midnight + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second) - shift
end

--- Unix seconds of a moment: a number, `now`, a duration from now (`-1h`), or RFC 3339 text. Anything else is an error
--- that names the function `where` and the argument `name`.
function series.moment(where, name, value, now)
  local kind = type(value)
  if kind == "number" then return value end
  if value == "now" then return now end
  if kind == "string" then
    local relative = series.duration(value)
    if relative then return now + relative end
    local found = tonumber(value) or timestamp(value)
    if found then return found end
  end
  error(("%s: %s is neither a number, a duration like '-1h' nor a time like '2026-01-31T09:00:00Z': %s"):format(
    where, name, tostring(value)
  ), 0)
end

--- Start, end and step of a window, all in seconds. `opts`: start ("-1h"), end_time ("now"), step (seconds or a
--- duration; else so many that `points`, 240, come out, at least one second).
function series.window(where, opts)
  local now = time()
  local last = series.moment(where, "end_time", opts.end_time or "now", now)
  local first = series.moment(where, "start", opts.start or "-1h", now)
  if first > last then error(where .. ": start is after end_time", 0) end
  local step = opts.step
  if type(step) == "string" then step = series.duration(step) or tonumber(step) end
  if opts.step == nil then step = math.max(1, math.ceil((last - first) / (opts.points or POINTS))) end
  if type(step) ~= "number" or step <= 0 then
    error(("%s: step is neither a number above 0 nor a duration like '30s': %s"):format(where, tostring(opts.step)), 0)
  end
  return first, last, step
end

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

local function label_of(metric)
  local parts = {}
  for name, value in pairs(metric) do
    if name ~= "__name__" then parts[#parts + 1] = name .. '="' .. value:gsub('[\\"\n]', ESCAPES) .. '"' end
  end
  table.sort(parts)
  local name = metric.__name__ or ""
  if #parts == 0 and name ~= "" then return name end
  return name .. "{" .. table.concat(parts, ", ") .. "}"
end

local function finite(text)
  local number = tonumber(text)
  if number and number == number and number ~= math.huge and number ~= -math.huge then return number end
end

local function points_of(samples)
  local points = {}
  for _, sample in ipairs(samples or {}) do
    local value = finite(sample[2])
    if value then points[#points + 1] = { sample[1], value } end
  end
  return points
end

--- Series of a result as Prometheus and Loki give it: a list of `{metric, values = {{seconds, "number"}, ...}}`.
function series.of_matrix(result)
  local found = {}
  for index, item in ipairs(result) do
    local metric = item.metric or {}
    found[index] = { label = label_of(metric), labels = metric, points = points_of(item.values) }
  end
  return found
end

return series

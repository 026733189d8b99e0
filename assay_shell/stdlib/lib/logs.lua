-- Log lines over time: streams taken apart into lines, pages of lines, and a tail that outlives its connections.
--
-- A line is `{ time = Unix seconds, timestamp = nanoseconds as text, line, labels }`.

local series = require("assay.lib.series")

local logs = {}

--- Nanoseconds of a moment, as `series.moment` takes it.
-- Integers too large for seconds are nanoseconds already.
function logs.nanoseconds(where, name, value)
  if math.type(value) == "integer" and value > 10 ^ 14 then return value end
  return math.floor(series.moment(where, name, value, time()) * 1e9)
end

-- The lines of streams, sorted by time.
local function entries_of(streams, backward)
  local found = {}
  for _, stream in ipairs(streams or {}) do
    for _, pair in ipairs(stream.values or {}) do
      local stamp = math.tointeger(tonumber(pair[1])) or 0
      local entry = { time = stamp / 1e9, timestamp = pair[1], line = pair[2], labels = stream.stream or {} }
      found[#found + 1] = { stamp = stamp, place = #found, entry = entry }
    end
  end
  table.sort(found, function(a, b)
    if a.stamp ~= b.stamp then return (a.stamp < b.stamp) ~= backward end
    return a.place < b.place
  end)
  return found
end

local function identity(item)
  return json.encode(item.entry.labels) .. item.entry.line
end

--- A function for `rest.each` that gives lines page by page. `fetch(first, last, size)` gives the streams from `first` on,
--- before `last`, in nanoseconds; `window` has both for the whole.
---
--- The next page starts at the last moment of the one before, where there may be lines that were not seen yet.
function logs.pages(fetch, window, size, backward)
  local seen = {}
  return function(border)
    local first, last = window.first, window.last
    if border and backward then last = border + 1 elseif border then first = border end
    local page = entries_of(fetch(first, last, size), backward)
    local fresh, known, edge = {}, seen, #page > 0 and page[#page].stamp
    seen = {}
    for _, item in ipairs(page) do
      local id = identity(item)
      if item.stamp ~= border or not known[id] then fresh[#fresh + 1] = item.entry end
      if item.stamp == edge then seen[id] = true end
    end
    if #page < size then return fresh, nil end
    if edge == border then edge = edge + (backward and -1 or 1) end
    return fresh, edge
  end
end

-- A tail: `conn` is its connection, `queue` what came, of which `taken` lines were handed out, `last` the stamp of the
-- last line that came.
local Tail = {}
Tail.__index = Tail

function Tail:close()
  if self.conn then ws.close(self.conn) end
  self.conn = nil
end

function Tail:message()
  if not self.conn then self.conn = self.connect(self.last) end
  return ws.recv(self.conn, { timeout = self.idle })
end

-- The next message; nil when none comes in time. What a lost connection left out is asked for by the next one.
function Tail:receive()
  local failures = 0
  while true do
    local ok, message = pcall(self.message, self)
    if ok then return message end
    local refused = not self.conn and (message.status or 500) < 500
    failures = failures + 1
    if refused or failures > self.retries then error(message, 0) end
    self:close()
    sleep(math.min(0.1 * 2 ^ failures, 10))
  end
end

function Tail:fill()
  local message = self:receive()
  if not message then return false end
  local document = json.parse(message)
  self.queue, self.taken = entries_of(document.streams, false), 0
  if #self.queue > 0 then self.last = self.queue[#self.queue].stamp end
  local dropped = #(document.dropped_entries or {})
  if dropped > 0 then log.warn(("%s: the server left out %d lines, they came too fast"):format(self.where, dropped)) end
  return true
end

function Tail:next()
  while self.taken >= #self.queue do
    if not self:fill() then return nil end
  end
  self.taken = self.taken + 1
  return self.queue[self.taken].entry
end

--- Iterates over lines as they come. `connect(last)` gives a WebSocket for the lines after that stamp, nil for the first
--- one. `opts`: `idle` (seconds without a line that end the loop), `retries` (attempts after a lost connection, 5).
--- Leaving the loop closes the connection.
function logs.follow(where, opts, connect)
  local tail = setmetatable({ where = where, connect = connect, queue = {}, taken = 0 }, Tail)
  tail.idle, tail.retries, tail.conn = opts.idle, opts.retries or 5, connect()
  local function next_entry()
    local entry = tail:next()
    if entry == nil then tail:close() end
    return entry
  end
  return next_entry, nil, nil, setmetatable({}, { __close = function() tail:close() end })
end

return logs

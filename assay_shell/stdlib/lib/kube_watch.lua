-- Changes of objects as they happen: a list to begin with, then a watch that outlives its connections.
--
-- The server ends each connection after a while. The next one starts from the last version that was seen; where the
-- server has forgotten that version (410) everything is listed again, and what differs from before is told as changes.

local max, min, ceil = math.max, math.min, math.ceil
local error, ipairs, pairs, pcall, rawget, setmetatable, tonumber, type =
  error, ipairs, pairs, pcall, rawget, setmetatable, tonumber, type

local LONGEST = 300 -- seconds that one connection lasts
local SHORTEST = 1 -- seconds; one that ends sooner is a failure
local SILENCE = 30 -- seconds beyond that without a sign of the server: the connection is lost
local LONGEST_PAUSE = 30 -- seconds between attempts to connect again

local Watch = {}
Watch.__index = Watch

local function key_of(object)
  local meta = object.metadata or {}
  return meta.uid or (meta.namespace or "") .. "/" .. (meta.name or "")
end

-- What is kept of an object, to tell that it has gone.
local function trace_of(object)
  local meta = object.metadata or {}
  return {
    apiVersion = object.apiVersion, kind = object.kind,
    metadata = { name = meta.name, namespace = meta.namespace, uid = meta.uid, resourceVersion = meta.resourceVersion },
  }
end

function Watch:push(kind, object)
  self.queue[#self.queue + 1] = { type = kind, object = object }
end

-- Lists all objects; tells what is new, other or gone since `self.known` was written, unless `quiet`.
function Watch:list(quiet)
  local list = self.source.list()
  local before, known = self.known, {}
  for _, object in ipairs(list.items or {}) do
    object.apiVersion = object.apiVersion or list.apiVersion
    object.kind = object.kind or (list.kind or ""):match("^(.+)List$")
    local key, trace = key_of(object), trace_of(object)
    known[key] = trace
    local old = before[key]
    if quiet then
      before[key] = nil
    elseif not old then
      self:push("ADDED", object)
    elseif old.metadata.resourceVersion ~= trace.metadata.resourceVersion then
      self:push("MODIFIED", object)
    end
  end
  for key, trace in pairs(before) do
    if not known[key] then self:push("DELETED", trace) end
  end
  self.known, self.version = known, list.metadata and list.metadata.resourceVersion or "0"
end

function Watch:close()
  local stream = self.stream
  self.stream, self.ended = nil, true
  if stream then stream:close() end
end

function Watch:left()
  return self.deadline and self.deadline - time() or LONGEST
end

-- Waits before the next attempt, twice as long each time; never past the deadline.
function Watch:pause()
  self.failures = self.failures + 1
  sleep(max(0, min(0.1 * 2 ^ self.failures, LONGEST_PAUSE, self:left())))
end

-- The server has forgotten the version. One that does so again and again is not asked for everything all the time.
function Watch:forget()
  self.version = nil
  if self.failures > 0 then self:pause() else self.failures = 1 end
end

local function is_passing(failure)
  local status = type(failure) == "table" and rawget(failure, "status")
  return not status or status == 429 or status >= 500
end

local function is_gone(failure)
  return type(failure) == "table" and rawget(failure, "status") == 410
end

-- One attempt at something that asks the server. The first one of all may fail; later ones are made again.
function Watch:attempt(ask)
  local ok, failure = pcall(ask, self)
  if ok then return true end
  if is_gone(failure) then
    self:forget()
  elseif self.started and is_passing(failure) then
    self:pause()
  else
    error(failure, 0)
  end
  return false
end

function Watch:connect()
  local seconds = max(1, ceil(min(LONGEST, self:left())))
  self.stream, self.opened = self.source.open(self.version, seconds, seconds + SILENCE), time()
end

-- Makes sure that there is a version to start from and a connection.
function Watch:prepare()
  if not self.version and self:attempt(self.list) then self.started = true end
  if self.version and not self.stream and #self.queue == 0 and self:attempt(self.connect) then self.started = true end
end

function Watch:line()
  local function read() return self.stream:next() end
  local ok, line
  if self.deadline then
    ok, line = pcall(async.timeout, max(0, self:left()), read)
  else
    ok, line = pcall(read)
  end
  if ok and line then return line end
  local stream = self.stream
  self.stream = nil
  if stream then pcall(stream.close, stream) end
  if time() - self.opened < SHORTEST then self:pause() end -- a server in trouble is not asked all the time
end

local CHANGES = { ADDED = true, MODIFIED = true, DELETED = true }

function Watch:take(event)
  local object = event.object
  if event.type == "ERROR" then
    self.stream:close()
    self.stream = nil
    if object.code == 410 then
      self:forget()
    elseif (tonumber(object.code) or 500) < 500 then
      self.source.fail(object)
    else
      self:pause()
    end
    return
  end
  local meta = object.metadata or {}
  self.version, self.failures = meta.resourceVersion or self.version, 0
  if not CHANGES[event.type] then return end
  self.known[key_of(object)] = event.type ~= "DELETED" and trace_of(object) or nil
  self:push(event.type, object)
end

function Watch:next()
  while not self.ended do
    local first = self.queue[self.taken + 1]
    if first then
      self.queue[self.taken + 1] = nil
      self.taken = self.taken + 1
      return first
    end
    self.queue, self.taken = {}, 0
    if self:left() <= 0 then break end
    self:prepare()
    local line = self.stream and self:line()
    if line and line ~= "" then self:take(self.source.decode(line)) end
  end
  self:close()
end

local Events = { __name = "kubernetes events" }
Events.__index = Events

function Events:next() return self.watch:next() end

function Events:close() self.watch:close() end

Events.__call, Events.__close = Events.next, Events.close

--- Iterates over `{type, object}`, where `type` is ADDED, MODIFIED or DELETED.
---
--- `source`: `list()` gives a list object, `open(version, seconds, silence)` lines of events (`next`, `close`),
--- `decode(line)` an event, `fail(status)` raises what the server objects to. `opts`: `resource_version` (changes
--- after it, without a list), `initial` (false: only what changes from now on), `timeout` (seconds; then the loop
--- ends).
return function(source, opts)
  local watch = setmetatable({ source = source, queue = {}, taken = 0, known = {}, failures = 0 }, Watch)
  watch.deadline = opts.timeout and time() + opts.timeout
  watch.version = opts.resource_version
  if not watch.version then
    watch:list(opts.initial == false)
    watch.started = true
  end
  local events = setmetatable({ watch = watch }, Events)
  return events, nil, nil, events
end

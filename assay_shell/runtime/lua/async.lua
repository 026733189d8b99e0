-- async: tasks of a script. What waits is Python's; results stay in Lua, so that every value survives.

local core = ...
local error, type, format, ipairs, pairs, setmetatable = error, type, string.format, ipairs, pairs, setmetatable
local pack, unpack = table.pack, table.unpack

local M = {}

local function kind_of(value)
  return math.type(value) == "integer" and "integer" or type(value)
end

local function check_function(value, number)
  if type(value) ~= "function" then
    core.fail(format("bad argument #%d: error converting Lua %s to function", number, kind_of(value)), "conversion")
  end
end

local function check_table(value, number)
  if type(value) ~= "table" then
    core.fail(format("bad argument #%d: error converting Lua %s to table", number, kind_of(value)), "conversion")
  end
end

local function check_count(name, value)
  if math.type(value) ~= "integer" or value < 1 then
    core.fail(format("%s: expected a positive integer, got %s", name, tostring(value)))
  end
end

-- Waits for task `id`; its packed results, or its error raised again.
local function join(id, raise)
  if core.join(id) ~= "done" then (raise or core.reraise)(id) end
  return core.results(id)
end

-- nil for each missing value, as scripts expect: the table has no `n`.
local function list(results)
  local values = {}
  for index = 1, results.n do values[index] = results[index] end
  return values
end

--- Start *fn* as a task that runs while others wait, from the next wait of the running one on.
---
--- `handle:await()` waits for its end and gives a table of its results, once; `handle:cancel()` stops it, running its
--- `<close>` variables. What still runs when the script ends is stopped; a failure that nobody awaited is logged.
---
--- Example: `local h = async.spawn(function() return http.get(url).status end) print(h:await()[1])`
---
--- Raises:
---     awaiting: the task failed; the text is `runtime error: ` and its error, which is also under `cause`.
function M.spawn(fn)
  check_function(fn, 1)
  local id = core.spawn(fn)
  -- What is kept of a task goes when its handle does.
  local handle, awaited = setmetatable({}, { __gc = function() core.detach(id) end, __metatable = false }), false
  function handle.await()
    if awaited then core.fail("async handle already awaited") end
    awaited = handle -- keeps the handle alive while this waits
    return list(join(id, core.rethrow))
  end
  function handle.cancel() core.cancel(id) end
  return handle
end

--- Call *fn* every *seconds*, the first time after one period, until `handle:cancel()`.
---
--- A call that takes longer delays the next. An error in *fn* is logged and ends the interval.
---
--- Example: `local beat = async.spawn_interval(5, function() log.info("alive") end)`
---
--- Raises:
---     BuiltinError: *seconds* is not above zero.
function M.spawn_interval(seconds, fn)
  seconds = core.interval(seconds)
  check_function(fn, 2)
  local stopped = false
  local id
  local function tick()
    local due = core.now() + seconds
    while not stopped do
      core.sleep_until(id, due)
      if stopped then return end
      local ok, problem = pcall(fn)
      if not ok then
        core.log_error("async.spawn_interval: callback error: " .. core.describe(problem))
        return
      end
      due = due + seconds
    end
  end
  id = core.spawn(tick)
  local handle = {}
  function handle.cancel()
    if stopped then return end
    stopped = true
    core.stop_interval(id) -- only its wait: a call in progress runs to its end
  end
  return handle
end

-- Tasks that live no longer than a block: when it is left, whichever way, the rest is cancelled and waited for.
local function scope()
  local ids = {}
  local self = setmetatable({}, {
    __close = function()
      for _, id in ipairs(ids) do core.cancel(id) end
      for _, id in ipairs(ids) do
        core.join(id)
        core.forget(id)
      end
    end,
  })
  function self.spawn(fn, ...)
    local id = core.spawn(fn, ...)
    ids[#ids + 1] = id
    return id
  end
  function self.first() return core.first(ids) end
  return self
end

--- Run all functions at once and return the first result of each, in order.
---
--- The first error cancels the others and is raised.
---
--- Example: `local a, b = table.unpack(async.all({ function() return fetch("a") end, function() return fetch("b") end }))`
---
--- Raises:
---     BuiltinError: an entry is no function.
function M.all(functions)
  check_table(functions, 1)
  local tasks <close> = scope()
  local ids, results = {}, {}
  for index, fn in ipairs(functions) do
    check_function(fn, index)
    ids[index] = tasks.spawn(fn)
  end
  local failed = core.first_failure(ids)
  if failed ~= 0 then join(failed) end
  for index, id in ipairs(ids) do results[index] = join(id)[1] end
  return results
end

--- Run all functions at once and return the results of the one that ends first; the others are cancelled.
---
--- An error of the first to end is raised.
---
--- Example: `local fastest = async.race({ function() return http.get(a) end, function() return http.get(b) end })`
---
--- Raises:
---     BuiltinError: there is no function.
function M.race(functions)
  check_table(functions, 1)
  if #functions == 0 then core.fail("async.race: needs at least one function") end
  local tasks <close> = scope()
  for index, fn in ipairs(functions) do
    check_function(fn, index)
    tasks.spawn(fn)
  end
  local results = join(tasks.first())
  return unpack(results, 1, results.n)
end

--- Call `fn(item, index)` for each item, ten at once, and return the results in the order of the items.
---
--- `concurrency` sets how many run at once. The first error cancels the others and is raised.
---
--- Example: `async.map(urls, function(url) return http.get(url).status end, { concurrency = 50 })`
---
--- Raises:
---     BuiltinError: the concurrency is not a positive integer.
function M.map(items, fn, options)
  check_table(items, 1)
  check_function(fn, 2)
  if options ~= nil then check_table(options, 3) end
  local limit = core.map_concurrency(options)
  check_count("async.map: concurrency", limit)
  local results, next_index, count = {}, 0, #items
  local function worker()
    while next_index < count do
      next_index = next_index + 1
      local index = next_index
      results[index] = fn(items[index], index)
    end
  end
  local workers = {}
  for index = 1, math.min(limit, count) do workers[index] = worker end
  M.all(workers)
  return results
end

--- Return the results of *fn*, or cancel it and raise once *seconds* have passed.
---
--- Example: `local ok = pcall(async.timeout, 5, function() wait_until_ready() end)`
---
--- Raises:
---     BuiltinError: the time is up (the error has `timeout = true`), or *seconds* is negative or not finite.
function M.timeout(seconds, fn)
  seconds = core.seconds(seconds)
  check_function(fn, 2)
  local tasks <close> = scope()
  local id = tasks.spawn(fn)
  if not core.join_within(id, seconds) then
    core.fail(format("async.timeout: not done within %s s", tostring(seconds)), nil, { timeout = true })
  end
  local results = join(id)
  return unpack(results, 1, results.n)
end

local Semaphore = { __name = "async semaphore", __metatable = false }
Semaphore.__index = Semaphore

function Semaphore:acquire()
  while self.free == 0 do core.wait_signal(self) end
  self.free = self.free - 1
end

function Semaphore:release()
  if self.free >= self.limit then core.fail("semaphore:release: it is not held") end
  self.free = self.free + 1
  core.signal(self)
end

function Semaphore:with(fn, ...)
  check_function(fn, 1)
  self:acquire()
  local held <close> = setmetatable({}, { __close = function() self:release() end })
  return fn(...)
end

--- Return a semaphore with *n* places: `s:with(fn, ...)` runs *fn* while it holds one.
---
--- `s:acquire()` waits for a place and takes it, `s:release()` gives it back. Who waits longest comes first.
---
--- Example: `local two = async.semaphore(2) two:with(function() upload(file) end)`
---
--- Raises:
---     BuiltinError: *n* is not a positive integer.
function M.semaphore(n)
  check_count("async.semaphore", n)
  return setmetatable({ limit = n, free = n }, Semaphore)
end

return M

-- The Lua side of the core: how builtins fail and wait, how tasks run, what handles are.
--
-- Runs once in a fresh VM and answers with the functions that the Python side drives it by. Everything private
-- to the core lives in upvalues of this chunk: scripts have no `debug` library to reach them with.
--
-- A Python builtin answers (true, results...) when it is done, (false, message, kind, fields) when it failed,
-- and nil when it has to wait: then the task yields WAIT up to the scheduler, which resumes it with one of the
-- first two. Python exceptions never cross a Lua frame.

local host = ... -- Python callables: hook_fired(), interrupted() -> bool, abandon() -> name, load_group(name),
-- relieve() -> bool; count_hook: bool, ceiling: KiB

local raw_create, raw_resume, raw_close = coroutine.create, coroutine.resume, coroutine.close
local raw_status, raw_running, yield, isyieldable =
  coroutine.status, coroutine.running, coroutine.yield, coroutine.isyieldable
local raw_xpcall, raw_pcall = xpcall, pcall
local raw_load, raw_getmetatable, raw_setmetatable = load, debug.getmetatable, debug.setmetatable
local stack_text, frame, set_hook = debug.traceback, debug.getinfo, debug.sethook
local pack, unpack = table.pack, table.unpack
local loaded_modules, globals, collect = package.loaded, _G, collectgarbage
local error, ipairs, format, concat = error, ipairs, string.format, table.concat
local gsub, find, match, sub = string.gsub, string.find, string.match, string.sub
local setmetatable, rawget, next, type, tostring =
  setmetatable, rawget, next, type, tostring
local string_functions = string

local core = { presets = {} } -- presets: group -> functions of Lua's own that stand in it
core.frame, core.set_hook = frame, set_hook
core.upvalue, core.join = debug.getupvalue, debug.upvaluejoin
core.metatable, core.parameter, core.globals = raw_getmetatable, debug.getlocal, globals

-- For each call from Python, lupa looks for a global `debug`, outside of any protected call. Where scripts have
-- given their globals an `__index`, that would run it, and end the process when it raises. So lupa is shown a table of its
-- own, which leads to the globals, and every chunk gets the globals themselves.
do
  local registry = debug.getregistry()
  local own = setmetatable({ debug = false }, { __index = globals, __newindex = globals })
  for index = 1, 3 do
    if registry[index] == globals then registry[index] = own end
  end
end

-- Stops --------------------------------------------------------------------------------------------------
-- An interrupt, a cancellation and an exit unwind a task past every pcall.

local STOP = setmetatable({}, { __tostring = function() return "interrupted" end, __metatable = false, __name = "stop" })
core.STOP = STOP

-- The hook that stops busy Lua raises a message whose last byte is the hook event's number.
local function is_hook_message(value)
  return type(value) == "string" and sub(value, -1) == "\3"
end

-- Where the interrupter cannot set its hook from outside, every coroutine looks for an interrupt now and then.
local function look_for_interrupt()
  if host.interrupted() then error("\3", 0) end
end

local function watch(co)
  if host.count_hook then set_hook(co, look_for_interrupt, "", 10000) end
  return co
end

-- Message handler of every protected call: turns the hook's message into STOP, and has the hook taken off
-- before `<close>` variables run.
local function on_error(value)
  if is_hook_message(value) then
    host.hook_fired()
    return STOP
  end
  return value
end

local function unless_stopped(ok, value, ...)
  if not ok and value == STOP then error(STOP, 0) end
  return ok, value, ...
end

function pcall(f, ...)
  return unless_stopped(raw_xpcall(f, on_error, ...))
end

function xpcall(f, handler, ...)
  local function handle(value)
    value = on_error(value)
    if value == STOP then return STOP end
    return handler(value)
  end
  return unless_stopped(raw_xpcall(f, handle, ...))
end

-- Errors of builtins ---------------------------------------------------------------------------------------

-- Our own frames say nothing to the reader of a script's traceback.
local function without_ours(text)
  text = gsub(text, "\n[^\n]*%[assay%][^\n]*", "")
  text = gsub(text, "\n\t%[C%]: in [^\n]*raw_x?pcall'", "")
  text = gsub(text, "\n\t%[C%]: in [^\n]*'error'", "")
  return (gsub(text, "^(stack traceback:)\n\t%(%.%.%.tail calls%.%.%.%)", "%1"))
end

local OURS_IN_C = { raw_pcall = true, raw_xpcall = true, error = true }

local function is_ours(info)
  return info.short_src == "[assay]" or info.what == "C" and OURS_IN_C[info.name or ""]
end

local FIRST, LAST = 10, 11 -- levels that Lua shows of a deep stack
local COUNTED = 2000 -- looking at a level costs more the deeper it lies

-- The levels of a deep stack that are not ours, nil where there are too many. Level 1 is the
-- function that asks.
local function levels_of_script(level)
  local found, info = {}, frame(level + 1, "Sn")
  while info do
    if level > COUNTED then return nil end
    if not is_ours(info) then found[#found + 1] = level end
    level = level + 1
    info = frame(level + 1, "Sn")
  end
  return found
end

-- Lua leaves out the middle of a deep stack, which may be nothing but our frames: so count the script's alone.
local function deep_traceback(level)
  local levels = levels_of_script(level)
  if not levels then return nil end
  local lines = { "stack traceback:" }
  for index, at in ipairs(levels) do
    if index == FIRST + 1 and #levels > FIRST + LAST then
      lines[#lines + 1] = format("\t...\t(skipping %d levels)", #levels - FIRST - LAST)
    elseif index <= FIRST or index > #levels - LAST then
      lines[#lines + 1] = match(stack_text(nil, at), "\n([^\n]*)")
    end
  end
  return concat(lines, "\n")
end

local function traceback(level)
  local text = stack_text(nil, level)
  if find(text, "(skipping ", 1, true) then text = deep_traceback(level + 1) or text end
  return without_ours(text)
end

-- "script.lua", 12: the innermost frame that is not ours.
local function position()
  for level = 3, 40 do
    local info = frame(level, "Sl")
    if not info then return nil end
    if info.currentline > 0 and info.short_src ~= "[assay]" then return info.short_src, info.currentline end
  end
end

local Failure = { __name = "error", __metatable = false }

function Failure.__tostring(e)
  return rawget(e, "prefix") .. rawget(e, "message") .. "\n" .. rawget(e, "traceback") .. "\n"
end

function Failure.__concat(a, b)
  return tostring(a) .. tostring(b)
end

-- Error objects answer to string methods, as scripts written for string errors expect.
function Failure.__index(_, name)
  local method = string_functions[name]
  return method and function(self, ...) return method(tostring(self), ...) end
end

local function new_failure(message, kind, fields)
  local e = fields or {}
  e.message = message
  e.prefix = kind == "conversion" and "" or "runtime error: "
  e.traceback = traceback(3)
  e.chunk, e.line = position()
  return setmetatable(e, Failure)
end

function core.fail(message, kind, fields)
  if kind == "stop" then error(STOP, 0) end
  error(new_failure(message, kind, fields), 0)
end

local fail = core.fail

function core.is_failure(value)
  return raw_getmetatable(value) == Failure
end

-- Calling Python -------------------------------------------------------------------------------------------

local WAIT = {}
local CANNOT_WAIT = ": attempt to yield across a C-call boundary: waiting is not possible inside a table.sort"
  .. " comparator, a string.gsub callback, __tostring or __gc"

local function settle(ok, ...)
  if ok then return ... end
  if ok == nil then
    if not isyieldable() then
      return fail(host.abandon() .. CANNOT_WAIT)
    end
    return settle(yield(WAIT))
  end
  return fail(...)
end

-- KiB in use above which Python must not be called: lupa cannot survive an allocation that fails while it
-- hands values over. (Inside a finalizer the collector does not answer.)
local ceiling = host.ceiling

local closed = false -- finalizers may still run when the VM is torn down, and Python must not be called then

-- A Lua function around a Python callable: all that scripts ever get to hold.
local function wrap(callable)
  return function(...)
    if closed then return end
    if (collect("count") or 0) > ceiling and not host.relieve() then error("not enough memory", 0) end
    return settle(callable(...))
  end
end
core.wrap = wrap

-- Coroutines of the script ---------------------------------------------------------------------------------
-- A builtin that waits inside a coroutine the script made suspends the whole task: WAIT passes through
-- `resume`, a yield of the script's own stays with its `resume`.

local waiting = setmetatable({}, { __mode = "k" })

local function through(co, ok, first, ...)
  if ok and first == WAIT then
    waiting[co] = true
    return (function(...)
      waiting[co] = nil
      return through(co, raw_resume(co, ...))
    end)(yield(WAIT))
  end
  if not ok then
    first = on_error(first)
    if first == STOP then
      raw_close(co)
      error(STOP, 0)
    end
  end
  return ok, first, ...
end

if host.count_hook then
  function coroutine.create(f) return watch(raw_create(f)) end
end

function coroutine.resume(co, ...)
  if waiting[co] then return false, "cannot resume a coroutine that is waiting for a builtin" end
  return through(co, raw_resume(co, ...))
end

local resume = coroutine.resume

local function unwrapped(co, ok, ...)
  if ok then return ... end
  raw_close(co)
  return error((...), 0)
end

function coroutine.wrap(f)
  local co = watch(raw_create(f))
  return function(...) return unwrapped(co, resume(co, ...)) end
end

-- Tasks ----------------------------------------------------------------------------------------------------

local driver = { globals = globals }
local tasks = {} -- id -> { co, results, failure, trace }

local function describe(value)
  if type(value) == "string" then return value end
  local ok, text = raw_pcall(tostring, value)
  return ok and text or type(value)
end
core.describe = describe

-- The message handler of a task's function: what was thrown stays as it is, its traceback is noted.
local function handler_of(record)
  return function(value)
    value = on_error(value)
    if value ~= STOP and raw_getmetatable(value) ~= Failure then record.trace = traceback(2) end
    return value
  end
end

-- Makes task `id` of `f`; answers the address of its Lua state, which the interrupter needs.
function driver.start(id, f, ...)
  local record, arguments = {}, pack(...)
  local handler = handler_of(record)
  record.co = watch(raw_create(function() return raw_xpcall(f, handler, unpack(arguments, 1, arguments.n)) end))
  tasks[id] = record
  return format("%p", record.co)
end

local DONE = {} -- what a worker yields before the outcome of a function

local function outcome(record, ok, ...)
  if ok then
    record.results = pack(...)
    return "done"
  end
  record.failure = (...)
  return record.failure == STOP and "stopped" or "failed"
end

local function advance(record, resumed, first, ...)
  local co = record.co
  if raw_status(co) == "suspended" then
    if first == WAIT then return "wait" end
    if first == DONE then return outcome(record, ...) end
    return advance(record, raw_resume(co)) -- a stray yield of the main chunk just continues
  end
  if not resumed then -- only what even the handler could not hold, such as a lack of memory
    raw_close(co)
    return outcome(record, false, on_error(first))
  end
  return outcome(record, first, ...)
end

-- Runs task `id` until it waits or ends: "wait", "done", "failed" or "stopped".
function driver.step(id, ...)
  local record = tasks[id]
  return advance(record, raw_resume(record.co, ...))
end

-- Workers: coroutines that run one function after another, for tasks that come by the thousand. Their answer
-- is "done" with the results where a function did not wait.

function driver.worker(id)
  local record = {}
  local handler = handler_of(record)
  local function work(f, ...)
    return work(yield(DONE, raw_xpcall(f, handler, ...)))
  end
  record.co = watch(raw_create(work))
  tasks[id] = record
  return format("%p", record.co)
end

local function finished(record, resumed, first, ok, ...)
  if resumed and first == DONE and ok then return "done", ... end
  local state = advance(record, resumed, first, ok, ...)
  if state ~= "done" then return state end
  return state, unpack(record.results, 1, record.results.n) -- there was a stray yield
end

function driver.run(id, f, ...)
  local record = tasks[id]
  return finished(record, raw_resume(record.co, f, ...))
end

-- Whether worker `id` can run another function: not when what ended it was more than its handler could hold.
function driver.reusable(id)
  local record = tasks[id]
  record.results, record.failure, record.trace = nil, nil, nil
  return raw_status(record.co) == "suspended"
end

-- How many results a finished task has, and these.
function driver.results(id)
  local results = tasks[id].results
  return results.n, unpack(results, 1, results.n)
end

-- Boxes: results that are kept stay in Lua where they are long strings, and a table stands for each.
local LONG = 65536
local boxes = setmetatable({}, { __mode = "k" })

local function boxed(value)
  if type(value) ~= "string" or #value <= LONG then return value end
  local box = { value }
  boxes[box] = true
  return box
end

local function unboxed(value)
  if boxes[value] then return value[1] end
  return value
end
driver.unbox, core.unbox = unboxed, unboxed

function core.is_box(value) return boxes[value] == true end

-- How many results a finished task has, and these, with boxes for long strings.
function driver.kept_results(id)
  local results, kept = tasks[id].results, {}
  for index = 1, results.n do kept[index] = boxed(results[index]) end
  return results.n, unpack(kept, 1, results.n)
end

-- message, traceback, chunk, line, prefix, value of a failed task.
function driver.failure(id)
  local record = tasks[id]
  local value = record.failure
  if raw_getmetatable(value) == Failure then
    return value.message, value.traceback, rawget(value, "chunk"), rawget(value, "line"), value.prefix, value
  end
  local text = describe(value)
  local chunk, line = string_functions.match(text, "^(.-):(%d+): ")
  if not chunk then -- what was thrown does not say where: the innermost frame does
    chunk, line = string_functions.match(record.trace or "", "\n\t([^\n]-):(%d+): ")
  end
  return text, record.trace or "", chunk, line and tonumber(line), nil, value
end

-- Notes the failure of a task that could not do so itself; without a message it was stopped before it began.
function driver.spoil(id, message)
  tasks[id].failure = message or STOP
end

function driver.forget(id)
  tasks[id] = nil
end

-- Tells another task (or Python) about the failure of task `id`: form 4 of the contract's error model.
function core.rethrow(id)
  local record = tasks[id]
  local value = record.failure
  if value == STOP then fail("async: the task was cancelled", nil, { cancelled = true }) end
  local text = raw_getmetatable(value) == Failure and tostring(value) or describe(value)
  fail("runtime error: " .. text, "conversion", { cause = value })
end

-- The same without changing what was thrown.
function core.reraise(id)
  local value = tasks[id].failure
  if value == STOP then fail("async: the task was cancelled", nil, { cancelled = true }) end
  error(value, 0)
end

function core.results(id)
  return tasks[id].results
end

-- Handles: what Python objects with methods look like ------------------------------------------------------

local objects = setmetatable({}, { __mode = "k" }) -- handle -> Python object

-- The metatable of a kind of handle; `call` and `close` may be nil.
function driver.handle_class(name, methods, call, close)
  local index = {}
  for key, callable in next, methods do index[key] = wrap(callable) end
  local class = { __index = index, __name = name, __metatable = false }
  if call then class.__call = wrap(call) end
  if close then
    local closer = wrap(close)
    class.__close = function(handle) return closer(handle) end
  end
  function class.__tostring(handle) return format("%s: %p", name, handle) end
  return class
end

function driver.handle(class, object, fields)
  local handle = fields or {}
  objects[handle] = object
  return setmetatable(handle, class)
end

function driver.object(handle)
  return objects[handle]
end

function core.is_handle(value)
  return objects[value] ~= nil
end

-- Groups of builtins ---------------------------------------------------------------------------------------
-- A group's table stands in the globals from the start and fills itself when it is first looked into, so that
-- a script pays for nothing it does not use.

local groups = {}
core.groups = groups

function driver.lazy_group(name)
  local group, lazy = groups[name] or {}, { __metatable = false }
  local function fill()
    raw_setmetatable(group, nil)
    settle(host.load_group(name))
  end
  function lazy.__index(_, key) fill() return group[key] end
  function lazy.__newindex(_, key, value) fill() group[key] = value end
  function lazy.__pairs() fill() return next, group, nil end
  function lazy.__len() fill() return #group end
  function lazy.__call(_, ...) fill() return group(...) end
  groups[name] = group
  for key, value in next, core.presets[name] or {} do group[key] = value end
  globals[name] = setmetatable(group, lazy)
end

-- Fills a group that nobody has looked into yet.
function driver.load_group(name)
  return groups[name][""]
end

function driver.group(name)
  local group = groups[name]
  if not group then
    group = {}
    groups[name] = group
    globals[name] = group
  end
  return group
end

-- The functions that groups were made with, to tell them from what a script put in their places.
core.original = setmetatable({}, { __mode = "k" })

function driver.fill(group, name, callable)
  local f = wrap(callable)
  core.original[f] = true
  group[name] = f
end

function driver.put(group, name, value)
  group[name] = value
end

-- Marks a group's table, as `assert` needs: it is a table that can also be called.
function driver.set_call(group, f)
  setmetatable(group, { __call = f, __metatable = false })
end

-- Python asks for this to get a reference that belongs to the main state: one taken from a task's coroutine
-- must not outlive it.
function driver.identity(value)
  return value
end

function driver.replace(group, name, key, f)
  group[name][key] = f
end

-- Runs the finalizers that Python still has to serve, and cuts the rest off.
function driver.shut()
  tasks = {}
  for key in next, loaded_modules do loaded_modules[key] = nil end
  for key in next, globals do globals[key] = nil end
  collect()
  collect()
  closed = true
end

-- Compiling ------------------------------------------------------------------------------------------------

-- The function, or nil and the message.
function driver.compile(source, name)
  return raw_load(source, name, "t", globals)
end
core.load = driver.compile

function core.load_with(source, name, environment)
  return raw_load(source, name, "t", environment)
end

-- Runs one of our own Lua files with the private helpers as its argument.
-- Until the VM is sealed our files see the real globals, which some of them set up; afterwards a copy of the
-- standard library, so that nothing a script replaces or removes can break them.
local library

function driver.seal()
  library = setmetatable({}, { __index = globals })
  for name, value in next, globals do
    if type(value) == "table" and loaded_modules[name] == value and value ~= globals then
      local copy = {}
      for key, item in next, value do copy[key] = item end
      library[name] = copy
    elseif type(value) == "function" then
      library[name] = value
    end
  end
end

function driver.include(source, name)
  local chunk, message = raw_load(source, "=[assay]", "t", library or globals)
  if not chunk then error(name .. ": " .. message, 0) end
  return chunk(core)
end

-- Adds Python callables to the helpers that our own Lua files get.
function driver.lend(name, callable)
  core[name] = wrap(callable)
end

return driver

-- The db group's part in Lua: row tables out of flat lists, parameter lists into them, transactions and row streams.

local core = ...

local create, unpack, type, next, format = table.create, table.unpack, type, next, string.format
local setmetatable, tostring, math = setmetatable, tostring, math

local M, host = {}, {} -- the public functions; what the Python side calls

-- Results --------------------------------------------------------------------------------------------------

function host.new_list(count)
  return create(count)
end

-- Appends `count` rows to `list` after index `at`; `flat` has their values row by row.
function host.append_rows(list, at, names, flat, count)
  local width, k = #names, 0
  for i = at + 1, at + count do
    local row = create(0, width)
    for j = 1, width do row[names[j]] = flat[k + j] end
    k = k + width
    list[i] = row
  end
end

function host.affected(count)
  return { rows_affected = count }
end

-- Parameters -----------------------------------------------------------------------------------------------

local NAMED <const>, LONGEST <const> = -1, 1000000

-- How many values a parameter list has, and these: up to `n`, or to `#list`. NAMED where it has keys that are text,
-- of which `n` is only one when it can be nothing else.
function host.parameters(list, n_is_name)
  local length, count = #list, math.tointeger(list.n)
  if length == 0 then
    for key in next, list do
      if type(key) == "string" and (key ~= "n" or n_is_name) then return NAMED end
    end
  end
  if not count or count < 0 then count = length end
  if count > LONGEST then return count end
  return count, unpack(list, 1, count)
end

function host.holds_thread(list)
  for _, value in next, list do
    if type(value) == "thread" then return true end
  end
  return false
end

local BATCH <const> = 4000 -- values that cross at a time

-- The members `keys` of the tables in `rows` from index `at` on, as many as cross at a time, after the index where to
-- go on. What is no table is told by that index and its type.
function host.flatten(rows, keys, at)
  local width, k, count = #keys, 0, #rows
  local buffer = create(BATCH + width)
  while at <= count and k < BATCH do
    local row = rows[at]
    if type(row) ~= "table" then return at, type(row) end
    for j = 1, width do buffer[k + j] = row[keys[j]] end
    k, at = k + width, at + 1
  end
  return at, nil, unpack(buffer, 1, k)
end

-- Dates of connections with rich types ----------------------------------------------------------------------

local moments = setmetatable({}, { __mode = "k" })
local Moment = { __name = "date", __metatable = false }

local function offset_text(offset)
  local sign = offset < 0 and "-" or "+"
  offset = offset < 0 and -offset or offset
  local text = format("%s%02d:%02d", sign, offset // 3600, offset // 60 % 60)
  return offset % 60 == 0 and text or format("%s:%02d", text, offset % 60)
end

local function moment_text(t)
  local text = format("%04d-%02d-%02d", t.year, t.month, t.day)
  if t.hour then text = format("%s %02d:%02d:%02d", text, t.hour, t.min or 0, t.sec or 0) end
  if t.usec and t.usec ~= 0 then text = format("%s.%06d", text, t.usec) end
  return t.offset and text .. offset_text(t.offset) or text
end

Moment.__tostring = moment_text
function Moment.__concat(a, b) return tostring(a) .. tostring(b) end
function Moment.__eq(a, b) return a.unix == b.unix end
function Moment.__lt(a, b) return a.unix < b.unix end
function Moment.__le(a, b) return a.unix <= b.unix end

function host.new_moment(fields)
  moments[fields] = true
  return setmetatable(fields, Moment)
end

-- The text of a date, nil for every other table.
function host.moment_text(value)
  return moments[value] and moment_text(value) or nil
end

-- Transactions ---------------------------------------------------------------------------------------------

local function committed(transaction, ...)
  core.db_commit(transaction)
  return ...
end

--- Run *fn* in a transaction and return what it returns: committed when it returns, rolled back when it fails.
---
--- *fn* gets the transaction, which takes the place of the connection: `tx:execute(...)` or `db.execute(tx, ...)`.
--- Calls with the connection itself are part of the transaction too when they come from the same task; those of other
--- tasks are not. An error goes on to the caller after the rollback, and so does a cancellation. A transaction
--- inside a transaction is a savepoint: when the inner one fails and the outer one catches that, the rest stands.
---
--- Example: `db.transaction(conn, function(tx) tx:execute("UPDATE t SET n = n - 1") end)`
---
--- Raises:
---     BuiltinError: the transaction cannot begin or be committed, as when the server was lost or a statement in
---         it has failed before.
function M.transaction(conn, fn)
  local transaction <close> = core.db_begin(conn, fn)
  return committed(transaction, fn(transaction))
end

host.transaction = M.transaction -- also a method of connections

-- Row streams ----------------------------------------------------------------------------------------------

local states = setmetatable({}, { __mode = "k" }) -- stream -> { source, rows, at, ended }
local Rows, methods = { __name = "db rows", __metatable = false }, {}
Rows.__index = methods

local function state_of(rows)
  return states[rows] or core.fail("db rows: call methods with ':'")
end

-- The next row of the stream, nil at the end.
function methods.next(rows)
  local state = state_of(rows)
  while not state.ended do
    local at = state.at
    local row = state.rows[at]
    if row then
      state.rows[at], state.at = nil, at + 1
      return row
    end
    state.rows, state.at = core.db_fetch(state.source), 1
    if not state.rows then methods.close(rows) end
  end
end

-- End the stream and release what it holds on the server; harmless when it has ended.
function methods.close(rows)
  local state = state_of(rows)
  if state.ended then return end
  state.ended, state.rows = true, nil
  core.db_finish(state.source)
end

Rows.__call = methods.next
Rows.__close = methods.close
function Rows.__gc(rows)
  local state = states[rows]
  if state and not state.ended then core.db_drop(state.source) end
end

--- Return a stream of the rows that a SELECT gives: `for row in db.stream(...) do`, whatever their number.
---
--- Rows come from the server in batches and are not kept, so that a million of them need no more memory than a
--- thousand. `break` ends the query; outside a loop use `rows:next()` and `rows:close()`, or a `<close>` variable.
--- While it is read, the stream has a connection of the pool for itself, except in a transaction, whose other
--- statements may run in between.
---
--- Example: `for row in db.stream(conn, "SELECT * FROM events") do print(row.id) end`
---
--- Raises:
---     BuiltinError: the database refused the statement, or was lost while rows were read.
function M.stream(conn, sql, params)
  local rows = setmetatable({}, Rows)
  states[rows] = { source = core.db_open(conn, sql, params), rows = {}, at = 1, ended = false }
  return rows, nil, nil, rows
end

host.stream = M.stream
host.group = M
return host

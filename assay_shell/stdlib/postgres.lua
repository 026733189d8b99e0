--- @module assay.postgres
--- @category database
--- @description PostgreSQL database helpers: user and grants management, Vault integration
--- @keywords postgres, postgresql, database, users, grants, sql, user, grant, privilege, vault, connection, schema, role
--- @quickref M.client_from_vault(vault_client, vault_path, host, port?) -> client | Connect with the credentials at secrets/PATH of Vault
--- @quickref c:query(sql, params?) -> [row] | Rows that a statement gives, each by column name; $1 is params[1]
--- @quickref c:execute(sql, params?) -> {rows_affected} | Run a statement for what it does
--- @quickref c:close() -> nil | Close all connections
--- @quickref c:user_exists(username) -> bool | Whether there is such a role
--- @quickref c:ensure_user(username, password, opts?) -> bool | Create a user unless it is there: true when created; opts: {createdb, superuser}
--- @quickref c:database_exists(dbname) -> bool | Whether there is such a database
--- @quickref c:ensure_database(dbname, owner?) -> bool | Create a database unless it is there: true when created
--- @quickref c:grant(database_name, username, privileges?) -> nil | Grant privileges on a database, all unless given
--- @quickref c:each(sql, params?) -> iterator | Rows one by one, for results of any size
--- @quickref c:transaction(fn) -> ... | Run fn(tx): commit when it returns, roll back when it fails
--- @quickref c:set_password(username, password) -> nil | Give a user another password

local rest = require("assay.lib.rest")
local M, Client = {}, {}

local connections = setmetatable({}, { __mode = "k" }) -- client -> connection, which is nobody else's

local function connection(client)
  return connections[client]
end

-- Connecting ---------------------------------------------------------------------------------------------

local function connected(url, opts)
  local client = {}
  for name, method in pairs(Client) do client[name] = method end
  opts = opts or {}
  local wishes = { pool_size = opts.pool_size, timeout = opts.timeout, types = opts.types }
  connections[client] = db.connect(url, wishes)
  return client
end

-- A path is the folder of a socket; an IPv6 address needs its brackets.
local function host_part(host)
  if host:find("^/") then return rest.encode(host) end
  return host:find(":.*:") and not host:find("^%[") and "[" .. host .. "]" or host
end

local function url_of(given, encode)
  local function text(name) return rest.text("postgres.client", given[name], name) end
  rest.hide(given.password)
  local host, login = host_part(text("host")), encode(text("username")) .. ":" .. encode(text("password"))
  local database, options = tostring(given.database or "postgres"):match("^([^?]*)(.*)$")
  return ("postgres://%s@%s:%s/%s%s"):format(login, host, tostring(given.port), encode(database), options)
end

-- Scripts that knew have percent-encoded what they give.
local function encode_rest(text)
  return (rest.encode(text):gsub("%%25(%x%x)", "%%%1"))
end

--- Connects at once. The arguments may also be a table of the same names, in which nothing is percent-encoded, or an
--- address like "postgres://user:password@host:5432/name?sslmode=require" with options after it.
--- In credentials given as arguments `%40` stands for "@", as in an address. The database, "postgres" unless given, may
--- have options of the connection after it: "app?sslmode=disable".
--- Options, of a table and after an address: `pool_size` (connections at most, 5), `timeout` (seconds to wait for one,
--- 30), `types = "rich"` (JSON columns as tables, dates as tables).
--- Errors: an argument is missing; `db.connect: ...` when no connection can be made, never with the password in it.
--- Example: `local c = require("assay.postgres").client("localhost", 5432, "postgres", env.get("PGPASSWORD"), "app")`
--- @effect read
function M.client(host, port, username, password, database)
  if type(host) == "table" then
    return connected(url_of(rest.merged(host, { port = 5432 }), rest.encode), host)
  end
  if type(host) == "string" and host:find("://", 1, true) then
    if not host:find("^postgres://") and not host:find("^postgresql://") then
      error("postgres.client: the address must begin with postgres://")
    end
    return connected(host, port)
  end
  local given = { host = host, port = port, username = username, password = password, database = database }
  return connected(url_of(given, encode_rest))
end

--- Connects with the credentials that Vault has at `secrets/PATH`: `username`, `password` and, unless it is "postgres",
--- `database`. The port is 5432 unless given.
--- Errors: there is no such secret, or it lacks the username or the password; as `client`.
--- Example: `local c = pg.client_from_vault(vault.client(url, token), "db/app", "db.example.com")`
--- @effect read
function M.client_from_vault(vault_client, vault_path, host, port)
  local place = "secrets/" .. vault_path
  local function present(value, what)
    return assert.not_nil(value, ("postgres.client_from_vault: %s %s"):format(what, place))
  end
  local secret = vault_client:kv_get("secrets", vault_path)
  present(secret, "no secret at")
  present(secret.data, "no data at")
  local found = secret.data
  present(found.username, "missing username in")
  present(found.password, "missing password in")
  return M.client({
    host = host, port = port, username = found.username, password = found.password, database = found.database,
  })
end

-- Statements ---------------------------------------------------------------------------------------------

--- Gives the rows of a statement as tables by column name; NULL columns are absent. `$1` stands for the first of
--- `params`, which never become part of the SQL.
--- Errors: `db.query: ...` with the server's own words, `code` and `sqlstate`; several statements in one text.
--- Example: `for _, row in ipairs(c:query("SELECT name FROM users WHERE age > $1", { 30 })) do print(row.name) end`
--- @effect depends
function Client:query(sql, params)
  return db.query(connection(self), sql, params)
end

--- Runs a statement and tells how many rows it changed, as `{rows_affected}`.
--- Errors: `db.execute: ...` with the server's own words, `code` and `sqlstate`.
--- Example: `print(c:execute("DELETE FROM sessions WHERE seen < $1", { time() - 3600 }).rows_affected)`
--- @effect depends
function Client:execute(sql, params)
  return db.execute(connection(self), sql, params)
end

--- Closes all connections; a second time is harmless, any other call afterwards an error.
--- Errors: none.
--- Example: `c:close()`
--- @effect read
function Client:close()
  db.close(connection(self))
end

local function ident(where, value, name)
  return M._quote_ident(rest.text("postgres." .. where, value, name))
end

-- As `E'...'` a backslash is one whatever `standard_conforming_strings` is: where that is off, '\' would end no text.
local function literal(where, value, name)
  local text = rest.text("postgres." .. where, value, name)
  if not text:find("\\", 1, true) then return M._quote_literal(text) end
  return "E" .. M._quote_literal((text:gsub("\\", "\\\\")))
end

-- Runs a statement that creates something; false when somebody else was faster.
local function created(client, sql, is_there)
  local done, failure = pcall(client.execute, client, sql)
  if not done and not is_there() then error(failure, 0) end
  return done
end

-- Users and databases ------------------------------------------------------------------------------------

--- Tells whether there is a role of that name, with or without the right to log in.
--- Errors: `db.query: ...`
--- Example: `print(c:user_exists("app"))`
--- @effect read
function Client:user_exists(username)
  local name = rest.text("postgres.user_exists", username, "username")
  return #self:query("SELECT 1 FROM pg_roles WHERE rolname = $1", { name }) > 0
end

--- Creates a user unless there is a role of that name, which stays as it is: true when it was created.
--- Options: `createdb`, `superuser`.
--- Errors: `db.execute: ...`, so when the client's user may not create users.
--- Example: `c:ensure_user("app", crypto.random(24))`
--- @effect write
function Client:ensure_user(username, password, opts)
  rest.hide(password)
  if self:user_exists(username) then
    log.info("postgres: user " .. username .. " is there")
    return false
  end
  local user, secret = ident("ensure_user", username, "username"), literal("ensure_user", password, "password")
  local sql = ("CREATE USER %s WITH PASSWORD %s"):format(user, secret)
  if opts and opts.createdb then sql = sql .. " CREATEDB" end
  if opts and opts.superuser then sql = sql .. " SUPERUSER" end
  local made = created(self, sql, function() return self:user_exists(username) end)
  log.info(("postgres: user %s %s"):format(username, made and "was created" or "is there"))
  return made
end

--- Tells whether there is a database of that name.
--- Errors: `db.query: ...`
--- Example: `print(c:database_exists("app"))`
--- @effect read
function Client:database_exists(dbname)
  local name = rest.text("postgres.database_exists", dbname, "dbname")
  return #self:query("SELECT 1 FROM pg_database WHERE datname = $1", { name }) > 0
end

--- Creates a database unless it is there, which then keeps its owner: true when it was created.
--- Errors: `db.execute: ...`, so when there is no such owner.
--- Example: `c:ensure_database("app", "app")`
--- @effect write
function Client:ensure_database(dbname, owner)
  if self:database_exists(dbname) then
    log.info("postgres: database " .. dbname .. " is there")
    return false
  end
  local owned = owner and " OWNER " .. ident("ensure_database", owner, "owner") or ""
  local sql = "CREATE DATABASE " .. ident("ensure_database", dbname, "dbname") .. owned
  local made = created(self, sql, function() return self:database_exists(dbname) end)
  log.info(("postgres: database %s %s"):format(dbname, made and "was created" or "is there"))
  return made
end

--- Grants privileges on a database, ALL PRIVILEGES unless given. They become part of the SQL as they are.
--- Errors: `db.execute: ...`, so when there is no such database or user.
--- Example: `c:grant("app", "reader", "CONNECT, TEMPORARY")`
--- @effect write
function Client:grant(database_name, username, privileges)
  local on, to = ident("grant", database_name, "database_name"), ident("grant", username, "username")
  local what = rest.text("postgres.grant", privileges or "ALL PRIVILEGES", "privileges")
  self:execute(("GRANT %s ON DATABASE %s TO %s"):format(what, on, to))
  log.info(("postgres: %s was granted to %s"):format(database_name, username))
end

--- Quotes a name as SQL identifier.
--- Errors: the name is no text.
--- Example: `c:execute("DROP TABLE " .. pg._quote_ident(name))`
--- @effect read
function M._quote_ident(s)
  return '"' .. s:gsub('"', '""') .. '"'
end

--- Quotes text as SQL literal, for statements that take no parameters.
--- Errors: the value is no text.
--- Example: `c:execute("COMMENT ON DATABASE app IS " .. pg._quote_literal("owned by team a"))`
--- @effect read
function M._quote_literal(s)
  return "'" .. s:gsub("'", "''") .. "'"
end

--- Iterates over the rows of a statement, which need not fit into memory together.
--- Errors: `db.stream: ...` with the server's own words.
--- Example: `for row in c:each("SELECT id FROM events WHERE at > $1", { "2026-01-01" }) do print(row.id) end`
--- @effect depends
Client.each = function(self, sql, params)
  return db.stream(connection(self), sql, params)
end

--- Runs `fn(tx)` in a transaction and gives what it gives; `tx` has `query` and `execute`. When `fn` fails, all is rolled
--- back.
--- Errors: the one of `fn`; `db.transaction: ...`
--- Example: `c:transaction(function(tx) tx:execute("UPDATE a SET n = n - 1") tx:execute("UPDATE b SET n = n + 1") end)`
--- @effect depends
Client.transaction = function(self, fn)
  return db.transaction(connection(self), fn)
end

--- Gives a user another password.
--- Errors: `db.execute: ...`, so when there is no such user.
--- Example: `c:set_password("app", crypto.random(24))`
--- @effect write
Client.set_password = function(self, username, password)
  rest.hide(password)
  local user, secret = ident("set_password", username, "username"), literal("set_password", password, "password")
  self:execute(("ALTER ROLE %s WITH PASSWORD %s"):format(user, secret))
  log.info("postgres: user " .. username .. " has a new password")
end

return M

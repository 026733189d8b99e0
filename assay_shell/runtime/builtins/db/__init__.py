"""SQL databases: PostgreSQL, MySQL and MariaDB over pools of connections, SQLite in the process.

@module db
@description Database: connect, query, execute, close (Postgres, MySQL, SQLite)
@keywords db, database, sql, postgres, mysql, sqlite, connection, query, execute
@env PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGPASSFILE
@quickref db.connect(url, opts?) -> conn | Open a database; opts: {pool_size, timeout, types}
@quickref db.query(conn, sql, params?) -> [row] | Rows that a statement gives, each by column name
@quickref db.execute(conn, sql, params?) -> {rows_affected} | Run a statement for what it does
@quickref db.close(conn) -> nil | Close all connections; harmless the second time
@quickref db.transaction(conn, fn) -> ... | Run fn(tx): commit when it returns, roll back when it fails
@quickref db.stream(conn, sql, params?) -> iterator | Rows one by one, for results of any size
@quickref db.batch(conn, sql, rows) -> {rows_affected} | Run a statement once for each list of parameters
@quickref db.tables(conn) -> [{schema, name, kind}] | Tables and views of the database
@quickref db.describe(conn, table) -> [{name, type, nullable, default, primary_key}] | Columns of a table
@quickref db.blob(data) -> value | A parameter that is binary whatever is in it
@quickref db.json(value) -> value | A parameter that is a JSON document
@quickref db.array(list) -> value | A parameter that is an array
@quickref conn:query(sql, params?) -> [row] | As db.query; the other functions are methods, too
"""

from __future__ import annotations

from assay_shell.runtime.builtins.db import calls
from assay_shell.runtime.builtins.db.connection import Database, Transaction, begin, owner_of
from assay_shell.runtime.builtins.db.eager import eagerly
from assay_shell.runtime.builtins.db.failure import DatabaseFailure
from assay_shell.runtime.builtins.db.lua import lua_side
from assay_shell.runtime.builtins.db.rows import to_lua
from assay_shell.runtime.builtins.db.typed import Blob, Json, array_of
from assay_shell.runtime.declare import depends, pure, read
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import Function, Raw, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any, TypeAlias, TypeVar

    from assay_shell.runtime.builtins.db.rows import Outcome
    from assay_shell.runtime.builtins.db.stream import Source
    from assay_shell.runtime.declare import Builtin
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

    Result = TypeVar("Result")
    Perhaps: TypeAlias = Result | Coroutine[Any, Any, Result]


def register(runtime: Runtime) -> None:
    runtime.define(
        "db",
        {
            "connect": depends(connect, _effect_of_connect),
            "query": depends(query, _effect_of_sql),
            "execute": depends(execute, _effect_of_sql),
            "batch": depends(batch, _effect_of_sql),
            "tables": read(tables),
            "describe": read(describe, target="table"),
            "close": read(close),
            "blob": pure(blob),
            "json": pure(json),
            "array": pure(array),
        },
    )
    runtime.lend("db_open", depends(open_stream, _effect_of_sql), public="db.stream")
    runtime.lend("db_fetch", read(fetch), public="db rows:next")
    runtime.lend("db_finish", read(finish), public="db rows:close")
    runtime.lend("db_drop", read(drop), public="db rows")
    runtime.lend("db_begin", read(begin_transaction), public="db.transaction")
    runtime.lend("db_commit", read(commit), public="db transaction:commit")
    runtime.define_lua("db", lua_side(runtime)["group"])


def connect(runtime: Runtime, url: str, opts: Table | None = None) -> Perhaps[Raw]:
    """Open a database and return a handle for it: a pool of connections, the first of which is made at once.

    - `postgres://user:password@host:5432/name?sslmode=require`: what is missing comes from the PG* variables.
    - `mysql://user:password@host:3306/name`, also `mariadb://`; `?ssl-mode=required`, `?socket=/path`.
    - `sqlite:path.db`, `sqlite:///abs/path.db`, `sqlite::memory:`; `?mode=` is `rw` (the default: the file must
      exist), `rwc` (make it), `ro` or `memory`.

    Options: `pool_size` (connections at most, by default 5; SQLite has one), `timeout` (seconds to wait for a
    connection, by default 30), and `types = "rich"`: JSON columns become tables, dates become tables with `year`,
    `month`, `day`, `hour`, `min`, `sec`, `usec`, `offset` (seconds) and `unix`, and tables can be parameters.

    Without rich types NULL is absent from a row, numbers and booleans are themselves, arrays are lists, blobs are
    strings of bytes, and everything else (dates, numeric, JSON, UUIDs) is text as the database writes it. The handle
    has the functions of the group as methods, and can be a `<close>` variable.

    Example: `local conn <close> = db.connect("sqlite:app.db?mode=rwc")`

    Raises:
        BuiltinError: the URL or an option makes no sense, or no connection can be made; never with the password in
            the text.
    """
    from assay_shell.runtime.builtins.db.open import Wishes

    steps = _connect(runtime, url, Wishes(runtime, opts))
    return eagerly(steps)


def query(runtime: Runtime, conn: Value, sql: Value, params: Value = None) -> Perhaps[Raw]:
    """Return the rows that a statement gives, as a list of tables by column name; NULL columns are absent.

    Placeholders are the database's own: `?` for SQLite and MySQL, `$1` for PostgreSQL. *params* has the values in
    order; `n` in it says how many, so that the last ones can be nil (NULL). With names for keys, `:name` stands for
    a value on every database, and names without a value are NULL. Values never become part of the SQL text.

    Example: `db.query(conn, "SELECT name FROM users WHERE age > :age", { age = 30 })`

    Raises:
        BuiltinError: the database refused (its own text, `code` and `sqlstate` where it has them), the connection
            was lost (the next call makes a new one), or none came free in time.
    """
    return calls.call(runtime, "db.query", conn, sql, params, _rows)


def execute(runtime: Runtime, conn: Value, sql: Value, params: Value = None) -> Perhaps[Raw]:
    """Run a statement and return how many rows it inserted, updated or deleted, as `rows_affected`.

    Parameters are those of `db.query`. `BEGIN` keeps one connection for the calling task until `COMMIT` or
    `ROLLBACK`; `db.transaction` does that and rolls back by itself.

    Example: `db.execute(conn, "DELETE FROM sessions WHERE seen < $1", { time() - 3600 }).rows_affected`

    Raises:
        BuiltinError: the database refused, the connection was lost, or none came free in time.
    """
    return calls.call(runtime, "db.execute", conn, sql, params, _affected)


def batch(runtime: Runtime, conn: Value, sql: Value, rows: Value = None) -> Perhaps[Raw]:
    """Run one statement for each list of parameters in *rows*, all or nothing; far faster than one call for each.

    The lists are as those of `db.query`, in order or by name; nil anywhere in one is NULL. Return the rows affected
    by all of them together.

    Example: `db.batch(conn, "INSERT INTO points VALUES (?, ?)", { { 1, 2 }, { 3, 4 } })`

    Raises:
        BuiltinError: one of them failed, and none has had an effect.
    """
    from assay_shell.runtime.builtins.db.batches import run_batch

    return run_batch(runtime, conn, sql, rows)


def tables(runtime: Runtime, conn: Value) -> Perhaps[list[dict[str, Any]]]:
    """Return the tables and views of the database, sorted by schema and name; system tables are left out.

    `kind` is `table`, `view`, `materialized view`, `foreign table` or `partitioned table`.

    Example: `for _, t in ipairs(db.tables(conn)) do print(t.schema, t.name, t.kind) end`

    Raises:
        BuiltinError: the database refused or was lost.
    """
    from assay_shell.runtime.builtins.db.catalogue import list_tables

    return list_tables(runtime, conn)


def describe(runtime: Runtime, conn: Value, table: str) -> Perhaps[list[dict[str, Any]]]:
    """Return the columns of a table or view, in order; `schema.table` is understood.

    `type` is the database's own text; `default` is an SQL expression and absent where there is none; `primary_key`
    is the column's place in the key, absent for columns outside of it.

    Example: `db.describe(conn, "users")[1].type`

    Raises:
        BuiltinError: there is no such table; the message names a similar one.
    """
    from assay_shell.runtime.builtins.db.catalogue import describe_table

    return describe_table(runtime, conn, table)


def close(runtime: Runtime, conn: Value) -> Perhaps[None]:
    """Close all connections. Statements under way come to their end, open transactions are rolled back.

    Example: `db.close(conn)`

    Raises:
        BuiltinError: the argument is no connection.
    """
    connection = calls.connection_of("db.close", conn)
    if isinstance(connection, Transaction):
        raise BuiltinError("db.close", "a transaction is ended by db.transaction")
    return eagerly(connection.close())


def blob(runtime: Runtime, data: bytes) -> Raw:
    """Return a parameter for a binary column; strings that are not UTF-8 are binary without it.

    Example: `db.execute(conn, "INSERT INTO files(data) VALUES (?)", { db.blob(fs.read("logo.png")) })`
    """
    return runtime.handle(Blob(data), "db blob", {})


def json(runtime: Runtime, value: Value) -> Raw:
    """Return a parameter for a JSON column, encoded as `json.encode` does it.

    Example: `db.execute(conn, "UPDATE t SET doc = $1", { db.json({ tags = { "a" } }) })`

    Raises:
        BuiltinError: the value has no JSON form.
    """
    return runtime.handle(Json(runtime.encode_json(value).decode()), "db json", {})


def array(runtime: Runtime, list: Value) -> Raw:
    """Return a parameter that is an array: PostgreSQL's own, JSON text for the other databases.

    `n` in the list says how long it is where it has holes, which are NULL.

    Example: `db.query(conn, "SELECT * FROM t WHERE id = ANY($1)", { db.array({ 1, 2, 3 }) })`

    Raises:
        BuiltinError: it is no list of numbers, strings, booleans and further lists.
    """
    return runtime.handle(array_of(list, "db.array"), "db array", {})


def open_stream(runtime: Runtime, conn: Value, sql: Value, params: Value = None) -> Perhaps[Raw]:
    """Start a statement whose rows are read later (`db.stream` in Lua is around it)."""
    from assay_shell.runtime.builtins.db.stream import open_source

    return open_source(runtime, conn, sql, params)


def fetch(runtime: Runtime, source: Source) -> Perhaps[Raw | None]:
    """The next rows of a stream; nil at the end."""
    return source.fetch(runtime)


def finish(source: Source) -> Perhaps[None]:
    """End a stream."""
    return source.finish()


def drop(runtime: Runtime, source: Source) -> None:
    """End a stream that nobody holds any more."""
    source.drop(runtime)


def begin_transaction(runtime: Runtime, conn: Value, fn: Value) -> Perhaps[Raw]:
    """Begin a transaction (`db.transaction` in Lua is around it); it is rolled back when its handle is closed."""
    where = "db.transaction"
    connection = calls.connection_of(where, conn)
    if not isinstance(fn, Function):
        raise BuiltinError(where, "second argument must be a function")

    async def steps() -> Raw:
        try:
            return _transaction_handle(runtime, await begin(connection, owner_of(runtime)))
        except DatabaseFailure as exc:
            raise exc.at(where) from exc

    return calls.started(connection, steps())


def commit(transaction: Transaction) -> Perhaps[None]:
    """Make a transaction last."""

    async def steps() -> None:
        try:
            await transaction.commit()
        except DatabaseFailure as exc:
            raise exc.at("db.transaction") from exc

    return calls.started(transaction, steps())


def abandon(transaction: Transaction) -> Perhaps[None]:
    """Roll a transaction back unless it has been committed."""
    return calls.started(transaction, transaction.abandon())


async def _connect(runtime: Runtime, url: str, wishes: Any) -> Raw:
    from weakref import ref

    from assay_shell.runtime.builtins.db.open import open_database

    try:
        database = await open_database(runtime, url, wishes)
    except DatabaseFailure as exc:
        raise exc.at("db.connect") from exc
    known = ref(database)

    def release() -> object:
        """Close what is still open at the end of the script."""
        left = known()
        return None if left is None else eagerly(left.close())

    database.release = release
    runtime.on_close(release)
    methods = {**_methods(), "close": read(close)}
    return runtime.handle(database, "db connection", methods, close=read(close), fields=_lua_methods(runtime))


def _transaction_handle(runtime: Runtime, transaction: Transaction) -> Raw:
    return runtime.handle(transaction, "db transaction", _methods(), close=read(abandon), fields=_lua_methods(runtime))


def _methods() -> dict[str, Builtin]:
    return {
        "query": depends(query, _effect_of_sql),
        "execute": depends(execute, _effect_of_sql),
        "batch": depends(batch, _effect_of_sql),
        "tables": read(tables),
        "describe": read(describe, target="table"),
    }


def _lua_methods(runtime: Runtime) -> dict[str, object]:
    lua = lua_side(runtime)
    return {name: Raw(lua[name]) for name in ("transaction", "stream")}


def _rows(runtime: Runtime, outcome: Outcome) -> Raw:
    return Raw(to_lua(runtime, outcome.parts))


def _affected(runtime: Runtime, outcome: Outcome) -> Raw:
    return Raw(lua_side(runtime)["affected"](outcome.affected))


def _effect_of_connect(url: str, opts: Table | None) -> tuple[str, str]:
    from assay_shell.runtime.builtins.db.open import creates_file

    try:
        file = creates_file(url)
    except DatabaseFailure:  # the call itself will say so
        file = None
    return ("write", file) if file else ("read", "")


def _effect_of_sql(conn: Value, sql: Value, params: Value) -> tuple[str, str]:
    from assay_shell.runtime.builtins.db.effects import effect_of

    connection = conn.object if isinstance(conn, Table) else None
    if not isinstance(connection, Database | Transaction) or not isinstance(sql, str):
        return "read", ""  # the call itself will refuse them
    shown = " ".join(sql.split())
    return effect_of(sql, connection.kind.dialect), f"{connection.label}: {shown}"

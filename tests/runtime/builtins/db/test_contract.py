"""What scripts rely on, against SQLite: URLs, parameters, results, counts and the words of errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins import db as db_group
from assay_shell.runtime.vm import Runtime
from tests.conftest import Fails, Run

INTEGERS = st.integers(-(2**63), 2**63 - 1)


# URLs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["sqlite::memory:", "sqlite:", "sqlite://", "sqlite:x.db?mode=memory"])
def test_a_database_in_memory_is_its_handle_s_alone(run: Run, url: str) -> None:
    code = f"""
      local a, b = db.connect("{url}"), db.connect("{url}")
      db.execute(a, "CREATE TABLE t(x)")
      return #db.query(b, "SELECT name FROM sqlite_schema")
    """
    assert run(code) == 0


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("sqlite:{relative}", id="relative"),
        pytest.param("sqlite://{relative}", id="relative after two slashes"),
        pytest.param("sqlite://{absolute}", id="absolute"),
        pytest.param("sqlite:{absolute}", id="absolute after the colon"),
        pytest.param("sqlite:{relative}?mode=rw", id="rw"),
        pytest.param("sqlite:{relative}?mode=RWC", id="modes in capitals"),
        pytest.param("sqlite:{relative}?immutable=true", id="immutable"),
        pytest.param("sqlite:{relative}?cache=shared", id="cache"),
        pytest.param("SQLITE:{relative}", id="scheme in capitals"),
    ],
)
def test_an_existing_file_is_opened(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a b.db"
    run(f"db.execute(db.connect('sqlite://{file}?mode=rwc'), 'CREATE TABLE found(x)')")
    url = form.format(relative="a%20b.db", absolute=str(tmp_path / "a%20b.db"))
    assert run(f"return db.query(db.connect('{url}'), 'SELECT name FROM sqlite_schema')[1].name") == "found"


def test_a_missing_file_is_an_error_unless_it_may_be_created(run: Run, fails: Fails, tmp_path: Path) -> None:
    for mode in ("", "?mode=rw", "?mode=ro"):
        message = fails(f"db.connect('sqlite://{tmp_path}/app.db{mode}')")
        assert message == "db.connect: error returned from database: (code: 14) unable to open database file"
        assert not (tmp_path / "app.db").exists()
    run(f"db.connect('sqlite://{tmp_path}/app.db?mode=rwc')")
    assert (tmp_path / "app.db").exists()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        pytest.param("app.db", "relative URL without a base", id="no scheme"),
        pytest.param("", "relative URL without a base", id="empty"),
        pytest.param("/tmp/x", "relative URL without a base", id="path"),
        pytest.param("foo://x", 'no driver found for URL scheme "foo"', id="unknown scheme"),
        pytest.param("sqlite:x?mode=no", 'mode must be one of ro, rw, rwc, memory, not "no"', id="mode"),
        pytest.param("sqlite:x?cash=1", 'unknown query parameter "cash" in the connection URL', id="parameter"),
        pytest.param("postgres://h:99999/x", "invalid port number", id="port too large"),
        pytest.param("postgres://h:nil/x", "invalid port number", id="port that is no number"),
        pytest.param("mysql://[::1/x", "invalid IPv6 address", id="brackets"),
        pytest.param("mysql://h/x?ssl-mode=on", "ssl-mode must be one of disabled, preferred,", id="ssl-mode"),
    ],
)
def test_a_url_that_makes_no_sense_is_a_configuration_error(fails: Fails, url: str, reason: str) -> None:
    assert fails(f"db.connect('{url}')").startswith(f"db.connect: error with configuration: {reason}")


def test_a_file_that_is_no_database_is_refused_at_once(fails: Fails, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
    message = fails(f"db.connect('sqlite://{tmp_path}/x.db')")
    assert message == "db.connect: error returned from database: (code: 26) file is not a database"


def test_read_only_files_refuse_writes_and_allow_reads(run: Run, fails: Fails, tmp_path: Path) -> None:
    run(f"db.execute(db.connect('sqlite://{tmp_path}/x.db?mode=rwc'), 'CREATE TABLE t(x)')")
    open_it = f"local c = db.connect('sqlite://{tmp_path}/x.db?mode=ro') "
    assert run(open_it + "return #db.query(c, 'SELECT * FROM t')") == 0
    message = fails(open_it + "db.execute(c, 'INSERT INTO t VALUES (1)')")
    assert message == "db.execute: error returned from database: (code: 8) attempt to write a readonly database"


@pytest.mark.parametrize("url", ["postgres://u:s3cretpw@127.0.0.1:1/d", "mysql://u:s3cretpw@127.0.0.1:1/d"])
def test_a_refused_connection_is_reported_at_once_and_without_the_password(fails: Fails, url: str) -> None:
    message = fails(f"db.connect('{url}')")
    assert message == "db.connect: error communicating with database: Connection refused (os error 111)"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(
            "", "bad argument #1: error converting Lua nil to String (expected string or number)", id="no URL"
        ),
        pytest.param(
            "{}", "bad argument #1: error converting Lua table to String (expected string or number)", id="table"
        ),
        pytest.param("'sqlite:', 5", "bad argument #2: error converting Lua integer to table", id="options"),
        pytest.param("'sqlite:', {pool_size = 0}", "db.connect: pool_size must be from 1 to 1000", id="no pool"),
        pytest.param("'sqlite:', {timeout = 0}", "db.connect: timeout must be a positive number of seconds", id="0"),
        pytest.param("'sqlite:', {timeout = 0/0}", "db.connect: timeout must be a positive number of seconds", id="?"),
        pytest.param("'sqlite:', {types = 'x'}", 'db.connect: types must be "plain" or "rich", not "x"', id="types"),
    ],
)  # fmt: skip
def test_wrong_arguments_of_connect(fails: Fails, arguments: str, expected: str) -> None:
    assert fails(f"db.connect({arguments})") == expected


# Parameters ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "params", "expected"),
    [
        pytest.param("SELECT ? a, ? b", "{1, 'x'}", {"a": 1, "b": "x"}, id="question marks"),
        pytest.param("SELECT ?2 a, ?1 b", "{1, 'x'}", {"a": "x", "b": 1}, id="numbers"),
        pytest.param("SELECT $2 a, $1 b", "{1, 'x'}", {"a": "x", "b": 1}, id="dollars"),
        pytest.param("SELECT ?2 a, ? b", "{1, 2, 3}", {"a": 2, "b": 3}, id="a question mark after a number"),
        pytest.param("SELECT :x a, @y b, $z c", "{1, 2, 3}", {"a": 1, "b": 2, "c": 3}, id="names, values in order"),
        pytest.param("SELECT :x a, @y b, $z c", "{x = 1, y = 2, z = 3}", {"a": 1, "b": 2, "c": 3}, id="by name"),
        pytest.param("SELECT :x a, :x b", "{x = 1, unused = 2}", {"a": 1, "b": 1}, id="a name twice"),
        pytest.param("SELECT :x a, :y b", "{y = 2}", {"b": 2}, id="a name without a value is NULL"),
        pytest.param("SELECT :n a", "{n = 7}", {"a": 7}, id="n can be a name"),
        pytest.param("SELECT ? a, ? b, ? c", "{1, nil, 3, n = 3}", {"a": 1, "c": 3}, id="n counts nil"),
        pytest.param("SELECT ? a, ? b", "{n = 2}", {}, id="n alone"),
        pytest.param("SELECT ? a, ? b", "{1, 2, n = 1}", {"a": 1}, id="n may be less"),
        pytest.param("SELECT ? a, ? b", "{nil, 2}", {}, id="what # does not count"),
        pytest.param("SELECT ? a", "{1, 2, 3}", {"a": 1}, id="too many are ignored"),
        pytest.param("SELECT ? a, ? b", "{1}", {"a": 1}, id="too few are NULL"),
        pytest.param("SELECT ? a", "nil", {}, id="none at all"),
        pytest.param("SELECT ? a", "{json.null}", {}, id="json.null"),
        pytest.param("SELECT '?' a, ? b -- ?", "{1}", {"a": "?", "b": 1}, id="question marks that are none"),
        pytest.param("SELECT '$1' a, $1 b", "{1}", {"a": "$1", "b": 1}, id="dollars that are none"),
        pytest.param("SELECT typeof(?) a", "{true}", {"a": "integer"}, id="booleans are integers"),
        pytest.param("SELECT typeof(?) a", "{1.0}", {"a": "real"}, id="floats stay floats"),
        pytest.param("SELECT typeof(?) a", "{'1'}", {"a": "text"}, id="digits are text"),
        pytest.param("SELECT typeof(?) a", "{'\\xff'}", {"a": "blob"}, id="what is not UTF-8 is binary"),
        pytest.param("SELECT typeof(?) a", "{db.blob('x')}", {"a": "blob"}, id="a blob"),
        pytest.param("SELECT ? a", "{db.json({x = {1, 2}})}", {"a": '{"x":[1,2]}'}, id="JSON"),
        pytest.param("SELECT ? a", "{db.array({1, 'b', true, {2.5}})}", {"a": '[1,"b",true,[2.5]]'}, id="an array"),
        pytest.param("SELECT ? a", "{db.array({1, nil, 3, n = 3})}", {"a": "[1,null,3]"}, id="an array with a hole"),
    ],
)  # fmt: skip
def test_parameters(sqlite, sql: str, params: str, expected: dict[str, object]) -> None:
    assert sqlite(f"""return db.query(c, [[{sql}]], {params})[1]""") == (expected or [])


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        pytest.param("5", "db: params must be a table (array) or nil", id="number"),
        pytest.param("'x'", "db: params must be a table (array) or nil", id="string"),
        pytest.param("c", "db: params must be a table (array) or nil", id="connection"),
        pytest.param("{{}}", "db: unsupported parameter type: table", id="table in it"),
        pytest.param("{print}", "db: unsupported parameter type: function", id="function in it"),
        pytest.param("{coroutine.create(print)}", "db: unsupported parameter type: thread", id="thread in it"),
        pytest.param("{c}", "db: unsupported parameter type: userdata", id="connection in it"),
        pytest.param("{x = {}}", "db: unsupported parameter type: table", id="table by name"),
        pytest.param("{n = 1e6 + 1}", "db: 1000001 parameters are too many", id="n that cannot be meant"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["query", "execute", "stream"])
def test_wrong_parameters(refused, name: str, params: str, expected: str) -> None:
    assert refused(f"db.{name}(c, 'SELECT :x', {params})") == expected


@pytest.mark.parametrize("name", ["query", "execute", "stream", "batch"])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param("", "first argument must be a db connection", id="nothing"),
        pytest.param("{}, 'SELECT 1'", "first argument must be a db connection", id="table"),
        pytest.param("5, 'SELECT 1'", "first argument must be a db connection", id="number"),
        pytest.param("c", "second argument must be a SQL string", id="no SQL"),
        pytest.param("c, 5", "second argument must be a SQL string", id="SQL that is a number"),
        pytest.param("c, 'SELECT 1\\0; DROP TABLE t'", "the SQL string contains a NUL byte", id="NUL"),
        pytest.param("c, 'SELECT \\xff'", "the SQL string is not valid UTF-8", id="no UTF-8"),
    ],
)
def test_wrong_arguments(refused, name: str, arguments: str, expected: str) -> None:
    assert refused(f"db.{name}({arguments})") == f"db.{name}: {expected}"


@pytest.mark.parametrize("name", ["close", "tables", "describe", "transaction"])
def test_what_is_no_connection_is_refused_by_every_function(fails: Fails, name: str) -> None:
    assert fails(f"db.{name}({{}}, 'x')") == f"db.{name}: first argument must be a db connection"


def test_parameters_never_become_sql(sqlite) -> None:
    code = """
      db.execute(c, "CREATE TABLE t(x)")
      local evil = "'); DROP TABLE t; --"
      db.execute(c, "INSERT INTO t VALUES (?)", {evil})
      db.batch(c, "INSERT INTO t VALUES (:x)", {{x = evil}})
      return {db.query(c, "SELECT x FROM t WHERE x = :x", {x = evil})[1].x, #db.query(c, "SELECT * FROM t")}
    """
    assert sqlite(code) == ["'); DROP TABLE t; --", 2]


# Results ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        pytest.param("INTEGER", "5", 5, id="integer"),
        pytest.param("BIGINT", "-9223372036854775808", -(2**63), id="smallest integer"),
        pytest.param("REAL", "1.5", 1.5, id="real"),
        pytest.param("REAL", "1e999", float("inf"), id="infinity"),
        pytest.param("REAL", "2", 2.0, id="an integer in a real column"),
        pytest.param("TEXT", "'äö'", "äö", id="text"),
        pytest.param("VARCHAR(3)", "'longer'", "longer", id="varchar"),
        pytest.param("BOOLEAN", "1", True, id="true"),
        pytest.param("bool", "0", False, id="false"),
        pytest.param("BOOLEAN", "2", 2, id="a number in a boolean column"),
        pytest.param("BOOLEAN", "'x'", "x", id="text in a boolean column"),
        pytest.param("DATE", "'2024-01-02'", "2024-01-02", id="date"),
        pytest.param("DATETIME", "'2024-01-02 03:04:05'", "2024-01-02 03:04:05", id="datetime"),
        pytest.param("TIMESTAMP", "1700000000", 1700000000, id="a timestamp that is a number"),
        pytest.param("NUMERIC", "12.5", 12.5, id="numeric"),
        pytest.param("DECIMAL(10,2)", "7", 7, id="decimal"),
        pytest.param("BLOB", "x'00ff'", "\x00\udcff", id="blob"),
        pytest.param("BLOB", "'text'", "text", id="text in a blob column"),
        pytest.param("INTEGER", "'x'", "x", id="text in an integer column"),
        pytest.param("", "5", 5, id="no type, a number"),
        pytest.param("", "'x'", "x", id="no type, text"),
        pytest.param("JSON", "'[1]'", "[1]", id="JSON is text"),
        pytest.param("TEXT", "''", "", id="empty text"),
        pytest.param("BLOB", "x''", "", id="empty blob"),
        pytest.param("TEXT", "CAST(x'61ff' AS TEXT)", "a\udcff", id="text in no known encoding"),
    ],
)
def test_columns_give_natural_values(sqlite, declared: str, value: str, expected: object) -> None:
    code = f"""
      db.execute(c, [[CREATE TABLE t(x {declared})]])
      db.execute(c, [[INSERT INTO t VALUES ({value}), (NULL)]])
      local rows = db.query(c, "SELECT x FROM t")
      assert.eq(#rows, 2)
      assert.eq(next(rows[2]), nil)
      return rows[1].x
    """
    found = sqlite(code)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("SELECT count(*) FROM sqlite_schema", {"count(*)": 0}, id="count"),
        pytest.param("SELECT 1+1", {"1+1": 2}, id="expression"),
        pytest.param("SELECT max(1, 2.5) AS m", {"m": 2.5}, id="function"),
        pytest.param("SELECT 1 a, 2 a", {"a": 2}, id="the last of a name wins"),
        pytest.param("SELECT 1 AS ä", {"ä": 1}, id="names in UTF-8"),
        pytest.param("PRAGMA foreign_keys", {"foreign_keys": 1}, id="foreign keys are on"),
        pytest.param("VALUES (1, 'x')", {"column1": 1, "column2": "x"}, id="values"),
    ],
)
def test_expressions_have_the_database_s_names(sqlite, sql: str, expected: dict[str, object]) -> None:
    assert sqlite(f"return db.query(c, [[{sql}]])") == [expected]


def test_a_query_without_rows_gives_an_empty_table(sqlite) -> None:
    code = "local r = db.query(c, 'SELECT 1 WHERE 0') return {type(r), #r, #c:query('CREATE TABLE t(x)'), #c:query('')}"
    assert sqlite(code) == ["table", 0, 0, 0]


def test_rows_come_in_order_whatever_their_number(sqlite) -> None:
    code = """
      local rows = db.query(c, [[
        WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 50001)
        SELECT i, CASE WHEN i % 3 THEN 'n' || i END AS name, i / 2.0 AS half FROM r]])
      for i, row in ipairs(rows) do
        if row.i ~= i or row.half ~= i / 2 or row.name ~= (i % 3 ~= 0 and "n" .. i or nil) then return i end
      end
      return #rows
    """
    assert sqlite(code) == 50001


@pytest.mark.leaves(reason="the connection, and with it its thread, lives as long as the module")
@given(st.one_of(INTEGERS, st.floats(allow_nan=False), st.booleans(), st.binary(max_size=40), st.text(max_size=20)))
def test_any_value_survives_the_round_trip(shared: Runtime, value: object) -> None:
    code = "local v = ... local b = db.query(c, 'SELECT ? AS v', {v})[1].v return b, math.type(b) == math.type(v)"
    (back, same_kind) = shared.evaluate(code, args=[value])
    if isinstance(value, bytes):
        assert isinstance(back, str)
        assert back.encode("utf-8", "surrogateescape") == value
    else:
        assert back == value
    assert same_kind is True or isinstance(value, bool)


@pytest.mark.leaves(reason="the connection, and with it its thread, lives as long as the module")
@given(st.binary(max_size=60))
def test_any_bytes_survive_in_every_column(shared: Runtime, data: bytes) -> None:
    code = """
      local v = ...
      db.execute(c, "DELETE FROM bytes")
      db.execute(c, "INSERT INTO bytes VALUES (?, ?, ?)", {v, db.blob(v), v})
      local row = db.query(c, "SELECT * FROM bytes WHERE b = ?", {db.blob(v)})[1]
      return row.t == v, row.b == v, row.x == v
    """
    assert shared.evaluate(code, args=[data]) == [True, True, True]


@pytest.fixture(scope="module")
def shared():
    with Runtime() as runtime:
        runtime.evaluate("c = db.connect('sqlite::memory:') db.execute(c, 'CREATE TABLE bytes(t TEXT, b BLOB, x)')")
        yield runtime


def test_all_256_byte_values_pass_in_both_directions(sqlite) -> None:
    code = """
      local all = {} for i = 0, 255 do all[#all + 1] = string.char(i) end
      local text = table.concat(all)
      return db.query(c, "SELECT ? AS v", {text})[1].v == text and db.query(c, "SELECT hex(?) AS h", {text})[1].h
    """
    assert sqlite(code) == bytes(range(256)).hex().upper()


# Counts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("INSERT INTO t VALUES (7), (8)", 2, id="insert"),
        pytest.param("UPDATE t SET x = x + 1", 3, id="update"),
        pytest.param("UPDATE t SET x = 0 WHERE x > 100", 0, id="update of nothing"),
        pytest.param("DELETE FROM t", 3, id="delete"),
        pytest.param("REPLACE INTO t VALUES (1)", 1, id="replace"),
        pytest.param("CREATE TABLE u(x)", 0, id="DDL after a statement that had a count"),
        pytest.param("DROP TABLE t", 0, id="drop"),
        pytest.param("CREATE TABLE u AS SELECT * FROM t", 0, id="create from a query"),
        pytest.param("SELECT * FROM t", 0, id="select"),
        pytest.param("PRAGMA user_version = 3", 0, id="pragma"),
        pytest.param("", 0, id="empty"),
        pytest.param("  -- nothing", 0, id="a comment"),
        pytest.param("INSERT INTO t VALUES (7) RETURNING x", 1, id="returning"),
        pytest.param("INSERT INTO t VALUES (7); DELETE FROM t; CREATE TABLE u(x);", 5, id="several, added up"),
        pytest.param("SELECT 1; SELECT 2", 0, id="several without changes"),
    ],
)
def test_rows_affected(sqlite, sql: str, expected: int) -> None:
    setup = "db.execute(c, 'CREATE TABLE t(x)') db.execute(c, 'INSERT INTO t VALUES (1), (2), (3)') "
    assert sqlite(f"{setup} return db.execute(c, [[{sql}]])") == {"rows_affected": expected}


def test_several_statements_use_their_values_up_in_order(sqlite) -> None:
    code = """
      local done = db.execute(c, [[
        CREATE TABLE t(x, y);
        INSERT INTO t VALUES (?, ?); -- a comment; with a semicolon
        INSERT INTO t VALUES (?2, ?1);
        CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET y = 'g' WHERE x = 'never'; END;
      ]], {1, 2, 3, 4})
      return {done.rows_affected, db.query(c, "SELECT x, y FROM t; SELECT ? AS z", {"last"})}
    """
    assert sqlite(code) == [2, [{"x": 1, "y": 2}, {"x": 4, "y": 3}, {"z": "last"}]]


def test_returning_gives_rows(sqlite) -> None:
    code = """
      db.execute(c, "CREATE TABLE t(id INTEGER PRIMARY KEY, ok BOOLEAN)")
      return db.query(c, "INSERT INTO t(ok) VALUES (?), (?) RETURNING id, ok", {true, false})
    """
    assert sqlite(code) == [{"id": 1, "ok": True}, {"id": 2, "ok": False}]


# Errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "text", "code"),
    [
        pytest.param("SELEC 1", '(code: 1) near "SELEC": syntax error', 1, id="syntax"),
        pytest.param("SELECT * FROM nope", "(code: 1) no such table: nope", 1, id="no table"),
        pytest.param("INSERT INTO p VALUES (1)", "(code: 1555) UNIQUE constraint failed: p.id", 1555, id="primary key"),
        pytest.param("INSERT INTO k VALUES (9)", "(code: 787) FOREIGN KEY constraint failed", 787, id="foreign key"),
        pytest.param("INSERT INTO n VALUES (NULL)", "(code: 1299) NOT NULL constraint failed: n.x", 1299, id="null"),
        pytest.param("INSERT INTO n VALUES (-1)", "(code: 275) CHECK constraint failed: x > 0", 275, id="check"),
    ],
)
@pytest.mark.parametrize("name", ["query", "execute"])
def test_the_database_s_words_and_code(sqlite, name: str, sql: str, text: str, code: int) -> None:
    setup = """
      db.execute(c, "CREATE TABLE p(id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1)")
      db.execute(c, "CREATE TABLE k(p REFERENCES p(id)); CREATE TABLE n(x NOT NULL CHECK (x > 0))")
    """
    found = sqlite(f"{setup} local _, e = pcall(db.{name}, c, [[{sql}]]) return {{e.message, e.code, type(e)}}")
    assert found == [f"db.{name}: error returned from database: {text}", code, "table"]


@pytest.mark.parametrize(
    "call",
    ["db.query(c, 'SELECT 1')", "db.execute(c, '')", "c:query('SELECT 1')", "db.batch(c, 'SELECT ?', {{1}})",
     "db.tables(c)", "for _ in db.stream(c, 'SELECT 1') do end", "db.transaction(c, print)"],
)  # fmt: skip
def test_a_closed_connection_says_so(refused, call: str) -> None:
    message = refused(f"db.close(c) {call}")
    assert message.endswith(": attempted to acquire a connection on a closed pool")


def test_closing_gives_nothing_and_may_be_repeated(sqlite) -> None:
    assert sqlite("return {db.close(c) == nil, db.close(c) == nil, c:close() == nil}") == [True, True, True]


def test_a_connection_can_be_a_variable_that_closes_itself(sqlite) -> None:
    code = """
      local outer
      do local inner <close> = db.connect("sqlite:") outer = inner outer:execute("CREATE TABLE t(x)") end
      return tostring(select(2, pcall(db.query, outer, "SELECT 1")))
    """
    assert "attempted to acquire a connection on a closed pool" in str(sqlite(code))


def test_methods_are_the_functions_of_the_group(sqlite) -> None:
    code = """
      c:execute("CREATE TABLE t(x)")
      c:batch("INSERT INTO t VALUES (?)", {{1}, {2}})
      c:transaction(function(tx) tx:execute("INSERT INTO t VALUES (3)") end)
      local sum = 0
      for row in c:stream("SELECT x FROM t WHERE x > ?", {1}) do sum = sum + row.x end
      return {sum, c:query("SELECT count(*) n FROM t")[1].n, c:tables()[1].name, c:describe("t")[1].name}
    """
    assert sqlite(code) == [5, 3, "t", "x"]


def test_a_method_called_with_a_dot_says_what_is_wrong(refused) -> None:
    assert refused("c.query('SELECT 1')") == "db.query: first argument must be a db connection"


# Headers ---------------------------------------------------------------------------------------------------


def test_the_header_says_what_callers_rank_by() -> None:
    header = db_group.__doc__ or ""
    assert "@description Database: connect, query, execute, close (Postgres, MySQL, SQLite)\n" in header
    assert "@keywords db, database, sql, postgres, mysql, sqlite, connection, query, execute\n" in header

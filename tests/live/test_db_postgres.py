"""The db group against a real PostgreSQL server."""

from __future__ import annotations

import re

import pytest

from assay_shell.runtime.vm import Runtime
from tests.live.database_behaviour import DatabaseBehaviour, Evaluate, speaking
from tests.live.harness.databases import PASSWORD, Database

pytestmark = [pytest.mark.live, pytest.mark.leaves(reason="the server lives as long as the session")]

WORDS = """
  SLEEP, LONG, SELF, SHOW = "pg_sleep(0.2)", "pg_sleep(60)", "pg_backend_pid()", "SHOW search_path"
  MILLION = "SELECT i, 'row ' || i AS name FROM generate_series(1, 1000000) AS i"
  KILL = "SELECT pg_terminate_backend(:id)"
  BUSY = "SELECT 1 FROM pg_stat_activity WHERE pid = :id AND state = 'active'"
"""


@pytest.fixture
def server(postgres: Database) -> Database:
    return postgres


lines, evaluate = speaking(WORDS)


@pytest.fixture(autouse=True, scope="module")
def prepared(postgres: Database) -> None:
    with Runtime() as runtime:
        code = """
          local c = db.connect(...)
          db.execute(c, "CREATE TABLE IF NOT EXISTS bytes(b bytea)")
          db.execute(c, "DROP TYPE IF EXISTS mood CASCADE")
          db.execute(c, "CREATE TYPE mood AS ENUM ('sad', 'ok')")
        """
        runtime.evaluate(code, args=[postgres.url])


class TestPostgres(DatabaseBehaviour):
    """What is the same everywhere."""


# Types -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("true", True, id="bool"),
        pytest.param("1::int2", 1, id="int2"),
        pytest.param("2147483647::int4", 2147483647, id="int4"),
        pytest.param("(-9223372036854775808)::int8", -(2**63), id="int8"),
        pytest.param("0.1::float4", 0.1, id="float4"),
        pytest.param("1e300::float8", 1e300, id="float8"),
        pytest.param("'-Infinity'::float8", float("-inf"), id="infinity"),
        pytest.param("12.50::numeric(10,2)", "12.50", id="numeric"),
        pytest.param("'ab'::char(4)", "ab  ", id="char"),
        pytest.param("'ab'::varchar", "ab", id="varchar"),
        pytest.param("'äö'::text", "äö", id="text"),
        pytest.param("'relname'::name", "relname", id="name"),
        pytest.param("'\\x00ff'::bytea", "\x00\udcff", id="bytea"),
        pytest.param("'2024-01-02'::date", "2024-01-02", id="date"),
        pytest.param("'03:04:05.5'::time", "03:04:05.5", id="time"),
        pytest.param("'2024-01-02 03:04:05.25'::timestamp", "2024-01-02 03:04:05.25", id="timestamp"),
        pytest.param("'2024-01-02 03:04:05+02'::timestamptz", "2024-01-02 01:04:05+00", id="timestamptz in UTC"),
        pytest.param("'1 day 02:00'::interval", "1 day 02:00:00", id="interval"),
        pytest.param("'{\"a\": [1, null]}'::json", '{"a": [1, null]}', id="json"),
        pytest.param("'{\"a\":1}'::jsonb", '{"a": 1}', id="jsonb"),
        pytest.param("'11111111-2222-3333-4444-555555555555'::uuid", "11111111-2222-3333-4444-555555555555", id="uuid"),
        pytest.param("'10.0.0.1/8'::inet", "10.0.0.1/8", id="inet"),
        pytest.param("'$5'::money", "$5.00", id="money"),
        pytest.param("B'101'", "101", id="bit"),
        pytest.param("16384::oid", 16384, id="oid"),
        pytest.param("'(1,2)'::point", "(1,2)", id="point"),
        pytest.param("'ok'::mood", "ok", id="enum"),
        pytest.param("ARRAY[1, NULL, 3]", {1: 1, 3: 3}, id="int4[] with NULL"),
        pytest.param("ARRAY['a', 'b c', '\"']", ["a", "b c", '"'], id="text[]"),
        pytest.param("ARRAY[[1, 2], [3, 4] ]", [[1, 2], [3, 4]], id="two dimensions"),
        pytest.param("ARRAY[true, false]", [True, False], id="bool[]"),
        pytest.param("ARRAY['\\x00ff'::bytea]", ["\x00\udcff"], id="bytea[]"),
        pytest.param("ARRAY['ok', 'sad']::mood[]", ["ok", "sad"], id="an enum's array"),
        pytest.param("'{}'::int[]", [], id="empty array"),
        pytest.param("ROW(1, 'a')", "(1,a)", id="record"),
        pytest.param("NULL::text", None, id="NULL"),
        pytest.param("count(*)", 1, id="count"),
        pytest.param("sum(1.5)", "1.5", id="sum of numeric"),
    ],
)
def test_each_type_is_its_natural_value(evaluate: Evaluate, expression: str, expected: object) -> None:
    found = evaluate(f"return db.query(c, [[SELECT {expression} AS v]])[1].v")
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("parameter", "declared", "expected"),
    [
        pytest.param("5", "int8", "5", id="integer"),
        pytest.param("5", "int4", "5", id="a narrower integer"),
        pytest.param("5", "numeric(5,2)", "5.00", id="an integer for numeric"),
        pytest.param("1.5", "float4", "1.5", id="float"),
        pytest.param("true", "bool", "true", id="bool"),
        pytest.param("'x'", "text", "x", id="text"),
        pytest.param("'2024-01-02'", "timestamptz", "2024-01-02 00:00:00+00", id="text for timestamptz"),
        pytest.param(
            "'11111111-2222-3333-4444-555555555555'", "uuid", "11111111-2222-3333-4444-555555555555", id="uuid"
        ),
        pytest.param("'{\"a\":1}'", "jsonb", '{"a": 1}', id="text for jsonb"),
        pytest.param("'ok'", "mood", "ok", id="text for an enum"),
        pytest.param("'12'", "int4", "12", id="text for a number"),
        pytest.param("db.json({a = {1, 2}})", "jsonb", '{"a": [1, 2]}', id="JSON"),
        pytest.param("db.json({a = 1})", "json", '{"a":1}', id="JSON for json"),
        pytest.param("db.json({a = 1})", "text", '{"a":1}', id="JSON for text"),
        pytest.param("db.array({1, 2})", "int4[]", "{1,2}", id="array"),
        pytest.param("db.array({'a b', '\"', ''})", "text[]", '{"a b","\\"",""}', id="text array"),
        pytest.param("db.array({{1, 2}, {3, 4}})", "int8[]", "{{1,2},{3,4}}", id="two dimensions"),
        pytest.param("db.array({1, nil, 3, n = 3})", "int4[]", "{1,NULL,3}", id="array with NULL"),
        pytest.param("db.blob('\\0\\xff')", "bytea", "\\x00ff", id="bytea"),
        pytest.param("'\\xff'", "bytea", "\\xff", id="what is not UTF-8"),
        pytest.param("'a\\0b'", "bytea", "\\x610062", id="NUL, which no text can have"),
    ],
)
@pytest.mark.parametrize("way", ["alone", "in a transaction", "in a batch"])
def test_each_parameter_finds_its_type(
    evaluate: Evaluate, way: str, parameter: str, declared: str, expected: str
) -> None:
    sql = '"INSERT INTO typed VALUES ($1)"'
    store = {
        "alone": f"db.execute(c, {sql}, {{{parameter}}})",
        "in a transaction": f"db.transaction(c, function(tx) tx:execute({sql}, {{{parameter}}}) end)",
        "in a batch": f"db.batch(c, {sql}, {{{{{parameter}}}}})",
    }[way]
    code = f"""
      db.execute(c, "DROP TABLE IF EXISTS typed")
      db.execute(c, "CREATE TABLE typed(v {declared})")
      {store}
      return db.query(c, "SELECT v::text AS v FROM typed")[1].v
    """
    assert evaluate(code) == expected


@pytest.mark.parametrize(
    ("sql", "params", "expected"),
    [
        pytest.param("SELECT $1::timestamp AS v", "{'2024-01-02'}", "2024-01-02 00:00:00", id="a cast"),
        pytest.param("SELECT $1::text::jsonb AS v", "{'[1]'}", "[1]", id="a cast of text"),
        pytest.param("SELECT jsonb_build_object('k', $1) AS v", "{'x'}", '{"k": "x"}', id="any type: it is text"),
        pytest.param("SELECT pg_typeof($1)::text AS v", "{'x'}", "text", id="strings are text"),
        pytest.param("SELECT pg_typeof($1)::text AS v", "{5}", "bigint", id="integers are int8"),
        pytest.param("SELECT pg_typeof($1)::text AS v", "{5.0}", "double precision", id="floats are float8"),
        pytest.param("SELECT pg_typeof($1)::text AS v", "{n = 1}", "text", id="NULL without a type is text"),
        pytest.param("SELECT coalesce($1, 'none') AS v", "{n = 1}", "none", id="NULL with a type around it"),
        pytest.param("SELECT $1 AS v", "{n = 1}", None, id="NULL alone"),
        pytest.param("SELECT now() > $1 AS v", "{'2000-01-01'}", True, id="compared with a timestamp"),
        pytest.param("SELECT $1 || $2 AS v", "{'a', 'b'}", "ab", id="two strings"),
        pytest.param("SELECT (5 = ANY($1)) AS v", "{db.array({4, 5})}", True, id="ANY"),
        pytest.param("SELECT ('b' = ANY($1)) AS v", "{db.array({'a', 'b'})}", True, id="ANY of text"),
        pytest.param("SELECT $2::int AS v", "{1, 2, 3}", 2, id="too many are ignored"),
        pytest.param("SELECT :a::int + :b::int AS v", "{a = 1, b = 2}", 3, id="names and casts"),
        pytest.param("SELECT jsonb_build_object('k', $1) AS v", "{db.json({1})}", '{"k": [1]}', id="JSON: it is jsonb"),
        pytest.param("SELECT '{\"k\": 1}'::jsonb @> $1 AS v", "{db.json({k = 1})}", True, id="JSON and its operators"),
        pytest.param("SELECT '{\"k\": 1}'::jsonb ? :key AS v", "{key = 'k'}", True, id="the operator ?"),
    ],
)
def test_expressions_with_parameters(evaluate: Evaluate, sql: str, params: str, expected: object) -> None:
    assert evaluate(f"return db.query(c, [[{sql}]], {params})[1].v") == expected


def test_a_refused_type_in_a_transaction_does_not_end_it(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "DROP TABLE IF EXISTS typed")
      db.execute(c, "CREATE TABLE typed(v timestamptz, w text)")
      db.transaction(c, function(tx)
        tx:execute("INSERT INTO typed VALUES ($1, $2)", {"2024-01-01", "a"})
        tx:execute("INSERT INTO typed VALUES ($1, $2)", {"2024-01-02", "b"})
        for row in tx:stream("SELECT w FROM typed WHERE v = $1", {"2024-01-02"}) do
          tx:execute("UPDATE typed SET w = 'c' WHERE w = $1", {row.w})
        end
      end)
      return db.query(c, "SELECT string_agg(w, ' ' ORDER BY w) AS w FROM typed")[1].w
    """
    assert evaluate(code) == "a c"


def test_rich_types_are_tables_in_both_directions(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "DROP TABLE IF EXISTS typed")
      db.execute(c, "CREATE TABLE typed(doc jsonb, at timestamptz, days date[])")
      local at = "2024-01-02 03:04:05.5+01"
      db.execute(c, "INSERT INTO typed VALUES ($1, $2, '{2024-01-02,NULL}')", {{tags = {"a"}}, at})
      local row = db.query(c, "SELECT * FROM typed")[1]
      db.execute(c, "INSERT INTO typed VALUES (:doc, :at, NULL)", {doc = row.doc, at = row.at})
      local n = db.query(c, "SELECT count(*) AS n FROM (SELECT DISTINCT doc, at FROM typed) AS x")[1].n
      return {row.doc, row.at.unix, row.at.offset, tostring(row.at), row.days[1].day, n}
    """
    found = evaluate(code, options="types = 'rich'")
    assert found == [{"tags": ["a"]}, 1704161045.5, 0, "2024-01-02 02:04:05.500000+00:00", 2, 1]


# Results and counts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("SELECT * FROM generate_series(1, 7)", 7, id="a SELECT counts its rows"),
        pytest.param("CREATE TEMP TABLE u AS SELECT 1", 1, id="create from a query"),
        pytest.param("CREATE TEMP TABLE u(x int)", 0, id="DDL"),
        pytest.param("SET work_mem = '4MB'", 0, id="SET"),
        pytest.param("", 0, id="empty"),
        pytest.param("INSERT INTO bytes VALUES ('x'), ('y') RETURNING b", 2, id="returning"),
        pytest.param("DELETE FROM bytes", 2, id="delete"),
    ],
)
def test_rows_affected(evaluate: Evaluate, sql: str, expected: int) -> None:
    assert evaluate(f"return db.execute(c, [[{sql}]])") == {"rows_affected": expected}


def test_returning_gives_rows_and_unnamed_columns_have_the_server_s_names(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "CREATE TEMP TABLE u(id serial, x text)")
      return {db.query(c, "INSERT INTO u(x) VALUES ($1), ($2) RETURNING id", {"a", "b"}),
              db.query(c, "SELECT 1, count(*), 'a' || 'b' FROM u")}
    """
    assert evaluate(code, options="pool_size = 1") == [[{"id": 1}, {"id": 2}], [{"?column?": "ab", "count": 2}]]


def test_the_session_speaks_utc_and_iso(evaluate: Evaluate, postgres: Database) -> None:
    code = """
      return {db.query(c, "SHOW TimeZone")[1].TimeZone, db.query(c, "SHOW DateStyle")[1].DateStyle,
              db.query(c, "SHOW client_encoding")[1].client_encoding}
    """
    assert evaluate(code) == ["UTC", "ISO, MDY", "UTF8"]


def test_notices_are_logged(evaluate: Evaluate, lines: list[str]) -> None:
    evaluate("db.execute(c, [[DO $$ BEGIN RAISE NOTICE 'so %', 5; RAISE WARNING 'beware'; END $$]])")
    assert lines == ["info so 5", "warn beware"]


# Errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "text", "sqlstate"),
    [
        pytest.param("SELEC", 'syntax error at or near "SELEC"', "42601", id="syntax"),
        pytest.param("SELECT * FROM nope", 'relation "nope" does not exist', "42P01", id="no table"),
        pytest.param("SELECT 1/0", "division by zero", "22012", id="division"),
        pytest.param("SELECT 1; SELECT 2", "cannot insert multiple commands into a prepared statement", "42601",
                     id="two"),
        pytest.param("SELECT $1::int", 'bind message supplies 0 parameters, but prepared statement "" requires 1',
                     "08P01", id="too few"),
        pytest.param("COPY bytes FROM STDIN", None, None, id="COPY"),
    ],
)  # fmt: skip
def test_the_server_s_words_and_sqlstate(evaluate: Evaluate, sql: str, text: str | None, sqlstate: str | None) -> None:
    code = f"local _, e = pcall(db.query, c, [[{sql}]]) return {{e.message, e.sqlstate, c:query('SELECT 5 AS n')[1].n}}"
    message = "error returned from database: " + text if text else "COPY from or to the client is not supported"
    expected = [f"db.query: {message}", sqlstate, 5]
    assert evaluate(code) == (expected if sqlstate else {1: expected[0], 3: 5})


def test_an_error_tells_constraint_and_detail_apart_from_its_message(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "CREATE TEMP TABLE u(x int CONSTRAINT once UNIQUE)")
      local _, e = pcall(db.execute, c, "INSERT INTO u VALUES (1), (1)")
      return {e.message, e.constraint, e.detail, e.table}
    """
    assert evaluate(code, options="pool_size = 1") == [
        'db.execute: error returned from database: duplicate key value violates unique constraint "once"',
        "once", "Key (x)=(1) already exists.", "u",
    ]  # fmt: skip


def test_when_no_type_fits_the_last_word_is_about_the_value(evaluate: Evaluate) -> None:
    code = "return select(2, pcall(db.query, c, 'SELECT 1 WHERE 5 = $1', {'five'})).message"
    assert evaluate(code) == 'db.query: error returned from database: invalid input syntax for type integer: "five"'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param((re.escape(PASSWORD.replace(" ", "%20")), "no"),
                     'error returned from database: password authentication failed for user "postgres"', id="password"),
        pytest.param(("/postgres$", "/nope"), 'error returned from database: database "nope" does not exist', id="db"),
        pytest.param(("$", "?sslmode=require"),
                     "error communicating with database: server does not support SSL, but SSL was required", id="TLS"),
    ],
)  # fmt: skip
def test_why_there_is_no_connection(postgres: Database, fails, change: tuple[str, str], message: str) -> None:
    url = re.sub(*change, postgres.url)
    assert fails(f"db.connect('{url}')") == f"db.connect: {message}"


def test_the_environment_fills_the_gaps_of_a_url(postgres: Database, run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PGHOST", "127.0.0.1"), ("PGPORT", str(postgres.port)), ("PGUSER", "postgres"),
                        ("PGPASSWORD", PASSWORD), ("PGDATABASE", "postgres")):  # fmt: skip
        monkeypatch.setenv(name, value)
    assert run("return db.query(db.connect('postgres://'), 'SELECT current_user::text AS u')[1].u") == "postgres"


# Transactions that PostgreSQL alone has ---------------------------------------------------------------------


def test_a_swallowed_error_does_not_commit_half_a_transaction(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "DROP TABLE IF EXISTS half")
      db.execute(c, "CREATE TABLE half(x int)")
      local ok, e = pcall(db.transaction, c, function(tx)
        tx:execute("INSERT INTO half VALUES (1)")
        pcall(db.execute, tx, "SELEC")
      end)
      return {ok, e.message, #db.query(c, "SELECT * FROM half")}
    """
    message = "db.transaction: rolled back, since a statement in it has failed"
    assert evaluate(code) == [False, message, 0]


def test_a_failed_transaction_begun_by_hand_stays_until_its_rollback(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "BEGIN")
      pcall(db.execute, c, "SELEC")
      local _, e = pcall(db.query, c, "SELECT 1")
      db.execute(c, "ROLLBACK")
      return {e.sqlstate, db.query(c, "SELECT 1 AS n")[1].n}
    """
    assert evaluate(code) == ["25P02", 1]


def test_a_function_that_writes_is_refused_by_the_server_in_read_only_mode(evaluate: Evaluate) -> None:
    setup = """
      db.execute(c, "DROP TABLE IF EXISTS half")
      db.execute(c, "CREATE TABLE half(x int)")
      db.execute(c, [[CREATE OR REPLACE FUNCTION sly() RETURNS int LANGUAGE sql
        AS 'INSERT INTO half VALUES (1) RETURNING x']])
    """
    evaluate(setup)
    message = evaluate("return select(2, pcall(db.query, c, 'SELECT sly()')).message", readonly=True)
    assert message == "db.query: error returned from database: cannot execute INSERT in a read-only transaction"


# What there is ---------------------------------------------------------------------------------------------


def test_tables_and_columns(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "DROP SCHEMA IF EXISTS shop CASCADE")
      db.execute(c, "CREATE SCHEMA shop")
      db.execute(c, [[CREATE TABLE shop.orders(
        id bigint GENERATED ALWAYS AS IDENTITY, "customer.name" varchar(20) NOT NULL DEFAULT 'nobody',
        tags text[], feeling mood, PRIMARY KEY ("customer.name", id))]])
      db.execute(c, "CREATE VIEW shop.totals AS SELECT 1 AS n")
      db.execute(c, "CREATE MATERIALIZED VIEW shop.kept AS SELECT 1 AS n")
      local found = {}
      for _, t in ipairs(db.tables(c)) do
        if t.schema == "shop" then found[#found + 1] = t.name .. ": " .. t.kind end
      end
      return {found, db.describe(c, "shop.orders")}
    """
    tables, columns = evaluate(code)
    assert tables == ["kept: materialized view", "orders: table", "totals: view"]
    assert columns == [
        {"name": "id", "type": "bigint", "nullable": False, "primary_key": 2},
        {"name": "customer.name", "type": "character varying(20)", "nullable": False, "primary_key": 1,
         "default": "'nobody'::character varying"},
        {"name": "tags", "type": "text[]", "nullable": True},
        {"name": "feeling", "type": "mood", "nullable": True},
    ]  # fmt: skip

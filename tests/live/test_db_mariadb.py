"""The db group against a real MariaDB server."""

from __future__ import annotations

import re

import pytest

from assay_shell.runtime.vm import Runtime
from tests.live.database_behaviour import DatabaseBehaviour, Evaluate, speaking
from tests.live.harness.databases import PASSWORD, Database

pytestmark = [pytest.mark.live, pytest.mark.leaves(reason="the server lives as long as the session")]

WORDS = """
  SLEEP, LONG, SELF, SHOW = "SLEEP(0.2)", "SLEEP(60)", "CONNECTION_ID()", "SHOW VARIABLES LIKE 'version'"
  MILLION = "SELECT seq AS i, CONCAT('row ', seq) AS name FROM seq_1_to_1000000"
  KILL = "KILL :id"
  BUSY = "SELECT 1 FROM information_schema.processlist WHERE id = :id"
"""


@pytest.fixture
def server(mariadb: Database) -> Database:
    return mariadb


lines, evaluate = speaking(WORDS)


@pytest.fixture(autouse=True, scope="module")
def prepared(mariadb: Database) -> None:
    with Runtime() as runtime:
        runtime.evaluate("db.execute(db.connect(...), 'CREATE TABLE IF NOT EXISTS bytes(b BLOB)')", args=[mariadb.url])


class TestMariadb(DatabaseBehaviour):
    """What is the same everywhere."""


# Types -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        pytest.param("BOOLEAN", "TRUE", True, id="boolean"),
        pytest.param("TINYINT(1)", "7", 7, id="a number in a boolean"),
        pytest.param("TINYINT", "-128", -128, id="tinyint"),
        pytest.param("SMALLINT UNSIGNED", "65535", 65535, id="smallint unsigned"),
        pytest.param("MEDIUMINT", "-8388608", -8388608, id="mediumint"),
        pytest.param("INT ZEROFILL", "5", 5, id="int zerofill"),
        pytest.param("BIGINT", "-9223372036854775808", -(2**63), id="bigint"),
        pytest.param("BIGINT UNSIGNED", "9223372036854775807", 2**63 - 1, id="bigint unsigned"),
        pytest.param("BIGINT UNSIGNED", "18446744073709551615", float(2**64), id="beyond 64 bits with a sign"),
        pytest.param("FLOAT", "0.1", 0.1, id="float"),
        pytest.param("DOUBLE", "1e300", 1e300, id="double"),
        pytest.param("DECIMAL(10,2)", "12.5", "12.50", id="decimal"),
        pytest.param("CHAR(4)", "'ab'", "ab", id="char"),
        pytest.param("VARCHAR(9)", "'äö€😀'", "äö€😀", id="varchar"),
        pytest.param("TEXT", "'äö'", "äö", id="text"),
        pytest.param("LONGTEXT CHARACTER SET latin1", "'äö'", "äö", id="text in another character set"),
        pytest.param("BINARY(2)", "x'00ff'", "\x00\udcff", id="binary"),
        pytest.param("VARBINARY(9)", "x'00ff'", "\x00\udcff", id="varbinary"),
        pytest.param("BLOB", "x'00ff'", "\x00\udcff", id="blob"),
        pytest.param("ENUM('sad','ok')", "'ok'", "ok", id="enum"),
        pytest.param("SET('a','b')", "'a,b'", "a,b", id="set"),
        pytest.param("DATE", "'2024-01-02'", "2024-01-02", id="date"),
        pytest.param("TIME(2)", "'-101:02:03.45'", "-101:02:03.45", id="time"),
        pytest.param("DATETIME(6)", "'2024-01-02 03:04:05.000007'", "2024-01-02 03:04:05.000007", id="datetime"),
        pytest.param("DATETIME", "'2024-01-02'", "2024-01-02 00:00:00", id="datetime at midnight"),
        pytest.param("TIMESTAMP", "'2024-01-02 03:04:05'", "2024-01-02 03:04:05", id="timestamp in UTC"),
        pytest.param("YEAR", "2024", 2024, id="year"),
        pytest.param("BIT(9)", "b'100000001'", 257, id="bit"),
        pytest.param("JSON", "'{\"a\": 1}'", '{"a": 1}', id="json"),
        pytest.param("INET4", "'10.0.0.1'", "10.0.0.1", id="inet4"),
        pytest.param("UUID", "'11111111-2222-3333-4444-555555555555'", "11111111-2222-3333-4444-555555555555",
                     id="uuid"),
        pytest.param("INT", "NULL", None, id="NULL"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", ["prepared", "in text"])
def test_each_type_is_its_natural_value(
    evaluate: Evaluate, way: str, declared: str, value: str, expected: object
) -> None:
    # EXECUTE IMMEDIATE cannot itself be prepared, so that its result comes by the text protocol.
    sql = "SELECT v FROM typed" if way == "prepared" else "EXECUTE IMMEDIATE 'SELECT v FROM typed'"
    code = f"""
      db.execute(c, "DROP TABLE IF EXISTS typed")
      db.execute(c, [[CREATE TABLE typed(v {declared})]])
      db.execute(c, [[INSERT INTO typed VALUES ({value})]])
      return db.query(c, "{sql}")[1].v
    """
    found = evaluate(code)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("SELECT COUNT(*) AS v", 1, id="count"),
        pytest.param("SELECT SUM(seq) AS v FROM seq_1_to_3", "6", id="sum"),
        pytest.param("SELECT 'a' || 'b' AS v", "ab", id="|| concatenates"),
        pytest.param("SELECT @@time_zone AS v", "+00:00", id="UTC"),
        pytest.param("SELECT @@character_set_connection AS v", "utf8mb4", id="utf8mb4"),
        pytest.param("SELECT VERSION() LIKE '%MariaDB%' AS v", 1, id="version"),
        pytest.param("SELECT JSON_OBJECT('a', 1) AS v", '{"a": 1}', id="JSON function"),
        pytest.param("SELECT 1.5 AS v", "1.5", id="a decimal literal"),
    ],
)
def test_expressions(evaluate: Evaluate, sql: str, expected: object) -> None:
    assert evaluate(f"return db.query(c, [[{sql}]])[1].v") == expected


@pytest.mark.parametrize(
    ("parameter", "declared", "expected"),
    [
        pytest.param("5", "INT", 5, id="integer"),
        pytest.param("true", "BOOLEAN", True, id="boolean"),
        pytest.param("1.5", "DECIMAL(5,2)", "1.50", id="float"),
        pytest.param("'12.5'", "DECIMAL(5,2)", "12.50", id="text for decimal"),
        pytest.param("'2024-01-02'", "DATETIME", "2024-01-02 00:00:00", id="text for datetime"),
        pytest.param("'ok'", "ENUM('sad','ok')", "ok", id="text for an enum"),
        pytest.param("db.json({a = {1}})", "JSON", '{"a":[1]}', id="JSON"),
        pytest.param("db.array({1, 'a'})", "JSON", '[1,"a"]', id="an array is JSON"),
        pytest.param("db.blob('\\0\\xff')", "BLOB", "\x00\udcff", id="blob"),
        pytest.param("'😀'", "TEXT", "😀", id="text beyond the basic plane"),
        pytest.param("('x'):rep(70000)", "LONGTEXT", "x" * 70000, id="70000 bytes"),
    ],
)
@pytest.mark.parametrize("way", ["execute", "batch"])
def test_each_parameter_arrives(evaluate: Evaluate, way: str, parameter: str, declared: str, expected: object) -> None:
    params = f"{{{parameter}}}" if way == "execute" else f"{{{{{parameter}}}}}"
    code = f"""
      db.execute(c, "DROP TABLE IF EXISTS typed")
      db.execute(c, [[CREATE TABLE typed(v {declared})]])
      db.{way}(c, "INSERT INTO typed VALUES (?)", {params})
      return db.query(c, "SELECT v FROM typed")[1].v
    """
    assert evaluate(code) == expected


def test_twenty_megabytes_pass_in_several_packets(evaluate: Evaluate) -> None:
    code = """
      local huge = ("0123456789abcdef"):rep(20 * 1024 * 1024 // 16)
      db.query(c, "SET GLOBAL max_allowed_packet = 67108864")
      local other = db.connect(URL)
      local back = db.query(other, "SELECT ? AS v, LENGTH(?) AS n", {huge, huge})[1]
      return {back.v == huge, back.n}
    """
    assert evaluate(code) == [True, 20 * 1024 * 1024]


def test_rich_types_are_tables_in_both_directions(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "DROP TABLE IF EXISTS typed")
      db.execute(c, "CREATE TABLE typed(d DATE, at DATETIME(3), doc JSON, `odd``name` JSON, raw LONGTEXT)")
      db.execute(c, "INSERT INTO typed VALUES (?, ?, ?, '[1]', '[1]')",
        {"2024-01-02", "2024-01-02 03:04:05.5", {tags = {"a"}}})
      local row = db.query(c, "SELECT *, doc AS again FROM typed AS renamed")[1]
      db.execute(c, "INSERT INTO typed VALUES (:d, :at, :doc, NULL, :raw)", row)
      local n = db.query(c, "SELECT COUNT(*) AS n FROM (SELECT DISTINCT d, at, doc FROM typed) AS x")[1].n
      local streamed for r in db.stream(c, "SELECT doc FROM typed") do streamed = r.doc end
      return {tostring(row.d), row.at.unix, row.doc, row.again, row["odd`name"] or 0, row.raw, n, streamed}
    """
    document = {"tags": ["a"]}
    found = evaluate(code, options="types = 'rich'")
    assert found == ["2024-01-02", 1704164645.5, document, document, [1], "[1]", 1, document]


# Statements ------------------------------------------------------------------------------------------------


def test_statements_that_cannot_be_prepared_work_too(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "DROP PROCEDURE IF EXISTS twice")
      db.execute(c, "CREATE PROCEDURE twice(n INT) BEGIN SELECT n AS a; SELECT n * 2 AS b; END")
      db.execute(c, "LOCK TABLES bytes READ")
      db.execute(c, "UNLOCK TABLES")
      db.execute(c, "USE information_schema")
      db.execute(c, "USE live")
      return db.query(c, "CALL twice(?)", {4})
    """
    assert evaluate(code, options="pool_size = 1") == [{"a": 4}, {"b": 8}]


def test_a_statement_kept_for_one_database_is_not_used_in_another(evaluate: Evaluate) -> None:
    code = """
      local ask = "SELECT COUNT(*) AS n FROM tables"
      db.execute(c, "CREATE TABLE IF NOT EXISTS tables(x INT)")
      local mine = db.query(c, ask)[1].n
      db.execute(c, "USE information_schema")
      local theirs = db.query(c, ask)[1].n
      db.execute(c, "DROP TABLE live.tables")
      return {mine, theirs > 10}
    """
    assert evaluate(code, options="pool_size = 1") == [0, True]


def test_a_table_that_changes_under_a_kept_statement(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "DROP TABLE IF EXISTS typed")
      db.execute(c, "CREATE TABLE typed(a INT)")
      db.execute(c, "INSERT INTO typed VALUES (1)")
      local before = db.query(c, "SELECT * FROM typed")[1]
      db.execute(c, "ALTER TABLE typed ADD b INT DEFAULT 7")
      return {before, db.query(c, "SELECT * FROM typed")[1]}
    """
    assert evaluate(code) == [{"a": 1}, {"a": 1, "b": 7}]


def test_more_statements_than_are_kept(evaluate: Evaluate) -> None:
    code = """
      local sum = 0
      for round = 1, 2 do
        for i = 1, 150 do sum = sum + db.query(c, "SELECT ? + " .. i .. " AS n", {round})[1].n end
      end
      return {sum, tonumber(db.query(c, "SHOW STATUS LIKE 'Prepared_stmt_count'")[1].Value) < 100}
    """
    assert evaluate(code) == [2 * 150 * 151 // 2 + 150 * 3, True]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("SELECT 1", 0, id="a SELECT"),
        pytest.param("CREATE TEMPORARY TABLE u(x INT)", 0, id="DDL"),
        pytest.param("INSERT INTO bytes VALUES ('x'), ('y')", 2, id="insert"),
        pytest.param("UPDATE bytes SET b = 'x'", 2, id="rows matched, not changed"),
        pytest.param("DELETE FROM bytes", 2, id="delete"),
    ],
)
def test_rows_affected(evaluate: Evaluate, sql: str, expected: int) -> None:
    assert evaluate(f"return db.execute(c, [[{sql}]])") == {"rows_affected": expected}


# Errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "start", "code"),
    [
        pytest.param("SELEC", "1064 (42000): You have an error in your SQL syntax", 1064, id="syntax"),
        pytest.param("SELECT * FROM nope", "1146 (42S02): Table 'live.nope' doesn't exist", 1146, id="no table"),
        pytest.param("SELECT 1; SELECT 2", "1064 (42000): You have an error in your SQL syntax", 1064, id="two"),
        pytest.param("", "1065 (42000): Query was empty", 1065, id="empty"),
        pytest.param("SELECT ?", "1210 (HY000): Incorrect arguments to mysqld_stmt_execute", 1210, id="too few"),
    ],
)
def test_the_server_s_words_and_code(evaluate: Evaluate, sql: str, start: str, code: int) -> None:
    lua = f"local _, e = pcall(db.query, c, [[{sql}]]) return {{e.message, e.code, c:query('SELECT 5 AS n')[1].n}}"
    message, number, alive = evaluate(lua)
    assert message.startswith(f"db.query: error returned from database: {start}")
    assert (number, alive) == (code, 5)


def test_what_mysql_does_not_have_is_refused_before_it_is_sent(evaluate: Evaluate) -> None:
    code = "return select(2, pcall(db.query, c, 'SELECT ?', {0/0})).message"
    assert evaluate(code) == "db.query: MySQL has neither infinities nor NaN"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param((re.escape(PASSWORD.replace(" ", "%20")), "no"),
                     "error returned from database: 1045 (28000): Access denied for user 'live'@", id="password"),
        pytest.param(("/live$", "/nope"), "error returned from database: 1049 (42000): Unknown database 'nope'",
                     id="name"),
        pytest.param(("$", "?ssl-mode=required"),
                     "error communicating with database: the server does not support TLS, which ssl-mode requires",
                     id="TLS"),
    ],
)  # fmt: skip
def test_why_there_is_no_connection(mariadb: Database, fails, change: tuple[str, str], message: str) -> None:
    url = re.sub(*change, mariadb.url)
    assert fails(f"db.connect('{url}')").startswith(f"db.connect: {message}")


def test_a_deadlock_ends_the_transaction_for_good(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "DROP TABLE IF EXISTS dead")
      db.execute(c, "CREATE TABLE dead(x INT PRIMARY KEY, n INT)")
      db.execute(c, "INSERT INTO dead VALUES (1, 0), (2, 0)")
      local results = {}
      local function change(first, second)
        return async.spawn(function()
          local ok, e = pcall(db.transaction, c, function(tx)
            tx:execute("UPDATE dead SET n = n + 1 WHERE x = ?", {first})
            sleep(0.1)
            pcall(db.execute, tx, "UPDATE dead SET n = n + 1 WHERE x = ?", {second}) -- swallows the deadlock
            tx:execute("UPDATE dead SET n = n + 100 WHERE x = ?", {first}) -- must not be committed by itself
          end)
          results[#results + 1] = ok and "committed" or e.message
        end)
      end
      local a, b = change(1, 2), change(2, 1)
      a.await() b.await()
      table.sort(results)
      return {results, db.query(c, "SELECT SUM(n) AS n FROM dead")[1].n}
    """
    assert evaluate(code) == [["committed", "db.execute: the server has rolled the transaction back"], "102"]


def test_a_function_that_writes_is_refused_by_the_server_in_read_only_mode(evaluate: Evaluate) -> None:
    evaluate("""
      db.execute(c, "DROP FUNCTION IF EXISTS sly")
      db.execute(c, "CREATE FUNCTION sly() RETURNS INT BEGIN INSERT INTO bytes VALUES ('x'); RETURN 1; END")
    """)
    message = evaluate("return select(2, pcall(db.query, c, 'SELECT sly()')).message", readonly=True)
    assert message.startswith(
        "db.query: error returned from database: 1792 (25006): Cannot execute statement in a READ"
    )


# What there is ---------------------------------------------------------------------------------------------


def test_tables_and_columns(evaluate: Evaluate) -> None:
    code = """
      db.execute(c, "DROP TABLE IF EXISTS orders")
      db.execute(c, [[CREATE TABLE orders(
        id BIGINT AUTO_INCREMENT, customer VARCHAR(20) NOT NULL DEFAULT 'nobody', paid BOOLEAN,
        PRIMARY KEY (customer, id), KEY (id))]])
      db.execute(c, "CREATE OR REPLACE VIEW totals AS SELECT 1 AS n")
      local found = {}
      for _, t in ipairs(db.tables(c)) do
        if t.name == "orders" or t.name == "totals" then found[#found + 1] = t end
      end
      return {found, db.describe(c, "orders"), #db.describe(c, "live.orders")}
    """
    tables, columns, count = evaluate(code)
    assert tables == [
        {"schema": "live", "name": "orders", "kind": "table"},
        {"schema": "live", "name": "totals", "kind": "view"},
    ]
    assert columns == [
        {"name": "id", "type": "bigint(20)", "nullable": False, "primary_key": 2},
        {"name": "customer", "type": "varchar(20)", "nullable": False, "default": "'nobody'", "primary_key": 1},
        {"name": "paid", "type": "tinyint(1)", "nullable": True},
    ]
    assert count == 3

"""Rows of large results, one by one."""

from __future__ import annotations

import pytest

NUMBERS = (
    "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT {count}) SELECT i, 'row ' || i AS t FROM r"
)


def test_all_rows_come_in_order_and_none_twice(sqlite) -> None:
    code = f"""
      local expected = 0
      for row in db.stream(c, [[{NUMBERS.format(count=2500)}]]) do
        expected = expected + 1
        if row.i ~= expected or row.t ~= "row " .. expected then return -1 end
      end
      return expected
    """
    assert sqlite(code) == 2500


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2000])
def test_the_end_is_found_at_any_number_of_rows(sqlite, count: int) -> None:
    code = f"""
      db.execute(c, "CREATE TABLE t(x)")
      for i = 1, {count} do db.execute(c, "INSERT INTO t VALUES (?)", {{i}}) end
      local n = 0 for _ in c:stream("SELECT * FROM t") do n = n + 1 end
      return n
    """
    assert sqlite(code) == count


def test_parameters_and_types_are_those_of_a_query(sqlite) -> None:
    code = """
      db.execute(c, "CREATE TABLE t(x INTEGER, ok BOOLEAN)")
      db.batch(c, "INSERT INTO t VALUES (?, ?)", {{1, true}, {2, false}, {3}})
      local found = {}
      for row in db.stream(c, "SELECT * FROM t WHERE x >= :least", {least = 2}) do found[#found + 1] = row end
      return found
    """
    assert sqlite(code) == [{"x": 2, "ok": False}, {"x": 3}]


def test_a_large_result_needs_no_memory(sqlite) -> None:
    code = f"local n = 0 for row in db.stream(c, [[{NUMBERS.format(count=120_000)}]]) do n = n + #row.t end return n"
    assert sqlite(code, memory_limit=4 << 20) == sum(len(f"row {i}") for i in range(1, 120_001))


def test_the_same_result_as_a_query_hits_the_limit_and_the_script_lives_on(sqlite) -> None:
    code = f"""
      local ok, e = pcall(db.query, c, [[{NUMBERS.format(count=120_000)}]])
      return {{ok, tostring(e):find("not enough memory") ~= nil, db.query(c, "SELECT 1 n")[1].n}}
    """
    assert sqlite(code, memory_limit=4 << 20) == [False, True, 1]


def test_a_huge_value_hits_the_limit_too(sqlite) -> None:
    code = """
      local ok, e = pcall(db.query, c, "SELECT zeroblob(50000000) AS b")
      return {ok, tostring(e):find("not enough memory") ~= nil, db.query(c, "SELECT 1 n")[1].n}
    """
    assert sqlite(code, memory_limit=8 << 20) == [False, True, 1]


@pytest.mark.parametrize("exit", ["break", "error('x')", "coroutine.yield()"])
def test_leaving_the_loop_early_ends_the_statement(sqlite, exit: str) -> None:
    code = f"""
      db.execute(c, "CREATE TABLE t(x)")
      local co = coroutine.wrap(function() for row in db.stream(c, [[{NUMBERS.format(count=5000)}]]) do {exit} end end)
      pcall(co)
      co = nil collectgarbage() collectgarbage() sleep(0.01)
      db.execute(c, "DROP TABLE t") -- refused while a statement reads
      return 1
    """
    assert sqlite(code) == 1


def test_other_statements_run_while_rows_are_read(sqlite) -> None:
    code = f"""
      db.execute(c, "CREATE TABLE t(x)")
      for row in db.stream(c, [[{NUMBERS.format(count=1500)}]]) do
        if row.i % 500 == 0 then db.execute(c, "INSERT INTO t VALUES (?)", {{row.i}}) end
      end
      return db.query(c, "SELECT x FROM t")
    """
    assert sqlite(code) == [{"x": 500}, {"x": 1000}, {"x": 1500}]


def test_next_and_close_serve_outside_of_a_loop(sqlite) -> None:
    code = """
      local rows = db.stream(c, "VALUES (1), (2), (3)")
      local a, b = rows:next().column1, rows().column1
      rows:close() rows:close()
      return {a, b, rows:next() == nil, tostring(rows):find("^db rows") ~= nil}
    """
    assert sqlite(code) == [1, 2, True, True]


def test_a_statement_without_rows_gives_none(sqlite) -> None:
    code = """
      local n = 0
      for _ in db.stream(c, "CREATE TABLE t(x)") do n = n + 1 end
      for _ in db.stream(c, "INSERT INTO t VALUES (1)") do n = n + 1 end
      return {n, #db.query(c, "SELECT * FROM t")}
    """
    assert sqlite(code) == [0, 1]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("SELEC", 'db.stream: error returned from database: (code: 1) near "SELEC": syntax error', id="1"),
        pytest.param("SELECT abs(-9223372036854775808 + x) FROM (SELECT 1 x UNION ALL SELECT 0)",
                     "db.stream: error returned from database: (code: 1) integer overflow", id="later"),
        pytest.param("SELECT CAST(x'ff' AS TEXT)",
                     "db.stream: a text value is not UTF-8; select it with CAST(... AS BLOB)", id="no UTF-8"),
    ],
)  # fmt: skip
def test_an_error_comes_where_the_row_is_read(refused, sql: str, expected: str) -> None:
    assert refused(f"for _ in db.stream(c, [[{sql}]]) do end") == expected


def test_a_method_called_with_a_dot_says_what_is_wrong(refused) -> None:
    assert refused("local rows = db.stream(c, 'SELECT 1') rows.next()") == "db rows: call methods with ':'"


def test_a_closed_connection_ends_its_streams(refused) -> None:
    code = (
        f"local rows = db.stream(c, [[{NUMBERS.format(count=3000)}]]) rows:next() db.close(c) while rows:next() do end"
    )
    assert refused(code) == "db.stream: attempted to acquire a connection on a closed pool"

"""One statement for many lists of parameters."""

from __future__ import annotations

import pytest

TABLE = "db.execute(c, 'CREATE TABLE t(x UNIQUE, y)') "


@pytest.mark.parametrize(
    ("sql", "rows", "expected"),
    [
        pytest.param("INSERT INTO t VALUES (?, ?)", "{{1, 'a'}, {2, 'b'}}", [[1, "a"], [2, "b"]], id="in order"),
        pytest.param("INSERT INTO t VALUES ($2, $1)", "{{1, 'a'}}", [["a", 1]], id="by number"),
        pytest.param("INSERT INTO t VALUES (:x, :y)", "{{x = 1, y = 2}, {y = 3}}", [[1, 2], [None, 3]], id="by name"),
        pytest.param("INSERT INTO t VALUES (?, ?)", "{{nil, 2}, {1}}", [[None, 2], [1, None]], id="nil is NULL"),
        pytest.param("INSERT INTO t VALUES (?, ?)", "{{1, 2, 3}}", [[1, 2]], id="too many are ignored"),
        pytest.param("INSERT INTO t VALUES (1, 2)", "{{}}", [[1, 2]], id="no parameters"),
        pytest.param("INSERT INTO t VALUES (?, ?)", "{}", [], id="no lists"),
        pytest.param("INSERT INTO t VALUES (?, ?)", "{{true, 1.5}, {'ä', '\\xff'}}", [[1, 1.5], ["ä", "\udcff"]],
                     id="all kinds of values"),
        pytest.param("INSERT INTO t VALUES (?, ?)", "{{db.blob('x'), db.json({1})}, {db.array({1}), json.null}}",
                     [["x", "[1]"], ["[1]", None]], id="values with a type"),
    ],
)  # fmt: skip
def test_each_list_is_bound_once(sqlite, sql: str, rows: str, expected: list[list[object]]) -> None:
    code = f"""
      local done = db.batch(c, "{sql}", {rows})
      local found = {{}}
      for i, row in ipairs(db.query(c, "SELECT * FROM t ORDER BY rowid")) do
        found[i] = {{row.x == nil and "NULL" or row.x, row.y == nil and "NULL" or row.y}}
      end
      return {{done.rows_affected, found}}
    """
    shown = [["NULL" if value is None else value for value in row] for row in expected]
    assert sqlite(TABLE + code) == [len(expected), shown]


def test_ten_thousand_lists(sqlite) -> None:
    code = """
      local rows = {}
      for i = 1, 10007 do rows[i] = {i, "row " .. i} end
      local n = db.batch(c, "INSERT INTO t VALUES (?, ?)", rows).rows_affected
      return {n, db.query(c, "SELECT count(*) n, sum(x) s, max(y) m FROM t")[1]}
    """
    assert sqlite(TABLE + code) == [10007, {"n": 10007, "s": 10007 * 10008 // 2, "m": "row 9999"}]


def test_one_failure_undoes_all(sqlite) -> None:
    code = """
      local ok, e = pcall(db.batch, c, "INSERT INTO t VALUES (?, 0)", {{1}, {2}, {1}})
      return {ok, e.message, #db.query(c, "SELECT * FROM t")}
    """
    message = "db.batch: error returned from database: (code: 2067) UNIQUE constraint failed: t.x"
    assert sqlite(TABLE + code) == [False, message, 0]


def test_a_failure_in_a_transaction_undoes_the_batch_alone(sqlite) -> None:
    code = """
      db.transaction(c, function(tx)
        tx:execute("INSERT INTO t VALUES (7, 7)")
        pcall(db.batch, tx, "INSERT INTO t VALUES (?, 0)", {{1}, {1}})
        tx:batch("INSERT INTO t VALUES (?, 0)", {{8}})
      end)
      return db.query(c, "SELECT x FROM t ORDER BY x")
    """
    assert sqlite(TABLE + code) == [{"x": 7}, {"x": 8}]


def test_updates_count_the_rows_they_meet(sqlite) -> None:
    code = """
      db.batch(c, "INSERT INTO t VALUES (?, ?)", {{1, 1}, {2, 1}, {3, 2}})
      return db.batch(c, "UPDATE t SET x = -x WHERE y = ?", {{1}, {2}, {9}}).rows_affected
    """
    assert sqlite(TABLE + code) == 3


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param("'INSERT INTO t VALUES (?, ?)'", "third argument must be a list of parameter lists", id="nil"),
        pytest.param("'INSERT INTO t VALUES (?, ?)', 5", "third argument must be a list of parameter lists", id="5"),
        pytest.param("'INSERT INTO t VALUES (?, ?)', c", "third argument must be a list of parameter lists", id="conn"),
        pytest.param("'INSERT INTO t VALUES (?, ?)', {{1, 2}, 3}",
                     "third argument: number 2 must be a list of parameters, not a number", id="no list in it"),
        pytest.param("'INSERT INTO t VALUES (?, :y)', {{1, 2}}",
                     "placeholders with and without names cannot be mixed", id="mixed"),
        pytest.param("'INSERT INTO t VALUES (?, ?); SELECT 1', {{1, 2}}", "a batch takes one statement", id="two"),
    ],
)  # fmt: skip
def test_wrong_arguments(refused, arguments: str, expected: str) -> None:
    assert refused(f"{TABLE} db.batch(c, {arguments})") == f"db.batch: {expected}"


def test_a_value_no_database_takes(refused) -> None:
    message = refused(f"{TABLE} db.batch(c, 'INSERT INTO t VALUES (?, ?)', {{{{1, print}}}})")
    assert message == "db: unsupported parameter type: function"

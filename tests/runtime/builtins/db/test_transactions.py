"""`db.transaction`, and BEGIN ... COMMIT by hand, against SQLite."""

from __future__ import annotations

import pytest

TABLE = "db.execute(c, 'CREATE TABLE t(x UNIQUE)') local function count() return #db.query(c, 'SELECT * FROM t') end "


@pytest.fixture
def table(sqlite):
    """Evaluate code with `c`, a table `t(x UNIQUE)` and `count()`."""
    return lambda code, **options: sqlite(TABLE + code, **options)


def test_what_the_function_returns_is_returned_after_the_commit(table) -> None:
    code = """
      local a, b, n = db.transaction(c, function(tx)
        db.execute(tx, "INSERT INTO t VALUES (1)")
        return "x", nil, count()
      end)
      return {a, tostring(b), n, count()}
    """
    assert table(code) == ["x", "nil", 1, 1]


@pytest.mark.parametrize(
    ("thrown", "shown"),
    [
        pytest.param("error({code = 7})", "seven", id="a table"),
        pytest.param("error('plain', 0)", "plain", id="a string"),
        pytest.param("tx:execute('INSERT INTO t VALUES (1)')", "UNIQUE constraint failed: t.x", id="a builtin's error"),
        pytest.param("error()", "<no error object>", id="nil"),
    ],
)
def test_an_error_rolls_back_and_goes_on_as_it_was_thrown(table, thrown: str, shown: str) -> None:
    code = f"""
      local ok, e = pcall(db.transaction, c, function(tx) tx:execute("INSERT INTO t VALUES (1)") {thrown} end)
      return {{ok, type(e) == "table" and e.code == 7 and "seven" or tostring(e), count()}}
    """
    ok, text, count = table(code)
    assert (ok, count) == (False, 0)
    assert shown in text


def test_statements_on_the_connection_itself_belong_to_it_too(table) -> None:
    code = """
      pcall(db.transaction, c, function() db.execute(c, "INSERT INTO t VALUES (1)") error() end)
      return count()
    """
    assert table(code) == 0


def test_a_transaction_within_is_a_savepoint(table) -> None:
    code = """
      db.transaction(c, function(tx)
        tx:execute("INSERT INTO t VALUES (1)")
        pcall(db.transaction, tx, function(inner) inner:execute("INSERT INTO t VALUES (2)") error() end)
        tx:transaction(function(inner) inner:execute("INSERT INTO t VALUES (3)") end)
        pcall(db.transaction, c, function() db.execute(c, "INSERT INTO t VALUES (4)") error() end)
      end)
      local found = {} for row in db.stream(c, "SELECT x FROM t ORDER BY x") do found[#found + 1] = row.x end
      return found
    """
    assert table(code) == [1, 3]


def test_a_transaction_of_its_own_within_one_begun_by_hand_is_a_savepoint(table) -> None:
    code = """
      db.execute(c, "BEGIN")
      db.transaction(c, function(tx) tx:execute("INSERT INTO t VALUES (1)") end)
      local within = count()
      db.execute(c, "ROLLBACK")
      return {within, count()}
    """
    assert table(code) == [1, 0]


@pytest.mark.parametrize(
    ("after", "message"),
    [
        pytest.param("db.query(kept, 'SELECT 1')", "db.query: the transaction has ended", id="query"),
        pytest.param("kept:execute('SELECT 1')", "db.execute: the transaction has ended", id="execute"),
        pytest.param("db.transaction(kept, print)", "db.transaction: the transaction has ended", id="transaction"),
        pytest.param("db.close(kept)", "db.close: a transaction is ended by db.transaction", id="close"),
    ],
)
def test_an_ended_transaction_says_so(refused, after: str, message: str) -> None:
    assert refused(f"local kept db.transaction(c, function(tx) kept = tx end) {after}") == message


def test_the_connection_can_be_used_after_a_commit_that_fails(table) -> None:
    code = """
      db.execute(c, "CREATE TABLE p(id INTEGER PRIMARY KEY)")
      db.execute(c, "CREATE TABLE k(p REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED)")
      local ok, e = pcall(db.transaction, c, function(tx) tx:execute("INSERT INTO k VALUES (1)") end)
      return {ok, e.message, #db.query(c, "SELECT * FROM k"), pcall(db.transaction, c, function() end)}
    """
    message = "db.transaction: error returned from database: (code: 787) FOREIGN KEY constraint failed"
    assert table(code) == [False, message, 0, True]


def test_ending_it_by_hand_is_tolerated(table) -> None:
    code = """
      db.transaction(c, function(tx) tx:execute("INSERT INTO t VALUES (1)") tx:execute("COMMIT") end)
      pcall(db.transaction, c, function(tx) tx:execute("INSERT INTO t VALUES (2)") tx:execute("ROLLBACK") error() end)
      return {count(), db.execute(c, "INSERT INTO t VALUES (3)").rows_affected}
    """
    assert table(code) == [1, 1]


def test_a_cancelled_transaction_is_rolled_back(table) -> None:
    code = """
      local task = async.spawn(function()
        db.transaction(c, function(tx) tx:execute("INSERT INTO t VALUES (1)") sleep(10) end)
      end)
      sleep(0.02)
      task.cancel()
      sleep(0.02)
      return {count(), pcall(db.transaction, c, function(tx) tx:execute("INSERT INTO t VALUES (2)") end), count()}
    """
    assert table(code) == [0, True, 1]


def test_a_transaction_cancelled_within_a_statement_is_rolled_back(table) -> None:
    code = """
      local endless = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r"
      local task = async.spawn(function()
        db.transaction(c, function(tx) tx:execute("INSERT INTO t VALUES (1)") tx:query(endless) end)
      end)
      sleep(0.05)
      task.cancel()
      sleep(0.05)
      return {count(), db.execute(c, "INSERT INTO t VALUES (2)").rows_affected}
    """
    assert table(code) == [0, 1]


def test_a_transaction_left_by_the_end_of_the_script_is_rolled_back(run, tmp_path) -> None:
    url = f"sqlite://{tmp_path}/x.db?mode=rwc"
    code = f"""
      c = db.connect("{url}") db.execute(c, "CREATE TABLE t(x)")
      async.spawn(function() db.transaction(c, function(tx) tx:execute("INSERT INTO t VALUES (1)") sleep(60) end) end)
      sleep(0.02)
    """
    run(code)
    assert run(f"return #db.query(db.connect('{url}'), 'SELECT * FROM t')") == 0


def test_another_task_waits_until_the_transaction_has_ended(table) -> None:
    code = """
      local order = {}
      local task = async.spawn(function()
        db.execute(c, "INSERT INTO t VALUES (2)")
        order[#order + 1] = "other"
      end)
      db.transaction(c, function(tx)
        tx:execute("INSERT INTO t VALUES (1)")
        sleep(0.05)
        order[#order + 1] = "transaction"
      end)
      task.await()
      return order
    """
    assert table(code) == ["transaction", "other"]


def test_who_waits_too_long_for_the_connection_is_told(run) -> None:
    code = """
      local c = db.connect("sqlite:", {timeout = 0.05})
      return tostring(select(2, pcall(db.transaction, c, function()
        async.spawn(function() db.query(c, "SELECT 1") end):await()
      end)))
    """
    assert "db.query: pool timed out while waiting for an open connection" in run(code)


def test_a_task_may_share_the_transaction_by_its_handle(table) -> None:
    code = """
      db.transaction(c, function(tx)
        local tasks = {}
        for i = 1, 5 do tasks[i] = async.spawn(function() tx:execute("INSERT INTO t VALUES (?)", {i}) end) end
        for _, task in ipairs(tasks) do task.await() end
      end)
      return count()
    """
    assert table(code) == 5


def test_begin_and_commit_by_hand_are_a_transaction(table) -> None:
    code = """
      db.execute(c, "BEGIN")
      db.execute(c, "INSERT INTO t VALUES (1)")
      db.execute(c, "ROLLBACK")
      local after_rollback = count()
      db.execute(c, "BEGIN") db.execute(c, "INSERT INTO t VALUES (2)") db.execute(c, "COMMIT")
      return {after_rollback, count()}
    """
    assert table(code) == [0, 1]


def test_spawned_tasks_take_part_in_a_transaction_begun_by_hand(table) -> None:
    code = """
      db.execute(c, "BEGIN")
      async.spawn(function() db.execute(c, "INSERT INTO t VALUES (1)") end):await()
      local within = count()
      db.execute(c, "ROLLBACK")
      return {within, count()}
    """
    assert table(code) == [1, 0]


def test_a_second_argument_that_is_no_function_is_refused(refused) -> None:
    assert refused("db.transaction(c, {})") == "db.transaction: second argument must be a function"

"""SQLite beside other tasks: nobody is held up, everybody gets a turn, and what is cancelled ends."""

from __future__ import annotations

import time

import pytest

from assay_shell.runtime.errors import Interrupted
from assay_shell.runtime.vm import Runtime

ENDLESS = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r"
TICKS = """
  local ticks, done = 0, false
  async.spawn(function() while not done do ticks = ticks + 1 sleep(0.005) end end)
"""


def test_other_tasks_run_while_a_statement_takes_its_time(sqlite) -> None:
    code = f"""
      {TICKS}
      local n = db.query(c, [[
        WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 1500000) SELECT count(*) n FROM r]])[1].n
      return {{n, ticks > 5}}
    """
    assert sqlite(code) == [1500000, True]


def test_other_tasks_get_a_turn_at_each_short_statement(sqlite) -> None:
    code = """
      local turns = 0
      async.spawn(function() while true do turns = turns + 1 sleep(0) end end)
      for i = 1, 20 do db.query(c, "SELECT 1") end
      return turns >= 19
    """
    assert sqlite(code) is True


def test_a_spawned_task_starts_at_the_next_statement(sqlite) -> None:
    code = """
      local started = false
      async.spawn(function() started = true end)
      db.query(c, "SELECT 1")
      return started
    """
    assert sqlite(code) is True


def needs_an_event_loop(code: str) -> bool:
    with Runtime() as runtime:
        runtime.evaluate(code)
        return runtime.scheduler.events.exists


def test_short_statements_of_a_lonely_script_need_no_event_loop() -> None:
    code = """
      local c = db.connect("sqlite::memory:")
      db.execute(c, "CREATE TABLE t(x)")
      for i = 1, 100 do db.execute(c, "INSERT INTO t VALUES (?)", {i}) end
      db.transaction(c, function(tx) tx:execute("INSERT INTO t VALUES (0)") end)
      assert.eq(db.query(c, "SELECT count(*) n FROM t")[1].n, 101)
      db.close(c)
    """
    # What is short is measured, and on a busy machine anything may take long once.
    assert not all(needs_an_event_loop(code) for _ in range(20))


def test_a_statement_that_takes_long_is_done_once(sqlite) -> None:
    """It is cut short after a moment and begun again on the thread: what it did until then must be gone."""
    code = """
      db.execute(c, "CREATE TABLE t(x)")
      local big = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 60000) "
      local n = db.execute(c, big .. "INSERT INTO t SELECT i FROM r").rows_affected
      local ids = db.query(c, big .. "INSERT INTO t SELECT -i FROM r RETURNING x")
      return {n, #ids, db.query(c, "SELECT count(*) n, count(DISTINCT x) d FROM t")[1]}
    """
    assert sqlite(code) == [60000, 60000, {"n": 120000, "d": 120000}]


def test_many_tasks_share_one_connection(sqlite) -> None:
    code = """
      db.execute(c, "CREATE TABLE t(x)")
      local tasks = {}
      for i = 1, 50 do
        tasks[i] = async.spawn(function()
          for j = 1, 4 do db.execute(c, "INSERT INTO t VALUES (?)", {i * 10 + j}) end
        end)
      end
      for _, task in ipairs(tasks) do task.await() end
      return db.query(c, "SELECT count(DISTINCT x) n FROM t")[1].n
    """
    assert sqlite(code) == 200


def test_a_cancelled_statement_ends_and_the_connection_lives_on(sqlite) -> None:
    code = f"""
      local task = async.spawn(function() db.query(c, [[{ENDLESS}]]) end)
      sleep(0.03)
      local before = time()
      task.cancel()
      return {{db.query(c, "SELECT 1 AS n")[1].n, time() - before < 0.5}}
    """
    assert sqlite(code) == [1, True]


def test_a_statement_cancelled_before_its_turn_is_never_done(sqlite) -> None:
    code = f"""
      db.execute(c, "CREATE TABLE t(x)")
      local first = async.spawn(function() db.query(c, [[{ENDLESS}]]) end)
      sleep(0.02)
      local second = async.spawn(function() db.execute(c, "INSERT INTO t VALUES (1)") end)
      sleep(0.02)
      second.cancel()
      sleep(0.02)
      first.cancel()
      return #db.query(c, "SELECT * FROM t")
    """
    assert sqlite(code) == 0


def test_an_interrupt_stops_an_endless_statement() -> None:
    import threading

    with Runtime() as runtime:
        threading.Timer(0.1, runtime.interrupt).start()
        started = time.monotonic()
        with pytest.raises(Interrupted):
            runtime.evaluate(f"c = db.connect('sqlite:') db.query(c, [[{ENDLESS}]])")
        assert time.monotonic() - started < 1
        assert runtime.evaluate("return db.query(c, 'SELECT 5 AS n')[1].n") == [5]


def test_a_lock_of_another_connection_is_waited_for(run, tmp_path) -> None:
    code = f"""
      local url = "sqlite://{tmp_path}/x.db?mode=rwc"
      local a, b = db.connect(url), db.connect(url)
      db.execute(a, "CREATE TABLE t(x)")
      db.execute(a, "BEGIN IMMEDIATE")
      async.spawn(function() sleep(0.05) db.execute(a, "COMMIT") end)
      local before = time()
      db.execute(b, "INSERT INTO t VALUES (1)")
      return {{time() - before >= 0.04, #db.query(b, "SELECT * FROM t")}}
    """
    assert run(code) == [True, 1]


def test_a_slow_statement_is_logged_once_it_is_over() -> None:
    lines: list[tuple[str, str, dict[str, object]]] = []
    with Runtime(log=lambda level, message, target, **fields: lines.append((level, message, fields))) as runtime:
        from assay_shell.runtime.builtins.db.calls import log_slow

        log_slow(runtime, "SELECT\n  *   FROM t " + "x" * 1000, 1.5)
    ((level, message, fields),) = lines
    assert (level, message, fields["elapsed"]) == ("warn", "slow statement: took longer than 1 s", "1.500s")
    assert str(fields["statement"]).startswith("SELECT * FROM t xxx")
    assert len(str(fields["statement"])) <= 500


def test_a_thousand_connections_leave_nothing_open(run) -> None:
    code = """
      for i = 1, 1000 do
        local c = db.connect("sqlite::memory:")
        db.execute(c, "CREATE TABLE t(x)")
        db.close(c)
      end
      return 1
    """
    assert run(code) == 1


def test_a_connection_nobody_holds_any_more_is_closed(tmp_path) -> None:
    import os

    def open_files() -> int:
        return len(os.listdir("/dev/fd"))

    with Runtime() as runtime:
        url = f"sqlite://{tmp_path}/x.db?mode=rwc"
        runtime.evaluate(f"db.query(db.connect('{url}'), 'SELECT 1') collectgarbage() collectgarbage()")
        before = open_files()
        runtime.evaluate(f"for i = 1, 50 do db.query(db.connect('{url}'), 'SELECT 1') end")
        runtime.evaluate("collectgarbage() collectgarbage()")
        assert open_files() <= before

"""What is the same on every database server: the tests of both live files inherit these.

Statements use named parameters, so that one text serves all. `evaluate(code)` runs Lua in a fresh runtime in which `c`
is a connection, `URL` its address and SLEEP an expression that waits 0.2 s on the server.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay_shell.runtime.declare import write
from assay_shell.runtime.vm import Runtime
from tests.live.harness.databases import Database
from tests.support.command import Command

Evaluate = Callable[..., Any]
REPORT = Path(__file__).parents[2] / "examples" / "db_report.lua"

VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.binary(max_size=30),
)
FEW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
TABLE = """
  db.execute(c, "DROP TABLE IF EXISTS t")
  db.execute(c, "CREATE TABLE t(x INT PRIMARY KEY, y VARCHAR(100))")
  local function xs(conn)
    local found = {}
    for _, row in ipairs(db.query(conn or c, "SELECT x FROM t ORDER BY x")) do found[#found + 1] = row.x end
    return table.concat(found, " ")
  end
"""


def speaking(words: str) -> tuple[Any, Any]:
    """The fixtures `lines`, what is logged, and `evaluate`, which runs Lua with `c` as a connection to `server`.

    *words* sets the names by which statements of a dialect go.
    """

    @pytest.fixture
    def lines() -> list[str]:
        return []

    @pytest.fixture
    def evaluate(server: Database, lines: list[str]) -> Evaluate:
        return _evaluator(server.url, words, lines)

    return lines, evaluate


def _evaluator(url: str, words: str, lines: list[str]) -> Evaluate:
    def log(level: str, message: str, target: str, **fields: object) -> None:
        lines.append(f"{level} {message}")

    def evaluate(
        code: str,
        args: Sequence[object] = (),
        host_step: Callable[[str], None] | None = None,
        options: str = "",
        **settings: Any,
    ) -> Any:
        with Runtime(log=log, **settings) as runtime:
            if host_step is not None:
                runtime.define("", {"host_step": write(_stepping(host_step), target="name")})
            runtime.evaluate(f"URL = ... {words}", args=[url])
            results = runtime.evaluate(f"local c = db.connect(URL, {{{options}}}) {code}", args=args)
        return results[0] if results else None

    return evaluate


def _stepping(step: Callable[[str], None]) -> Callable[[str], None]:
    def call(name: str) -> None:
        step(name)

    return call


class _Values:
    """What is bound, and what comes back."""

    @FEW
    @given(value=VALUES)
    def test_any_value_survives_the_round_trip(self, evaluate: Evaluate, value: object) -> None:
        code = """
          local v = ...
          local back = db.query(c, "SELECT :v AS v", {v = v})[1].v
          return {back == v, math.type(back) == math.type(v)}
        """
        assert evaluate(code, args=[value]) == [True, True]

    @FEW
    @given(data=st.binary(max_size=300))
    def test_any_bytes_survive_in_a_binary_column(self, evaluate: Evaluate, data: bytes) -> None:
        code = """
          local v = ...
          return db.transaction(c, function(tx)
            db.execute(tx, "INSERT INTO bytes(b) VALUES (:v)", {v = db.blob(v)})
            local b = db.query(tx, "SELECT b FROM bytes WHERE b = :v", {v = db.blob(v)})[1].b
            tx:execute("DELETE FROM bytes")
            return b == v
          end)
        """
        assert evaluate(code, args=[data]) is True

    def test_all_256_byte_values(self, evaluate: Evaluate) -> None:
        code = """
          local all = {} for i = 0, 255 do all[#all + 1] = string.char(i) end
          local v = table.concat(all)
          return db.query(c, "SELECT :v AS v", {v = v})[1].v == v
        """
        assert evaluate(code) is True

    def test_parameters_never_become_sql(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          local evil = "'); DROP TABLE t; -- \\\\' \\\" ` :x ? $1"
          db.execute(c, "INSERT INTO t VALUES (1, :evil)", {{evil = evil}})
          db.batch(c, "INSERT INTO t VALUES (:x, :evil)", {{{{x = 2, evil = evil}}}})
          return {{#db.query(c, "SELECT * FROM t WHERE y = :evil", {{evil = evil}}), xs()}}
        """
        assert evaluate(code) == [2, "1 2"]

    def test_null_is_bound_by_n_by_name_and_as_json_null(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          db.batch(c, "INSERT INTO t VALUES (:x, :y)", {{{{x = 1}}, {{x = 2, y = "b"}}}})
          db.execute(c, "INSERT INTO t VALUES (3, :y)", {{y = json.null}})
          db.execute(c, "UPDATE t SET y = :y WHERE x = 2", {{x = 2}})
          local row = db.query(c, "SELECT y FROM t WHERE x = 1")[1]
          return {{#db.query(c, "SELECT * FROM t WHERE y IS NULL"), row.y == nil}}
        """
        assert evaluate(code) == [3, True]

    def test_counts_are_of_the_rows_met(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          local function count(sql) return db.execute(c, sql).rows_affected end
          return {{
            count("INSERT INTO t VALUES (1, 'a'), (2, 'b')"), count("UPDATE t SET y = 'z'"),
            count("UPDATE t SET y = 'z'"), count("UPDATE t SET y = 'q' WHERE x > 5"),
            count("CREATE TABLE u(x INT)"), count("DROP TABLE u"),
            count("DELETE FROM t"),
          }}
        """
        assert evaluate(code) == [2, 2, 2, 0, 0, 0, 2]

    def test_several_statements_in_one_string_are_refused(self, evaluate: Evaluate) -> None:
        code = f"{TABLE} return {{(pcall(db.execute, c, 'INSERT INTO t VALUES (1, NULL); DROP TABLE t')), xs()}}"
        assert evaluate(code) == [False, ""]


class _Transactions:
    """What is committed, and what never was."""

    def test_a_transaction_commits_returns_and_rolls_back(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          local n = db.transaction(c, function(tx) tx:execute("INSERT INTO t VALUES (1, NULL)") return 7 end)
          local ok, e = pcall(db.transaction, c, function(tx)
            tx:execute("INSERT INTO t VALUES (2, NULL)")
            db.execute(c, "INSERT INTO t VALUES (3, NULL)") -- the connection itself: part of it, too
            error({{code = 5}})
          end)
          return {{n, ok, e.code, xs()}}
        """
        assert evaluate(code) == [7, False, 5, "1"]

    def test_a_statement_that_failed_does_not_let_the_rest_through(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          pcall(db.transaction, c, function(tx)
            tx:execute("INSERT INTO t VALUES (1, NULL)")
            tx:execute("INSERT INTO t VALUES (1, NULL)")
          end)
          return xs()
        """
        assert evaluate(code) == ""

    def test_savepoints(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          db.transaction(c, function(tx)
            tx:execute("INSERT INTO t VALUES (1, NULL)")
            pcall(db.transaction, tx, function(inner) inner:execute("INSERT INTO t VALUES (1, NULL)") end)
            tx:transaction(function(inner) inner:execute("INSERT INTO t VALUES (3, NULL)") end)
          end)
          return xs()
        """
        assert evaluate(code) == "1 3"

    def test_other_tasks_do_not_see_what_is_not_committed(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          local seen
          db.transaction(c, function(tx)
            tx:execute("INSERT INTO t VALUES (1, NULL)")
            seen = async.spawn(function() return xs() end):await()[1]
          end)
          return {{seen, xs()}}
        """
        assert evaluate(code) == ["", "1"]

    def test_a_cancelled_transaction_is_rolled_back(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          local task = async.spawn(function()
            db.transaction(c, function(tx) tx:execute("INSERT INTO t VALUES (1, NULL)") tx:query("SELECT " .. LONG) end)
          end)
          sleep(0.1)
          local before = time()
          task.cancel()
          db.transaction(c, function(tx) tx:execute("INSERT INTO t VALUES (1, NULL)") end) -- waits for its lock
          return {{xs(), time() - before < 3}}
        """
        assert evaluate(code) == ["1", True]

    def test_begin_keeps_one_connection_until_the_end_of_the_transaction(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          db.execute(c, "BEGIN")
          for i = 1, 5 do db.execute(c, "INSERT INTO t VALUES (:i, NULL)", {{i = i}}) end
          local outside = async.spawn(function() return xs() end):await()[1]
          local inside = xs()
          db.execute(c, "ROLLBACK")
          local after = xs()
          db.execute(c, "START TRANSACTION")
          db.execute(c, "INSERT INTO t VALUES (9, NULL)")
          db.execute(c, "COMMIT")
          return {{outside, inside, after, xs()}}
        """
        assert evaluate(code) == ["", "1 2 3 4 5", "", "9"]

    def test_each_task_has_a_transaction_of_its_own(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          local tasks = {{}}
          for i = 1, 4 do
            tasks[i] = async.spawn(function()
              db.execute(c, "BEGIN")
              db.execute(c, "INSERT INTO t VALUES (:i, NULL)", {{i = i}})
              sleep(0.02)
              db.execute(c, i % 2 == 0 and "COMMIT" or "ROLLBACK")
            end)
          end
          for _, task in ipairs(tasks) do task.await() end
          return xs()
        """
        assert evaluate(code) == "2 4"

    def test_a_task_that_ends_in_a_transaction_loses_it(self, evaluate: Evaluate, lines: list[str]) -> None:
        code = f"""{TABLE}
          async.spawn(function() db.execute(c, "BEGIN") db.execute(c, "INSERT INTO t VALUES (1, NULL)") end):await()
          sleep(0.05)
          db.execute(c, "INSERT INTO t VALUES (1, NULL)")
          return xs()
        """
        assert evaluate(code) == "1"
        assert any("a task ended within a transaction" in line for line in lines)


class _Streams:
    """Many rows at once."""

    def test_a_batch_is_all_or_nothing(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          local rows = {{}}
          for i = 1, 2000 do rows[i] = {{x = i, y = "row " .. i}} end
          local n = db.batch(c, "INSERT INTO t VALUES (:x, :y)", rows).rows_affected
          rows[1500].x, rows[1].x = 1, 3000
          local ok = pcall(db.batch, c, "INSERT INTO t VALUES (:x + 5000, :y)", {{{{x = 1}}, {{x = 2}}, {{x = 1}}}})
          local last = db.query(c, "SELECT y FROM t ORDER BY x DESC")[1].y
          return {{n, ok, #db.query(c, "SELECT * FROM t"), last}}
        """
        assert evaluate(code) == [2000, False, 2000, "row 2000"]

    def test_a_batch_in_a_transaction_goes_with_it(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          pcall(db.transaction, c, function(tx)
            tx:batch("INSERT INTO t VALUES (:x, NULL)", {{{{x = 1}}, {{x = 2}}}})
            error()
          end)
          db.transaction(c, function(tx) tx:batch("INSERT INTO t VALUES (:x, NULL)", {{{{x = 3}}}}) end)
          return xs()
        """
        assert evaluate(code) == "3"

    @pytest.mark.timeout(120)  # a busy machine takes more than the usual 30 s
    def test_a_million_rows_are_read_in_constant_memory(self, evaluate: Evaluate) -> None:
        code = """
          local n, sum = 0, 0
          for row in db.stream(c, MILLION) do n, sum = n + 1, sum + row.i end
          return {n, sum}
        """
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert evaluate(code, memory_limit=8 << 20) == [1_000_000, 500_000_500_000]
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000

    def test_statements_run_between_the_rows_of_a_stream(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          local rows = {{}}
          for i = 1, 2500 do rows[i] = {{x = i}} end
          db.batch(c, "INSERT INTO t VALUES (:x, NULL)", rows)
          local function mark(conn)
            for row in conn:stream("SELECT x FROM t WHERE x > :least ORDER BY x", {{least = 0}}) do
              if row.x % 500 == 0 then conn:execute("UPDATE t SET y = 'marked' WHERE x = :x", {{x = row.x}}) end
            end
            return #conn:query("SELECT * FROM t WHERE y = 'marked'")
          end
          local outside = mark(c)
          db.execute(c, "UPDATE t SET y = NULL")
          return {{outside, db.transaction(c, mark)}}
        """
        assert evaluate(code) == [5, 5]

    def test_leaving_a_stream_early_gives_its_connection_back(self, evaluate: Evaluate) -> None:
        code = """
          local one = db.connect(URL, {pool_size = 1, timeout = 2})
          for i = 1, 3 do
            for row in db.stream(one, MILLION) do break end
            pcall(function() for row in db.stream(one, MILLION) do error() end end)
          end
          return db.query(one, "SELECT 5 AS n")[1].n
        """
        assert evaluate(code) == 5

    def test_what_cannot_be_streamed_is_read_at_once(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          local n = 0
          for _ in db.stream(c, "INSERT INTO t VALUES (1, NULL)") do n = n + 1 end
          for _ in db.stream(c, "SELECT * FROM t WHERE x = 99") do n = n + 1 end
          for row in db.stream(c, SHOW) do n = n + 1 end
          return {{n > 0, xs(), (pcall(db.stream, c, "SELEC"))}}
        """
        assert evaluate(code) == [True, "1", False]


class _Connections:
    """Pools, servers that go away, clean-up."""

    def test_five_statements_run_at_once_and_the_sixth_waits(self, evaluate: Evaluate) -> None:
        code = """
          local function all(count)
            local tasks, before = {}, time()
            for i = 1, count do tasks[i] = async.spawn(function() db.query(c, "SELECT " .. SLEEP) end) end
            for _, task in ipairs(tasks) do task.await() end
            return time() - before
          end
          all(5) -- connects
          return {all(5) < 0.38, all(6) >= 0.4}
        """
        assert evaluate(code) == [True, True]

    def test_the_pool_is_as_large_and_as_patient_as_asked(self, evaluate: Evaluate) -> None:
        code = """
          local one = db.connect(URL, {pool_size = 1, timeout = 0.1})
          local task = async.spawn(function() db.query(one, "SELECT " .. SLEEP) end)
          sleep(0.02)
          local ok, e = pcall(db.query, one, "SELECT 1")
          task.await()
          return {e.message, db.query(one, "SELECT 1 AS n")[1].n}
        """
        assert evaluate(code) == ["db.query: pool timed out while waiting for an open connection", 1]

    def test_sequential_calls_use_the_same_connection(self, evaluate: Evaluate) -> None:
        code = """
          local first = db.query(c, "SELECT " .. SELF .. " AS id")[1].id
          for i = 1, 20 do if db.query(c, "SELECT " .. SELF .. " AS id")[1].id ~= first then return false end end
          return true
        """
        assert evaluate(code) is True

    def test_an_idle_connection_that_the_server_has_ended_is_replaced_unseen(self, evaluate: Evaluate) -> None:
        code = """
          local other = db.connect(URL)
          local id = db.query(other, "SELECT " .. SELF .. " AS id")[1].id
          db.query(c, (KILL:gsub(":id", id)))
          sleep(0.05)
          return db.query(other, "SELECT 5 AS n")[1].n
        """
        assert evaluate(code) == 5

    def test_a_connection_ended_in_a_transaction_ends_the_transaction(self, evaluate: Evaluate) -> None:
        code = f"""{TABLE}
          local other = db.connect(URL)
          local ok, e = pcall(db.transaction, other, function(tx)
            tx:execute("INSERT INTO t VALUES (1, NULL)")
            db.query(c, (KILL:gsub(":id", tx:query("SELECT " .. SELF .. " AS id")[1].id)))
            sleep(0.05)
            local first = select(2, pcall(db.execute, tx, "INSERT INTO t VALUES (2, NULL)")).message
            local second = select(2, pcall(db.execute, other, "INSERT INTO t VALUES (3, NULL)")).message
            error({{first, second}})
          end)
          return {{e, xs(other)}}
        """
        (first, second), left = evaluate(code)
        assert first.startswith("db.execute: error ")
        assert second == "db.execute: the transaction was lost with its connection"
        assert left == ""

    def test_a_cancelled_statement_ends_on_the_server(self, evaluate: Evaluate) -> None:
        code = """
          local other = db.connect(URL)
          local id
          local task = async.spawn(function()
            db.transaction(other, function(tx)
              id = tx:query("SELECT " .. SELF .. " AS id")[1].id
              tx:query("SELECT " .. LONG)
            end)
          end)
          while not id do sleep(0.01) end
          sleep(0.1)
          task.cancel()
          for i = 1, 40 do
            if #db.query(c, (BUSY:gsub(":id", id))) == 0 then return db.query(other, "SELECT 5 AS n")[1].n end
            sleep(0.05)
          end
          return "still busy"
        """
        assert evaluate(code) == 5

    def test_connections_leave_nothing_behind(self, evaluate: Evaluate) -> None:
        code = """
          local before = #fs.list("/proc/self/fd")
          for i = 1, 30 do
            local other = db.connect(URL)
            db.query(other, "SELECT 1")
            db.close(other)
          end
          sleep(0.05)
          return #fs.list("/proc/self/fd") - before
        """
        assert evaluate(code) <= 1

    def test_a_closed_pool_finishes_what_is_under_way(self, evaluate: Evaluate) -> None:
        code = """
          local task = async.spawn(function() return #db.query(c, "SELECT " .. SLEEP) end)
          sleep(0.05)
          db.close(c)
          local ok, e = pcall(db.query, c, "SELECT 1")
          return {task.await()[1], e.message}
        """
        assert evaluate(code) == [1, "db.query: attempted to acquire a connection on a closed pool"]

    @pytest.mark.timeout(60)
    def test_a_lost_server_is_a_clear_error_and_the_next_call_connects_again(
        self, evaluate: Evaluate, server: Database
    ) -> None:
        answers: list[object] = []

        def step(name: str) -> None:
            {"kill": server.kill, "start": server.start}[name]()

        code = f"""{TABLE}
          db.execute(c, "INSERT INTO t VALUES (1, NULL)")
          local function message(ok, e) return ok or e.message end
          local found, inside = {{}}, false
          local lost = async.spawn(function() return message(pcall(db.query, c, "SELECT " .. LONG)) end)
          local begun = async.spawn(function()
            return message(pcall(db.transaction, c, function(tx)
              tx:execute("INSERT INTO t VALUES (2, NULL)")
              inside = true
              sleep(0.2)
              tx:execute("INSERT INTO t VALUES (3, NULL)")
            end))
          end)
          while not inside do sleep(0.01) end
          host_step("kill")
          found[1], found[2] = lost.await()[1], begun.await()[1]
          found[3] = message(pcall(db.query, c, "SELECT 1"))
          host_step("start")
          found[4] = xs()
          return found
        """
        answers = evaluate(code, host_step=step)
        running, transaction, refused, left = answers
        assert str(running).startswith("db.query: error ")
        assert str(transaction).startswith("db.execute: error ")
        assert refused == "db.query: error communicating with database: Connection refused (os error 111)"
        assert left == "1"

    def test_the_report_among_the_examples_runs(self, evaluate: Evaluate, server: Database, cli: Command) -> None:
        evaluate(f'{TABLE} db.execute(c, "INSERT INTO t VALUES (1, NULL)")')
        shown = cli(REPORT, server.url).stdout.decode().splitlines()
        assert any(re.fullmatch(r"table  \w+\.t +1 rows   2 columns  x", line) for line in shown)
        assert cli(REPORT, server.url, "SELECT x, 'a,b' AS y FROM t").stdout == b'x,y\n1,"a,b"\n'


class _Limits:
    """Errors, secrets and limits."""

    def test_an_unknown_table_is_an_error_with_a_near_name(self, evaluate: Evaluate) -> None:
        code = f"{TABLE} db.execute(c, 'DROP TABLE IF EXISTS people') db.execute(c, 'CREATE TABLE people(x INT)') "
        ask = "return select(2, pcall(db.describe, c, 'peple')).message"
        assert evaluate(code + ask) == 'db.describe: there is no table "peple"; did you mean people?'

    def test_the_password_is_never_in_an_error(self, evaluate: Evaluate) -> None:
        code = """
          local wrong = URL:gsub("://(.-):.-@", "://%1:wr0ngsecret@")
          return select(2, pcall(db.connect, wrong)).message
        """
        message = evaluate(code)
        assert "wr0ngsecret" not in message
        assert message.startswith("db.connect: error returned from database: ")

    def test_writes_are_refused_in_read_only_mode(self, evaluate: Evaluate) -> None:
        evaluate(TABLE)
        code = """
          local ok, e = pcall(db.execute, c, "DELETE FROM t")
          local reads = #db.query(c, "SELECT * FROM t")
          for _ in db.stream(c, "SELECT * FROM t") do end
          db.transaction(c, function(tx) reads = reads + #tx:query("SELECT * FROM t") end)
          return {ok, e.message:find("^readonly: db.execute blocked") ~= nil, reads}
        """
        assert evaluate(code, readonly=True) == [False, True, 0]

    def test_a_result_too_large_for_the_script_is_cut_off_and_the_script_lives_on(self, evaluate: Evaluate) -> None:
        code = """
          local ok, e = pcall(db.query, c, MILLION)
          return {ok, tostring(e):find("not enough memory") ~= nil, db.query(c, "SELECT 5 AS n")[1].n}
        """
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert evaluate(code, memory_limit=8 << 20) == [False, True, 5]
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


class DatabaseBehaviour(_Values, _Transactions, _Streams, _Connections, _Limits):
    """Tests for any server."""

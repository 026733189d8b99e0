"""What is read-only SQL, and what `--readonly` makes of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.db.effects import effect_of
from assay_shell.runtime.guard import Effect
from assay_shell.runtime.vm import Runtime

ALL = ("sqlite", "postgres", "mysql")


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1", "select * from t where x = 'DELETE'", "SELECT a FROM t UNION SELECT b FROM u ORDER BY 1",
        "(SELECT 1)", "WITH a AS (SELECT 1) SELECT * FROM a", "-- why\n SELECT 1", "/* x */ SELECT 1",
        "SELECT count(*), max(x), coalesce(y, 0), my_function(z) FROM t GROUP BY y HAVING count(*) > 1",
        "SELECT 1;", "", ";", "  ", "BEGIN", "begin;", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE SAVEPOINT a",
        "ROLLBACK TO SAVEPOINT a", "EXPLAIN SELECT * FROM t",
    ],
)  # fmt: skip
def test_what_only_reads(dialect: str, sql: str) -> None:
    assert effect_of(sql, dialect) == "read"


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1)", "UPDATE t SET x = 1", "DELETE FROM t", "DROP TABLE t", "CREATE TABLE t(x int)",
        "ALTER TABLE t ADD y int", "SELECT 1; DROP TABLE t", "SELECT 1; SELECT 2; DELETE FROM t", "GRANT ALL ON t TO u",
        "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", "SELECT * FROM t FOR UPDATE", "VACUUM", "nonsense",
        "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", "SET x = 1", "CALL p()", "SELECT FROM WHERE",
        "SAVEPOINT a; DROP TABLE t", "BEGIN; DROP TABLE t", "EXPLAIN SELECT 1; DROP TABLE t",
        "/* SELECT */ DROP TABLE t",
        "SELECT nextval('s')", 'SELECT "nextval"(1)', "SELECT x.nextval('s')", "SELECT (SELECT NextVal('s'))",
        "SELECT (",
        "COMMIT PREPARED 'x'", "SHOW x; DROP TABLE t",
    ],
)  # fmt: skip
def test_what_writes_or_is_not_understood(dialect: str, sql: str) -> None:
    assert effect_of(sql, dialect) == "write"


@pytest.mark.parametrize(
    ("dialect", "sql", "effect"),
    [
        ("postgres", "SELECT * INTO copy FROM t", "write"),
        ("postgres", "SELECT pg_terminate_backend(1)", "write"),
        ("postgres", "SELECT * FROM dblink('x', 'DELETE') AS t(a int)", "write"),
        ("postgres", "SELECT set_config('x', 'y', false)", "write"),
        ("postgres", "SELECT pg_advisory_lock(1)", "write"),
        ("postgres", "SELECT lo_unlink(1)", "write"),
        ("postgres", "SELECT currval('s'), pg_sleep(0), now()", "read"),
        ("postgres", "SELECT doc ? 'key', $1::jsonb @> doc, arr[1:2], E'\\n' FROM t WHERE x = :name", "read"),
        ("postgres", "TABLE t", "read"),
        ("postgres", "VALUES (1), (2)", "read"),
        ("sqlite", "VALUES (1), (2)", "read"),
        ("postgres", "SHOW search_path", "read"),
        ("postgres", "EXPLAIN (COSTS OFF) DELETE FROM t", "read"),
        ("postgres", "EXPLAIN ANALYZE SELECT 1", "read"),
        ("postgres", "EXPLAIN ANALYZE DELETE FROM t", "write"),
        ("postgres", "EXPLAIN (ANALYZE, BUFFERS) DELETE FROM t", "write"),
        ("postgres", "explain analyse verbose update t set x = 1", "write"),
        ("postgres", "COPY t TO PROGRAM 'sh'", "write"),
        ("postgres", "DO $$ BEGIN END $$", "write"),
        ("postgres", "NOTIFY x", "write"),
        ("mysql", "SHOW CREATE TABLE t", "read"),
        ("mysql", "DESCRIBE t", "read"),
        ("mysql", "EXPLAIN UPDATE t SET x = 1", "read"),
        ("mysql", "ANALYZE UPDATE t SET x = 1", "write"),
        ("mysql", "SELECT * FROM t INTO OUTFILE '/tmp/x'", "write"),
        ("mysql", "SELECT 1 INTO @a", "write"),
        ("mysql", "SELECT @a := 1", "write"),
        ("mysql", "SELECT get_lock('a', 1)", "write"),
        ("mysql", "SELECT /*! 1 INTO OUTFILE '/tmp/x' */", "write"),
        ("mysql", "SELECT 1 /*M! INTO OUTFILE '/tmp/x' */", "write"),
        ("mysql", "SELECT ?, `a b` FROM t LIMIT ?", "read"),
        ("mysql", "SELECT NEXT VALUE FOR s", "write"),
        ("sqlite", "PRAGMA table_info(t)", "read"),
        ("sqlite", "PRAGMA main.table_info('t')", "read"),
        ("sqlite", "PRAGMA user_version", "read"),
        ("sqlite", "PRAGMA user_version = 3", "write"),
        ("sqlite", "PRAGMA user_version(3)", "write"),
        ("sqlite", "PRAGMA journal_mode = wal", "write"),
        ("sqlite", "PRAGMA wal_checkpoint", "write"),
        ("sqlite", "PRAGMA table_info(t); DROP TABLE t", "write"),
        ("sqlite", "EXPLAIN QUERY PLAN DELETE FROM t", "read"),
        ("sqlite", "SELECT ?1, $2, :a, @b FROM t WHERE [x] = 'y'", "read"),
        ("sqlite", "SELECT load_extension('x')", "write"),
        ("sqlite", "SELECT writefile('x', 'y')", "write"),
        ("sqlite", "ATTACH 'x' AS y", "write"),
        ("sqlite", "REPLACE INTO t VALUES (1)", "write"),
        ("sqlite", "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 5) SELECT * FROM r", "read"),
    ],
)
def test_of_one_database(dialect: str, sql: str, effect: str) -> None:
    assert effect_of(sql, dialect) == effect


@given(st.text(max_size=40), st.sampled_from(ALL))
def test_any_text_has_an_effect_and_says_nothing(sql: str, dialect: str) -> None:
    assert effect_of(sql, dialect) in ("read", "write")


# Read-only mode --------------------------------------------------------------------------------------------


@pytest.fixture
def url(run, tmp_path: Path) -> str:
    """A database file with a table `t` and one row."""
    made = f"sqlite://{tmp_path}/app.db"
    run(f"local c = db.connect('{made}?mode=rwc') db.execute(c, 'CREATE TABLE t(x); INSERT INTO t VALUES (1)')")
    return made


def test_reading_goes_on(run, url: str) -> None:
    code = f"""
      local c = db.connect("{url}")
      local n = 0
      for _ in db.stream(c, "SELECT * FROM t") do n = n + 1 end
      db.transaction(c, function(tx) n = n + #tx:query("SELECT * FROM t") end)
      return {{n, db.query(c, "SELECT x FROM t")[1].x, #db.tables(c), #c:describe("t")}}
    """
    assert run(code, readonly=True) == [2, 1, 1, 1]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        pytest.param("db.execute(c, 'DELETE  FROM\\n t')", "db.execute", id="execute"),
        pytest.param("db.query(c, 'DELETE FROM t')", "db.query", id="query"),
        pytest.param("c:execute('DELETE FROM t')", "db connection:execute", id="method"),
        pytest.param("db.batch(c, 'DELETE FROM t', {{}})", "db.batch", id="batch"),
        pytest.param("db.stream(c, 'DELETE FROM t')", "db.stream", id="stream"),
        pytest.param("db.transaction(c, function(tx) tx:execute('DELETE FROM t') end)", "db transaction:execute",
                     id="transaction"),
    ],
)  # fmt: skip
def test_a_write_is_refused_with_what_it_would_have_done(run, fails, url: str, call: str, name: str) -> None:
    message = fails(f"local c = db.connect('{url}') {call}", readonly=True)
    assert message == f"readonly: {name} blocked ({url.replace('sqlite://', 'sqlite:')}: DELETE FROM t)"
    assert run(f"return #db.query(db.connect('{url}'), 'SELECT * FROM t')") == 1


def test_creating_a_file_is_a_write_and_opening_one_is_not(run, fails, url: str, tmp_path: Path) -> None:
    assert run(f"return #db.query(db.connect('{url}?mode=rwc'), 'SELECT * FROM t')", readonly=True) == 1
    message = fails(f"db.connect('sqlite://{tmp_path}/new.db?mode=rwc')", readonly=True)
    assert message == f"readonly: db.connect blocked ({tmp_path}/new.db)"
    assert not (tmp_path / "new.db").exists()


def test_the_database_is_told_too_and_told_again_when_it_ends(url: str) -> None:
    with Runtime(readonly=True) as runtime:
        runtime.evaluate(f"c = db.connect('{url}')")
        assert runtime.evaluate("return db.query(c, 'PRAGMA query_only')[1].query_only") == [1]
        runtime.guard.readonly = False
        assert runtime.evaluate("return db.execute(c, 'DELETE FROM t').rows_affected") == [1]


def test_who_is_asked_sees_the_statement_and_reads_are_not_asked_about(url: str) -> None:
    asked: list[Effect] = []

    async def approve(effect: Effect) -> None:
        asked.append(effect)

    with Runtime() as runtime:
        runtime.guard.approve = approve
        code = f"""
          local c = db.connect("{url}")
          db.query(c, "SELECT 1")
          async.spawn(function()
            db.transaction(c, function(tx) db.execute(c, "INSERT INTO t VALUES (2)") end)
          end):await()
          return #db.query(c, "SELECT * FROM t")
        """
        assert runtime.evaluate(code) == [2]
    label = url.replace("sqlite://", "sqlite:")
    assert [(e.name, e.kind, e.target) for e in asked] == [
        ("db.execute", "write", f"{label}: INSERT INTO t VALUES (2)")
    ]

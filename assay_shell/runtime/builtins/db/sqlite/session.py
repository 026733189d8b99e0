"""A SQLite connection: short statements at once, all others on a thread of its own.

A statement that needs a fraction of a millisecond is done before a thread would have taken it up. Whether it will is
known from the last time, or can be guessed. One that only reads is tried and cut short where it takes longer, to be
done again on the thread. One that writes never is: SQLite may report the cut when all has been committed.
"""

from __future__ import annotations

from time import perf_counter

import apsw

from assay_shell.runtime.builtins.db.failure import POOL_CLOSED, DatabaseFailure, answered
from assay_shell.runtime.builtins.db.placeholders import Placeholders
from assay_shell.runtime.builtins.db.rows import Outcome
from assay_shell.runtime.builtins.db.sqlite.results import Collector, not_text
from assay_shell.runtime.builtins.db.sqlite.worker import Worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from assay_shell.runtime.builtins.db.params import Parameters
    from assay_shell.runtime.builtins.db.rows import Rows
    from assay_shell.runtime.builtins.db.sqlite.results import Limits
    from assay_shell.runtime.builtins.db.sqlite.settings import Settings

    Result = TypeVar("Result")

_QUICK = 0.002
"""Seconds up to which a statement is done at once the next time."""
_CUT_SHORT = 0.003
"""Seconds after which one that is done at once is given to the thread instead."""
_LOCK_PATIENCE = 5000
"""Milliseconds to wait for a lock that another connection holds."""
_STEPS = 4000
"""Instructions of SQLite's machine, about 0.1 ms, between two looks at whether to go on."""
_KEPT = 500
"""Statements remembered with their placeholders and their cost."""
_FOREVER = float("inf")
_READS = ("select", "values", "explain")
_SHORT = ("begin", "commit", "end", "rollback", "release", "savepoint")
_CHANGES = ("insert", "update", "delete", "replace")
"""What gives no rows, unless RETURNING stands in it."""


class _Statement:
    """What is known of an SQL text. *quick* says what to expect; *rowless* is what certainly gives no rows."""

    __slots__ = ("count", "names", "quick", "reads", "rowless", "several", "text")

    def __init__(self, sql: str) -> None:
        found = Placeholders(sql, "sqlite")
        self.text = found.text
        self.count = found.count
        self.names = found.names
        self.several = len(found.counts) > 1
        text = sql.lower()
        first = text.split(None, 1)[0].rstrip(";") if text.strip() else ""
        self.rowless = not self.several and first in _CHANGES and "returning" not in text
        self.reads = first in _READS
        self.quick = self.reads or first in _SHORT or (first in ("insert", "create") and _sounds_short(text))


def _sounds_short(text: str) -> bool:
    """Whether an INSERT or CREATE, in lower case, handles no more than what stands in it."""
    return "select" not in text and " index" not in text


class SqliteSession:
    """One open database."""

    failed = False

    def __init__(self, settings: Settings, limits: Limits) -> None:
        self._limits = limits
        self._connection = _open(settings)
        self._connection.set_progress_handler(self._look, _STEPS)
        self._statements: dict[str, _Statement] = {}
        self._worker = Worker("db sqlite", self._cut_short)
        self._until = _FOREVER
        self._patience = _LOCK_PATIENCE
        self.broken = False
        self.readonly = False

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return not self.broken and self._connection.in_transaction

    def usable(self) -> bool:
        """A file does not go away."""
        return not self.broken

    def at_once(self, sql: str, values: Parameters) -> Outcome | None:
        """Run a statement that is expected to be quick; None where the thread has to do it."""
        statement = self._statement(sql)
        self._live()
        if not statement.quick or statement.several or self._worker.busy:
            return None
        return self._quickly(statement, bindings(statement, values))

    async def run(self, sql: str, values: Parameters) -> Outcome:
        """Run all statements in *sql*."""
        outcome = self.at_once(sql, values)
        if outcome is None:
            statement = self._statement(sql)
            bound = bindings(statement, values)
            outcome = await self._worker.do(lambda: self._patiently(statement, bound))
        return outcome

    async def run_many(self, sql: str, rows: list[tuple[Any, ...]]) -> int:
        """Run one statement for each row, all or nothing."""
        statement = self._statement(sql)
        if statement.several:
            raise DatabaseFailure("a batch takes one statement")
        return await self.on_thread(lambda: self._all(statement.text, rows))

    async def open_cursor(self, sql: str, values: Parameters) -> SqliteCursor:
        """Start a statement whose rows are read later."""
        statement = self._statement(sql)
        bound = bindings(statement, values)
        cursor = self._live().cursor()
        await self.on_thread(lambda: cursor.execute(statement.text, bound))
        return SqliteCursor(self, cursor)

    async def on_thread(self, work: Callable[[], Result]) -> Result:
        """Have *work* with this connection done on its thread."""
        self._live()
        return await self._worker.do(lambda: self._guarded(work))

    def rows(self, cursor: apsw.Cursor, most: int) -> Rows | None:
        """Up to *most* rows of a running statement, on the thread; None at the end."""
        collector = Collector(self._limits)
        try:
            collector.take(cursor, most)
        except apsw.ExecutionCompleteError:
            return None
        except UnicodeDecodeError as exc:
            raise not_text() from exc
        return collector.parts[0]

    async def set_readonly(self, *, on: bool) -> None:
        """Have SQLite refuse writes, or allow them again."""
        await self.run(f"PRAGMA query_only = {int(on)}", [])
        self.readonly = on

    async def close(self) -> None:
        """Close the database."""
        self.abort()

    def abort(self) -> None:
        """Cut short what runs and close the database."""
        if not self.broken:
            self.broken = True
            self._worker.end()
            self._connection.close(force=True)

    # Running ---------------------------------------------------------------------------------------------

    def _statement(self, sql: str) -> _Statement:
        found = self._statements.get(sql)
        if found is None:
            if len(self._statements) >= _KEPT:
                self._statements.clear()
            found = self._statements[sql] = _Statement(sql)
        return found

    def _live(self) -> apsw.Connection:
        if self.broken:
            raise DatabaseFailure(POOL_CLOSED)
        return self._connection

    def _quickly(self, statement: _Statement, bound: Any) -> Outcome | None:
        """The outcome of a statement; None where it met a lock or, if it only reads, took too long."""
        self._wait_for_locks(0)
        started = perf_counter()
        self._until = started + _CUT_SHORT if statement.reads else _FOREVER
        try:
            outcome = self._execute(statement, bound)
        except apsw.Error as exc:
            if isinstance(exc, apsw.BusyError) or (statement.reads and isinstance(exc, apsw.InterruptError)):
                statement.quick = False
                return None
            raise failure_of(exc) from exc
        finally:
            self._until = _FOREVER
        statement.quick = perf_counter() - started < _QUICK
        return outcome

    def _patiently(self, statement: _Statement, bound: Any) -> Outcome:
        """The outcome of a statement, on the thread: it may take its time and wait for locks."""
        started = perf_counter()
        outcome = self._guarded(lambda: self._execute(statement, bound))
        statement.quick = perf_counter() - started < _QUICK
        return outcome

    def _wait_for_locks(self, milliseconds: int) -> None:
        if self._patience != milliseconds:
            self._connection.set_busy_timeout(milliseconds)
            self._patience = milliseconds

    def _guarded(self, work: Callable[[], Result]) -> Result:
        """Do *work* with the connection on the thread; its failures in the group's words."""
        self._live()
        self._wait_for_locks(_LOCK_PATIENCE)
        self._until = _FOREVER
        try:
            return work()
        except apsw.Error as exc:
            raise failure_of(exc) from exc

    def _execute(self, statement: _Statement, bound: Any) -> Outcome:
        """Run it to its end."""
        if statement.several:
            return self._execute_several(statement, bound)
        connection = self._connection
        before = connection.total_changes()
        cursor = connection.execute(statement.text, bound)
        if statement.rowless:
            return Outcome([], connection.changes() if connection.total_changes() != before else 0)
        collector = Collector(self._limits)
        try:
            collector.take(cursor)
        except apsw.ExecutionCompleteError:
            pass  # it has no rows, and can no longer be asked anything
        except UnicodeDecodeError as exc:
            if not cursor.is_readonly:
                raise not_text() from exc
            description = cursor.get_description()
            cursor.close(force=True)
            collector.take_bytes(connection, statement.text, bound, description)
        return Outcome(collector.parts, connection.changes() if connection.total_changes() != before else 0)

    def _execute_several(self, statement: _Statement, bound: Any) -> Outcome:
        """Run statement after statement: values are used up in order, counts are added up."""
        connection, collector = self._connection, Collector(self._limits)
        before, affected, first = connection.total_changes(), 0, True

        def next_one(cursor: apsw.Cursor, sql: str, values: Any) -> bool:
            nonlocal affected, before, first
            if connection.total_changes() != before:
                affected += connection.changes()
                before = connection.total_changes()
            first = True
            return True

        cursor = connection.cursor()
        cursor.exec_trace = next_one
        try:
            for row in cursor.execute(statement.text, bound):
                collector.take_one(cursor, row, first=first)
                first = False
        except UnicodeDecodeError as exc:
            raise not_text() from exc
        next_one(cursor, "", None)
        return Outcome(collector.parts, affected)

    def _all(self, sql: str, rows: list[tuple[Any, ...]]) -> int:
        connection = self._connection
        before = connection.total_changes()
        with connection:  # a savepoint: all or nothing, also in a transaction
            cursor = connection.cursor()
            for _ in cursor.executemany(sql, rows):
                continue
        return connection.total_changes() - before

    # Cutting short ---------------------------------------------------------------------------------------

    def _cut_short(self) -> None:
        """Have what runs on the thread end at its next look; called from the loop's thread."""
        self._until = 0.0

    def _look(self) -> bool:
        """Called by SQLite while a statement runs: whether to end it. Python serves signals here, too."""
        return perf_counter() > self._until


class SqliteCursor:
    """A running SELECT. Other statements of the same connection may run in between."""

    def __init__(self, session: SqliteSession, cursor: apsw.Cursor) -> None:
        self._session = session
        self._cursor = cursor

    async def fetch(self, count: int) -> Rows | None:
        """The next rows."""
        cursor = self._cursor
        return await self._session.on_thread(lambda: self._session.rows(cursor, count))

    async def close(self) -> None:
        """End the SELECT."""
        if not self._session.broken:
            await self._session.on_thread(lambda: self._cursor.close(force=True))


def failure_of(exc: apsw.Error) -> DatabaseFailure:
    """What SQLite says, with its extended code."""
    code = getattr(exc, "extendedresult", None) or getattr(exc, "result", None)
    if code is None:
        return DatabaseFailure(str(exc))
    return answered(f"(code: {code}) {exc}", code=code)


def bindings(statement: _Statement, values: Parameters) -> Any:
    """The values as SQLite takes them: as many as there are placeholders, NULL for missing ones."""
    if isinstance(values, dict):
        return {name: values.get(name) for name in statement.names}
    count = statement.count
    if len(values) != count:
        values = values[:count] + [None] * (count - len(values))
    return values


def _open(settings: Settings) -> apsw.Connection:
    flags = {"ro": apsw.SQLITE_OPEN_READONLY, "rw": apsw.SQLITE_OPEN_READWRITE}.get(
        settings.mode, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    )
    name = settings.file
    if settings.immutable:
        from urllib.parse import quote

        name, flags = f"file:{quote(name)}?immutable=1", flags | apsw.SQLITE_OPEN_URI
    try:
        connection = apsw.Connection(name, flags=flags)
        connection.set_busy_timeout(_LOCK_PATIENCE)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA schema_version").fetchall()  # looks into the file: is it a database at all?
    except apsw.Error as exc:
        raise failure_of(exc) from exc
    return connection

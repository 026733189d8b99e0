"""A MySQL or MariaDB connection."""

from __future__ import annotations

import asyncio

from assay_shell.runtime.builtins.db.failure import DatabaseFailure
from assay_shell.runtime.builtins.db.mysql import wire as protocol
from assay_shell.runtime.builtins.db.mysql.link import open_link
from assay_shell.runtime.builtins.db.mysql.statements import OpenResult, Statements
from assay_shell.runtime.builtins.db.mysql.wire import Wire
from assay_shell.runtime.builtins.db.placeholders import Placeholders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, TypeVar

    from assay_shell.runtime.builtins.db.mysql.settings import Settings
    from assay_shell.runtime.builtins.db.params import Parameters
    from assay_shell.runtime.builtins.db.rows import Outcome, Rows
    from assay_shell.runtime.builtins.db.session import Cursor

    Result = TypeVar("Result")

_GREETING = (
    "SET NAMES utf8mb4, time_zone = '+00:00',"
    " sql_mode = (SELECT CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'PIPES_AS_CONCAT'))"
)
_KILL_WITHIN = 2.0
"""Seconds for telling the server that nobody waits for a statement any more."""
_ROLLED_BACK = "the server has rolled the transaction back"


class MysqlSession:
    """One connection of a pool."""

    def __init__(self, settings: Settings, wire: Wire, ceiling: float, *, rich: bool) -> None:
        self._settings = settings
        self._wire = wire
        self._statements = Statements(wire, ceiling, rich=rich)
        self._turn = asyncio.Lock()
        self._rolled_back = False
        """Whether a failure, such as a deadlock, has ended a transaction that the script still believes in."""
        self.readonly = False

    @classmethod
    async def connect(cls, settings: Settings, timeout: float, ceiling: float, *, rich: bool) -> MysqlSession:
        """A new connection, within *timeout* seconds.

        Raises:
            DatabaseFailure: there is no server, or it refuses.
        """
        session = cls(settings, await _connected(settings, timeout), ceiling, rich=rich)
        await session._alone(lambda: session._statements.run_text(_GREETING))
        return session

    @property
    def broken(self) -> bool:
        """Whether the connection is gone."""
        return self._wire.broken

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, or was until the server ended it."""
        return self._rolled_back or bool(self._wire.status & protocol.IN_TRANSACTION)

    @property
    def failed(self) -> bool:
        """Whether the server has ended it."""
        return self._rolled_back

    def usable(self) -> bool:
        """Whether the server is still there, as far as the socket tells."""
        return self._wire.usable()

    def at_once(self, sql: str, values: Parameters) -> Outcome | None:
        """None: a server always takes a wait."""
        return None

    async def run(self, sql: str, values: Parameters) -> Outcome:
        """Run one statement."""
        text, ordered = in_order(sql, values)
        self._check(text)
        outcome = await self._alone(lambda: self._statements.run(text, ordered))
        if text[:4].lower().strip() == "use":
            self._statements.forget_all()
        return outcome

    async def run_many(self, sql: str, rows: list[tuple[Any, ...]]) -> int:
        """Run one statement for each row, all or nothing."""
        self._check(sql)
        own = not self.in_transaction
        begin, commit, undo = ("START TRANSACTION", "COMMIT", "ROLLBACK") if own else _SAVEPOINT
        run_text = self._statements.run_text

        async def work() -> int:
            await run_text(begin)
            try:
                affected = await self._statements.run_many(sql, rows)
            except DatabaseFailure:
                if not self.broken:
                    await run_text(undo)
                raise
            await run_text(commit)
            return affected

        return await self._alone(work)

    async def open_cursor(self, sql: str, values: Parameters) -> Cursor:
        """A cursor of the server for what can have one; everything else is read at once."""
        text, ordered = in_order(sql, values)
        self._check(text)
        result = await self._alone(lambda: self._statements.open(text, ordered))
        return MysqlCursor(self, result)

    async def fetch(self, result: OpenResult, count: int) -> Rows | None:
        """The next rows of an open result."""
        return await self._alone(lambda: self._statements.fetch(result, count))

    async def forget(self, result: OpenResult) -> None:
        """Drop an open result."""
        async with self._turn:
            self._statements.forget(result.prepared)

    async def set_readonly(self, *, on: bool) -> None:
        """Have the server refuse writes, or allow them again."""
        mode = "READ ONLY" if on else "READ WRITE"
        await self._alone(lambda: self._statements.run_text(f"SET SESSION TRANSACTION {mode}"))
        self.readonly = on

    async def close(self) -> None:
        """Say goodbye and close."""
        if not self.broken:
            self._wire.send(protocol.QUIT, b"")
            self._wire.finish()

    def abort(self) -> None:
        """Close at once."""
        self._wire.close()

    # Running ---------------------------------------------------------------------------------------------

    def _check(self, sql: str) -> None:
        """After the server has ended a transaction, nothing may run as if it were still open."""
        if not self._rolled_back:
            return
        word = sql.lstrip()[:9].lower()
        if word.startswith(("rollback", "begin", "start")):
            self._rolled_back = False
            return
        if word.startswith("commit"):
            self._rolled_back = False
        raise DatabaseFailure(_ROLLED_BACK)

    async def _alone(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """Do *work* while no other task uses the connection. One that is cancelled ends on the server, too."""
        async with self._turn:
            before = self._wire.status & protocol.IN_TRANSACTION
            try:
                return await work()
            except DatabaseFailure:
                if before and not self.broken:
                    await self._statements.refresh()
                    self._rolled_back = not self._wire.status & protocol.IN_TRANSACTION
                raise
            except asyncio.CancelledError:
                self._wire.close()
                await self._kill()
                raise

    async def _kill(self) -> None:
        """Have the server end this connection's statement, by another connection; it may be too late for that."""
        try:
            other = await _connected(self._settings, _KILL_WITHIN)
            try:
                async with asyncio.timeout(_KILL_WITHIN):
                    await Statements(other, 0, rich=False).run_text(f"KILL {self._wire.number}")
            finally:
                other.close()
        except (DatabaseFailure, TimeoutError):
            return


_SAVEPOINT = ("SAVEPOINT assay_batch", "RELEASE SAVEPOINT assay_batch", "ROLLBACK TO SAVEPOINT assay_batch")


class MysqlCursor:
    """A result at the server, or rows that came at once. Other statements may run between two fetches."""

    def __init__(self, session: MysqlSession, result: OpenResult | Outcome) -> None:
        self._session = session
        self._open = result if isinstance(result, OpenResult) else None
        self._left = [] if isinstance(result, OpenResult) else result.parts

    async def fetch(self, count: int) -> Rows | None:
        """The next rows."""
        if self._open is not None:
            return await self._session.fetch(self._open, count)
        return self._left.pop(0) if self._left else None

    async def close(self) -> None:
        """Drop the result."""
        if self._open is not None and not self._session.broken:
            await self._session.forget(self._open)


async def _connected(settings: Settings, timeout: float) -> Wire:
    link = await open_link(settings, timeout)
    return Wire(link)


def in_order(sql: str, values: Parameters) -> tuple[str, list[Any]]:
    """The statement and its values as its placeholders come."""
    if isinstance(values, list):
        return sql, values
    found = Placeholders(sql, "mysql")
    if found.nameless and found.names:
        raise DatabaseFailure("placeholders with and without names cannot be mixed")
    text, names = found.positional()
    return text, [values.get(name) for name in names]

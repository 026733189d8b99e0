"""Rows of large results, read from the database in batches."""

from __future__ import annotations

from assay_shell.runtime.builtins.db import calls
from assay_shell.runtime.builtins.db.connection import owner_of
from assay_shell.runtime.builtins.db.failure import DatabaseFailure
from assay_shell.runtime.builtins.db.rows import to_lua
from assay_shell.runtime.values import Raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from assay_shell.runtime.builtins.db.calls import Connection
    from assay_shell.runtime.builtins.db.connection import Owner
    from assay_shell.runtime.builtins.db.session import Cursor, Session
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

_NAME = "db.stream"
_BATCH = 1000  # rows


class Source:
    """An open result of *session*, lent by *connection*.

    Without a server there is one connection only, which is back in its pool while the stream is read: SQLite lets other
    statements run in between.
    """

    def __init__(self, connection: Connection, owner: Owner, session: Session, cursor: Cursor) -> None:
        self._connection = connection
        self._owner = owner
        self._session = session
        self._cursor = cursor
        self._ended = False

    async def fetch(self, runtime: Runtime) -> Raw | None:
        """The next rows, None at the end."""
        try:
            rows = None if self._ended else await self._cursor.fetch(_BATCH)
        except DatabaseFailure as exc:
            await self.finish()
            raise exc.at(_NAME) from exc
        return None if rows is None else Raw(to_lua(runtime, [rows]))

    async def finish(self) -> None:
        """Close the result and give the connection back; a second call does nothing."""
        if self._ended:
            return
        self._ended = True
        try:
            await self._cursor.close()
        except DatabaseFailure:
            self._session.abort()
        except BaseException:
            self._session.abort()
            raise
        finally:
            if self._connection.kind.server:
                self._connection.give_back(self._owner, self._session)

    def drop(self, runtime: Runtime) -> None:
        """Have the result closed as soon as the event loop gets to it; nobody can wait for that."""
        scheduler = runtime.scheduler
        if not self._ended and scheduler.events.exists:
            closing = scheduler.loop.create_task(self.finish())
            _closing.add(closing)
            closing.add_done_callback(_closing.discard)


_closing: set[Any] = set()
"""Tasks on their way; the event loop alone would not keep them alive."""


def open_source(runtime: Runtime, conn: Value, sql: Value, params: Value) -> Coroutine[Any, Any, Raw]:
    """The handle of a new Source.

    Raises:
        BuiltinError: the arguments are wrong, or the database refused.
    """
    connection = calls.connection_of(_NAME, conn)
    text = calls.sql_of(_NAME, sql)
    values = connection.binder.parameters(params, text)
    return _open(runtime, connection, owner_of(runtime), text, values)


async def _open(runtime: Runtime, connection: Connection, owner: Owner, text: str, values: Any) -> Raw:
    try:
        session = await connection.borrow(owner)
        try:
            cursor = await session.open_cursor(text, values)
        except BaseException:
            connection.give_back(owner, session)
            raise
    except DatabaseFailure as exc:
        raise exc.at(_NAME) from exc
    if not connection.kind.server:
        connection.give_back(owner, session)
    return runtime.handle(Source(connection, owner, session, cursor), "db result", {})

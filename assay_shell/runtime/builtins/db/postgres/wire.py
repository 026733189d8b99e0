"""Conversations with a PostgreSQL server over libpq, on the event loop."""

from __future__ import annotations

import asyncio

import psycopg
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

from assay_shell.runtime.builtins.db.failure import DatabaseFailure
from assay_shell.runtime.builtins.db.postgres.failures import lost, statement_failure
from assay_shell.runtime.builtins.db.rows import TooMuch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import pq

    Encoded = Sequence[bytes | None]
    Take = Callable[[pq.abc.PGresult], None]

_CALM_WITHIN = 2.0
"""Seconds that the server gets to end a statement that was cancelled."""
_GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.EMPTY_QUERY, ExecStatus.TUPLES_CHUNK)
_COPIES = (ExecStatus.COPY_IN, ExecStatus.COPY_OUT, ExecStatus.COPY_BOTH)
_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR, TransactionStatus.ACTIVE)
_CHUNK = 1000
"""Rows of one result; a large answer is counted as it comes instead of filling the memory first."""
_PIPELINED = 500
"""Statements sent before the answers are read."""


class Wire:
    """One connection. Every statement has a turn of its own, also when several tasks share the connection."""

    def __init__(
        self, connection: psycopg.AsyncConnection, notice: Callable[[psycopg.errors.Diagnostic], None]
    ) -> None:
        self._connection = connection
        self._notice = notice
        self._dismissed = False
        """Whether the server has said, between two statements, that it ends the connection."""
        connection.add_notice_handler(self._on_notice)
        self._libpq = connection.pgconn
        self._in_chunks = psycopg.capabilities.has_stream_chunked()
        self._turn = asyncio.Lock()
        self._loop = asyncio.get_running_loop()

    @property
    def broken(self) -> bool:
        """Whether the connection is gone."""
        return self._libpq.status != ConnStatus.OK

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, by what the server says."""
        return self._libpq.transaction_status in _OPEN

    @property
    def failed(self) -> bool:
        """Whether that transaction can only be rolled back."""
        return self._libpq.transaction_status == TransactionStatus.INERROR

    def usable(self) -> bool:
        """Whether the server has neither left nor said anything that changes that, without asking it."""
        if self.broken or self._loop is not asyncio.get_running_loop():
            return False
        from select import POLLIN, poll

        look = poll()
        look.register(self._libpq.socket, POLLIN)
        try:
            while look.poll(0):
                self._libpq.consume_input()  # a notice, or the end
                self._libpq.is_busy()  # has libpq read what it got
        except psycopg.Error:
            return False
        return not self._dismissed and self._libpq.transaction_status == TransactionStatus.IDLE

    async def execute(
        self, command: bytes, types: Sequence[int] = (), values: Encoded = (), take: Take | None = None
    ) -> pq.abc.PGresult:
        """Run one statement; *take* gets its rows as they come, in one or more results.

        Raises:
            DatabaseFailure: the server refused it, or was lost.
            TooMuch: *take* says so, and the statement has been ended.
        """

        def send() -> None:
            self._libpq.send_query_params(command, values, types)
            if take is not None and self._in_chunks:
                self._libpq.set_chunked_rows_mode(_CHUNK)

        async with self._turn:
            return await self._converse(send, take)

    async def script(self, commands: bytes) -> None:
        """Run several statements without parameters. Errors as those of `execute`."""
        async with self._turn:
            await self._converse(lambda: self._libpq.send_query(commands))

    async def prepare(self, command: bytes, types: Sequence[int]) -> None:
        """Have the server look at a statement without running it. Errors as those of `execute`."""
        async with self._turn:
            await self._converse(lambda: self._libpq.send_prepare(b"", command, types))

    async def pipeline(self, command: bytes, types: Sequence[int], rows: Sequence[Encoded]) -> int:
        """Run one statement for each row of values; the rows affected by all of them.

        Raises:
            DatabaseFailure: one of them failed (the rest has not run), or the server was lost.
        """
        async with self._turn:
            try:
                self._libpq.enter_pipeline_mode()
                self._libpq.send_prepare(b"", command, types)
                affected = await self._send_many([])
                for start in range(0, len(rows), _PIPELINED):
                    affected += await self._send_many(rows[start : start + _PIPELINED])
                self._libpq.exit_pipeline_mode()
            except psycopg.Error as exc:
                raise lost(str(exc)) from exc
            except BaseException:  # what is on its way cannot be told apart any more
                if not self._leave_pipeline():
                    self.close()
                raise
            return affected

    def close(self) -> None:
        """Close the connection; the server rolls back what is open."""
        self._libpq.finish()

    def _on_notice(self, notice: psycopg.errors.Diagnostic) -> None:
        self._dismissed = self._dismissed or notice.severity_nonlocalized in ("FATAL", "PANIC")
        self._notice(notice)

    # The conversation ------------------------------------------------------------------------------------

    async def _converse(self, send: Callable[[], None], take: Take | None = None) -> pq.abc.PGresult:
        try:
            send()
            await self._flush()
            return await self._answer(take)
        except psycopg.Error as exc:
            raise lost(str(exc)) from exc
        except (asyncio.CancelledError, TooMuch):
            await self._calm()
            raise

    async def _answer(self, take: Take | None) -> pq.abc.PGresult:
        """The last result of a statement, all of them read."""
        last, refusal = None, None
        while (result := await self._next_result()) is not None:
            if result.status in _COPIES:
                self.close()
                raise DatabaseFailure("COPY from or to the client is not supported")
            if result.status not in _GOOD:
                refusal = refusal or statement_failure(result)
            elif take is not None and result.nfields:
                take(result)
            last = result
        if refusal is not None:
            raise refusal
        if last is None:
            raise lost(self._libpq.get_error_message())
        return last

    async def _send_many(self, rows: Sequence[Encoded]) -> int:
        """Send a turn of the pipeline (without rows: what has been sent already) and read its answers."""
        for values in rows:
            self._libpq.send_query_prepared(b"", values)
        self._libpq.pipeline_sync()
        await self._flush()
        affected, refusal = 0, None
        for _ in range(len(rows) or 1):
            while (result := await self._next_result()) is not None:
                if result.status in _GOOD:
                    affected += result.command_tuples or 0
                elif result.status != ExecStatus.PIPELINE_ABORTED and refusal is None:
                    refusal = statement_failure(result)
        await self._next_result()  # the synchronization
        if refusal is not None:
            raise refusal
        return affected

    def _leave_pipeline(self) -> bool:
        try:
            self._libpq.exit_pipeline_mode()
        except psycopg.Error:
            return False
        return True

    async def _next_result(self) -> pq.abc.PGresult | None:
        while self._libpq.is_busy():
            await self._ready()
            self._libpq.consume_input()
        return self._libpq.get_result()

    async def _flush(self) -> None:
        """Send everything, reading what comes meanwhile: a server that cannot get rid of its answers stops reading."""
        while self._libpq.flush():
            if await self._ready(write=True):
                self._libpq.consume_input()

    async def _ready(self, *, write: bool = False) -> bool:
        """Wait for something to read, or also for room to *write*; whether there is something to read."""
        loop, socket = self._loop, self._libpq.socket
        if socket < 0:
            raise psycopg.OperationalError("the connection is closed")
        future: asyncio.Future[bool] = loop.create_future()
        loop.add_reader(socket, _settle, future, True)  # noqa: FBT003 - a result, not an argument of ours
        if write:
            loop.add_writer(socket, _settle, future, False)  # noqa: FBT003
        try:
            return await future
        finally:
            loop.remove_reader(socket)
            if write:
                loop.remove_writer(socket)

    async def _calm(self) -> None:
        """Have the server end the statement nobody waits for any more; a connection where it does not is closed."""
        try:
            async with asyncio.timeout(_CALM_WITHIN):
                await self._connection.cancel_safe(timeout=_CALM_WITHIN)
                while await self._next_result() is not None:
                    continue
        except BaseException as exc:
            self.close()
            if not isinstance(exc, psycopg.Error | TimeoutError):
                raise


def _settle(future: asyncio.Future[bool], outcome: bool) -> None:  # noqa: FBT001 - called by the event loop
    if not future.done():
        future.set_result(outcome)

"""One listening server: its connections, its clock, its end."""

from __future__ import annotations

import asyncio
from time import monotonic, time

from assay_shell.runtime.builtins.http_server.connection import Connection
from assay_shell.runtime.builtins.http_server.head import HeadReader
from assay_shell.runtime.builtins.http_server.lines import date_line
from assay_shell.runtime.builtins.http_server.link import NEVER, Link
from assay_shell.runtime.builtins.http_server.listening import BACKLOG
from assay_shell.runtime.values import Function, as_text, from_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.builtins.http_server.listening import Place
    from assay_shell.runtime.builtins.http_server.routes import Captures, Router
    from assay_shell.runtime.builtins.http_server.settings import Settings
    from assay_shell.runtime.scheduler import Task
    from assay_shell.runtime.vm import Runtime

_TICK = 1.0
"""Seconds between two looks at deadlines, heartbeats and the date; shorter where a limit is."""

_SHORTEST_TICK = 0.01

_LAST_REQUESTS = 0.03
"""Seconds in which requests that were on their way when the stop came are still taken."""

_EVENTS_GRACE = 1.0
"""Seconds that event streams get at a stop: their clients connect again by themselves."""

_UNWIND = 2.0
"""Seconds for the clean-up of handlers that are cancelled."""


class Server:
    """Serves *router* at *place* until it is stopped."""

    def __init__(self, runtime: Runtime, settings: Settings, router: Router, place: Place) -> None:
        self.runtime = runtime
        self.scheduler = runtime.scheduler
        self.border = runtime.border
        self.settings = settings
        self.router = router
        self.place = place
        self.encrypted = settings.identity is not None
        self.max_body = min(settings.max_body, self.border.ceiling)
        """A body that the VM could not hold is not collected."""
        self.heads = HeadReader(settings.max_headers)
        self.connections: set[Connection] = set()
        self.websockets: dict[Any, Connection] = {}
        self.now = monotonic()
        self.date = date_line(time())
        self.stopping = False
        self.log: Callable[..., None] | None = self._log_entry if settings.access_log else None
        self.simple = self.log is None and settings.request_id is None
        """Whether nothing is added to responses, and nothing noted of them."""
        self.loop = asyncio.get_running_loop()
        self.ending = self.loop.create_future()
        """Done when the server has begun to stop."""
        self.stopped = self.loop.create_future()
        """Done when the server has ended."""
        self._progress = asyncio.Event()
        self._listener: asyncio.AbstractServer | None = None
        shortest = min(
            settings.head_timeout, settings.body_timeout, settings.idle_timeout, settings.write_timeout,
            settings.heartbeat,
        )  # fmt: skip
        self._tick_after = max(_SHORTEST_TICK, min(_TICK, shortest / 4))
        self._ticker: asyncio.TimerHandle | None = None
        self._caller: object = None

    # Life ------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Accept connections from now on; the place is given up where that fails."""
        place = self.place
        options: dict[str, Any] = {}
        if place.context is not None:
            options = {"ssl": place.context, "ssl_handshake_timeout": min(self.settings.head_timeout, 60.0)}
        create: Any = self.loop.create_server if place.path is None else self.loop.create_unix_server
        try:
            self._listener = await create(lambda: Connection(self), sock=place.socket, backlog=BACKLOG, **options)
        except BaseException:
            place.give_up()
            raise
        self._tick()

    def _tick(self) -> None:
        self.now = now = monotonic()
        self.date = date_line(time())
        for connection in list(self.connections):
            if connection.deadline <= now:
                connection.expire(now)
            elif connection.outlet is not None and connection.outlet.heartbeat != NEVER:
                connection.outlet.beat(now)
        self._ticker = self.loop.call_later(self._tick_after, self._tick)

    async def stop(self, grace: float) -> None:
        """Accept nothing more, let requests finish within *grace* seconds, cancel the rest.

        Being cancelled meanwhile means no more grace. A second call waits for the first. A request whose handler makes
        the call is not waited for: it goes on afterwards.
        """
        if self.stopping:
            await asyncio.shield(self.stopped)
            return
        self._begin_to_end()
        caller = self.scheduler.served()
        self._caller = caller.context if caller is not None else None
        try:
            await self._finish(grace)
        finally:
            await self._cancel_rest()
            self._end()

    def abandon(self) -> None:
        """Close everything now, without waiting for anybody."""
        if not self.stopped.done():
            self._begin_to_end()
            self._end()

    def _begin_to_end(self) -> None:
        self.stopping = True
        if not self.ending.done():
            self.ending.set_result(None)

    async def _finish(self, grace: float) -> None:
        deadline = monotonic() + grace
        await asyncio.sleep(0)  # connections that the system has accepted already
        self._close_listener()
        await asyncio.sleep(min(grace, _LAST_REQUESTS))
        for connection in list(self.connections):
            connection.retire()
        leaving = [asyncio.ensure_future(ws.leave()) for ws in self.websockets]
        await self._wait_until(lambda: not self._at_work(), min(deadline, monotonic() + _EVENTS_GRACE))
        for connection in list(self.connections):
            if connection.outlet is not None and connection.outlet.open_ended:
                connection.cancel()
        await self._wait_until(lambda: not self._at_work() and not self.websockets, deadline)
        for task in leaving:
            task.cancel()

    async def _cancel_rest(self) -> None:
        for connection in [*self._others(), *self.websockets.values()]:
            connection.cancel()
        await self._wait_until(lambda: not self._at_work() and not self.websockets, monotonic() + _UNWIND)

    async def _wait_until(self, fulfilled: Callable[[], bool], deadline: float) -> None:
        while not fulfilled() and (left := deadline - monotonic()) > 0:
            self._progress.clear()
            try:
                async with asyncio.timeout(min(left, 0.1)):  # nobody tells when the last byte is sent
                    await self._progress.wait()
            except TimeoutError:
                continue

    def _at_work(self) -> bool:
        """Whether a request is under way, or its answer."""
        return any(
            connection.busy
            or connection.resting
            or connection.body is not None
            or connection.transport.get_write_buffer_size()
            for connection in self._others()
        )

    def _others(self) -> list[Connection]:
        """The connections but for the one whose handler stops the server."""
        return [connection for connection in self.connections if connection is not self._caller]

    def _close_listener(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
            self.place.release()

    def _end(self) -> None:
        self._close_listener()
        for connection in self._others():
            connection.drop()
        if self._ticker is not None:
            self._ticker.cancel()
        if not self.stopped.done():
            self.stopped.set_result(None)

    # What connections ask for ----------------------------------------------------------------------------

    def remember(self, connection: Link) -> None:
        """A connection has come."""
        self.connections.add(connection)  # type: ignore[arg-type]  # the listener makes no others

    def forget(self, connection: Connection) -> None:
        """The connection is no more, or none of HTTP."""
        self.connections.discard(connection)
        self._progress.set()

    def note_progress(self) -> None:
        """A request is done with."""
        self._progress.set()

    def extras(self, connection: Connection, captures: Captures) -> tuple[Any, ...]:
        """What requests have beyond the contract: client, id, captures of the pattern, reader of the body."""
        from assay_shell.runtime.builtins.http_server.extras import new_request_id, reader_of

        settings = self.settings
        connection.since = monotonic()
        if settings.request_id is not None:
            connection.request_id = new_request_id(connection.head, settings.request_id)
        table = self.runtime.lua.table_from(captures or {}) if settings.patterns else None
        reader = reader_of(self, connection.reader) if connection.reader is not None else None
        return connection.remote, connection.request_id, table, reader

    def failure_text(self, task: Task) -> str:
        """What a failed handler threw, as scripts and clients see it."""
        message, trace, _chunk, _line, prefix, _value = self.runtime.driver["failure"](task.id)
        text = f"{'runtime error: ' if prefix is None else prefix}{message}\n{trace}\n"
        return self.masked(from_raw(text))

    def report_error(self, connection: Connection, text: str, what: str = "") -> None:
        """Log what a handler threw."""
        head = connection.head
        fields = {"method": head.method.decode(), "path": as_text(head.path)}
        self.runtime.log("error", f"http.serve{what}: handler error: {self.masked(text).rstrip()}", **fields)

    def masked(self, text: str) -> str:
        """*text* without the secrets of this session."""
        return self.runtime.redactor.text(text)

    def _log_entry(self, connection: Link, status: int, size: int, *, refused: bool = False) -> None:
        from assay_shell.runtime.builtins.http_server.access import entry_of

        entry = entry_of(connection, status, size, refused=refused)
        log = self.settings.access_log
        if isinstance(log, Function):
            self.run_hook(log, entry)
            return
        method, path = entry.pop("method"), entry.pop("path")
        self.runtime.log("info", f"{method} {path} {status}", "http", **entry)

    def run_hook(self, function: Function, *args: object) -> None:
        """Call a function of the script that nobody waits for."""
        task = self.scheduler.spawn(function.raw, *map(self.border.to_lua, args))
        self.scheduler.detach(task)

"""One client: its requests one after the other, each answered before the next is looked at.

Everything happens on the loop's thread, called by the transport, by the end of a handler's task or by the server's
tick. A request that its handler answers without waiting passes through here without an asyncio task or a future.
"""

from __future__ import annotations

import re

from assay_shell.runtime.builtins.http_server.answers import Answers
from assay_shell.runtime.builtins.http_server.body import Body, Collector, Reader
from assay_shell.runtime.builtins.http_server.head import looks_wrong
from assay_shell.runtime.builtins.http_server.lines import (
    CONTINUE,
    PLAIN_TEXT,
    STATUS_LINES,
    without_body,
)
from assay_shell.runtime.builtins.http_server.link import NEVER
from assay_shell.runtime.builtins.http_server.outlet import STREAM_CLOSED
from assay_shell.runtime.builtins.http_server.refusal import Refusal, malformed
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Protocol
    from typing import Any

    from assay_shell.runtime.builtins.http_server.head import Head
    from assay_shell.runtime.builtins.http_server.routes import Found
    from assay_shell.runtime.builtins.http_server.server import Server
    from assay_shell.runtime.scheduler import Task

_LEAVE = 0.25
"""Seconds in which the handler of a client that has left may find out by itself, before it is cancelled."""

_MAX_HELD = 64 << 10
"""Bytes of further requests that are kept while one is being answered."""

_IN_A_ROW = 32
"""Requests of one client that are answered before the others have a turn."""

_MUCH = 64 << 10
"""Bytes of a body that come at once, after which the others have a turn, too."""

_MAX_DISCARDED = 64 << 10
"""Bytes of an unwanted body that are read to keep the connection; for more it is closed."""

_EMPTY_LINES = re.compile(rb"(?:\r\n)+")
"""What some clients send between two requests."""

_LEFT = "the client has closed the connection"
_NO_EXTRAS = (None, None, None, None)
_USUAL_RESULTS = 4
"""The word `done`, status, header lines and body: what a handler without special wishes answers with."""


class Connection(Answers):
    """The protocol of one accepted connection."""

    __slots__ = (
        "_answered", "_collector", "_in_lua", "_scanned", "_serving", "handed_over", "match", "reader", "resting",
        "task",
    )  # fmt: skip

    match: Found

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.task: Task | None = None
        self.reader: Reader | None = None
        self.handed_over = False
        """Whether the connection has become a WebSocket."""
        self.resting = False
        """Whether others have a turn before this one goes on."""
        self._collector: Collector | None = None
        self._scanned = 0
        self._serving = False
        self._in_lua = False
        self._answered = False

    # What the transport calls ----------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        head = self._again
        if head is not None:
            self._again = None
            if data == head.raw:
                self._repeat(head)
                return
        if self.closing:
            return
        if not self.busy and not self.paused and not self.resting:
            if self._buffer:
                data, self._buffer = self._buffer + data, b""
            self._serve(data)
        elif self.reader is not None and self.body is not None and not self.body.complete:
            self._hold(self._feed_reader(data))
        else:
            self._hold(data)

    def eof_received(self) -> bool:
        """Half a connection is enough for an answer, but not for events: nobody could tell that the client left."""
        self.eof = True
        if self.reader is not None:
            self.reader.fail(_LEFT)
        events = self.outlet is not None and self.outlet.open_ended
        unfinished = self.busy or self.paused or self.resting
        return unfinished and not self.closing and not events and not self.server.encrypted

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = self.closing = True
        self.server.forget(self)
        self._buffer = b""
        self._collector = None
        if self.reader is not None:
            self.reader.fail(_LEFT)
        if self.outlet is not None:
            self.outlet.close()
            if self.task is not None:
                self.server.loop.call_later(_LEAVE, self._cancel, self.task)

    def resume_writing(self) -> None:
        self.paused = False
        self.deadline = NEVER if self.busy else self.server.now + self.server.settings.idle_timeout
        if self.outlet is not None:
            self.outlet.drain()
        if not self.busy and not self._serving and not self.resting:
            self._go_on_reading()

    # Requests --------------------------------------------------------------------------------------------

    def _serve(self, data: bytes) -> None:
        """Answer the requests in *data*, until one has to wait or is incomplete, or others have a turn."""
        self._serving = True
        left, much = _IN_A_ROW, len(data) >= _MUCH
        try:
            while data and left and not self.busy and not self.paused and not self.closing:
                left -= 1
                data = self._begin(data) if self.body is None else self._go_on(data)
        except Refusal as refusal:
            self.refuse(refusal)
            return
        finally:
            self._serving = False
        if data and not self.closing:
            self._hold(data)
        free = not (self.busy or self.paused or self.closing)
        if free and (data or (much and self.body is not None)):
            self._rest()
        elif self.server.stopping:
            self.retire()
        elif free and self.eof:
            self._close()

    def _rest(self) -> None:
        """Take nothing more before the others have had their turn."""
        self.resting = True
        self.deadline = NEVER
        self._again = None
        self.transport.pause_reading()
        self.server.loop.call_soon(self._end_rest)

    def _end_rest(self) -> None:
        self.resting = False
        settings = self.server.settings
        if not self.closing and not self.paused:
            self.deadline = self.server.now + (settings.idle_timeout if self.body is None else settings.body_timeout)
            self._go_on_reading()

    def _serve_held(self) -> None:
        data, self._buffer = self._buffer, b""
        if data:
            self._serve(data)
        elif self.eof or (self.server.stopping and self.body is None):
            self._close()

    def _go_on_reading(self) -> None:
        """Serve what was held back, and take more from the client."""
        if not self.closing:
            self.transport.resume_reading()
        self._serve_held()

    def _hold(self, data: bytes) -> None:
        """Keep what comes after the request that is being answered."""
        if self.handed_over:
            protocol: Any = self.transport.get_protocol()
            protocol.data_received(data)
            return
        self._buffer += data
        self._again = None
        if len(self._buffer) > _MAX_HELD and not self.closing:
            self.transport.pause_reading()

    def _begin(self, data: bytes) -> bytes:
        """Take a head, and answer the request unless it has a body; what follows."""
        if data[:2] == b"\r\n":
            return _EMPTY_LINES.sub(b"", data, 1)
        end = data.find(b"\r\n\r\n") + 4
        if end < 4:
            return self._incomplete(data)
        if end > self.server.settings.max_head:
            raise Refusal(431, "request head is too large")
        raw, rest = (data, b"") if end == len(data) else (data[:end], data[end:])
        self._scanned = 0
        if self.head.raw != raw:
            self.head = self.server.heads.read(raw)
        head = self.head
        if head.route is None:
            head.route = self.server.router.find(head.method, head.path)
        self.match = head.route
        if head.has_body or self.match[0].streams:
            return self._expect_body(head, rest)
        self._run(b"", last=not rest)
        return rest

    def _incomplete(self, data: bytes) -> bytes:
        """Keep the beginning of a head, if it can become one."""
        if looks_wrong(data, max(0, self._scanned - 1)):
            raise malformed("malformed request head")
        if len(data) > self.server.settings.max_head:
            raise Refusal(431, "request head is too large")
        if not self._scanned:
            self.deadline = min(self.deadline, self.server.now + self.server.settings.head_timeout)
        self._scanned = len(data)
        self._buffer = data
        return b""

    def _expect_body(self, head: Head, data: bytes) -> bytes:
        self.body = body = Body(head, self.server.max_body)
        if head.expects_continue and not data:
            self.transport.write(CONTINUE)
        self.deadline = self.server.now + self.server.settings.body_timeout
        if not self.match[0].streams:
            self._collector = Collector()
            return data
        self.reader = Reader(self.transport.pause_reading, self.transport.resume_reading)
        pieces, rest = body.split(data)
        self.reader.add(pieces)
        if body.complete:
            self.reader.end()
        self._run(b"", last=not rest)
        return rest

    def _go_on(self, data: bytes) -> bytes:
        """Take more of a body that is being collected, or that nobody wanted."""
        assert self.body is not None
        pieces, rest = self.body.split(data)
        self.deadline = self.server.now + self.server.settings.body_timeout
        collector = self._collector
        if collector is not None:
            collector.add(pieces)
        if self.body.complete:
            self.body = self._collector = None
            if collector is not None:
                self._run(collector.whole(), last=not rest)
        return rest

    def _feed_reader(self, data: bytes) -> bytes:
        """Take more of a body that the handler reads; what follows it."""
        assert self.reader is not None
        assert self.body is not None
        try:
            pieces, rest = self.body.split(data)
        except Refusal as refusal:
            self._keep = False
            self.reader.fail(refusal.reason)
            return b""
        self.reader.add(pieces)
        if self.body.complete:
            self.reader.end()
        return rest

    # Handlers --------------------------------------------------------------------------------------------

    def _run(self, body: bytes, *, last: bool) -> None:
        """Have the handler answer; *last* says that no further request has come yet."""
        server, head = self.server, self.head
        self.busy = True
        self.deadline = NEVER
        self._answered = False
        self._keep = head.keep_alive and not (server.stopping and last)
        self.simple = server.simple and not head.http10 and head.method != b"HEAD"
        try:
            server.border.reserve(len(head.raw) + len(body))
        except BuiltinError as exc:
            self.respond(500, PLAIN_TEXT, f"handler error: {exc.message}")
            return
        route, captures = self.match
        if server.settings.plain and self.reader is None and route.exact is not None:
            call = (route.exact, head.query, body, *head.fields)
            head.call = call if self.simple and self._keep and not head.has_body else None
        else:
            extras = _NO_EXTRAS if server.settings.plain and self.reader is None else server.extras(self, captures)
            call = (route.function, head.method, head.path, head.query, body, *extras, *head.fields)
        self._in_lua = True
        try:
            result = server.scheduler.run_now(self, *call)
        finally:
            self._in_lua = False
        if isinstance(result, tuple):
            self._settle(result)
        else:
            self._wait_for(result)

    def _repeat(self, head: Head) -> None:
        """Answer the request that this connection has had before: nothing about it has to be found out again."""
        assert head.call is not None
        server = self.server
        self.busy = self._in_lua = True
        self._answered = False
        self.deadline = NEVER
        try:
            server.border.reserve(len(head.raw))
            result = server.scheduler.run_now(self, *head.call)
        except BuiltinError as exc:
            result = ("done", 500, PLAIN_TEXT, f"handler error: {exc.message}")
        finally:
            self._in_lua = False
        if not isinstance(result, tuple):
            self._wait_for(result)
        elif len(result) != _USUAL_RESULTS or without_body(result[1]):
            self._settle(result)
        else:
            _, status, lines, body = result
            text = f"{STATUS_LINES[status]}{lines}content-length: {len(body)}\r\n{server.date}\r\n{body}"
            self.transport.write(text.encode("latin-1"))
            self.busy = False
            self.deadline = server.now + server.settings.idle_timeout
            self._again = head

    def _wait_for(self, task: Task) -> None:
        self.task = task
        if task.state == "running":
            task.waiters.append(self._task_ended)
        else:
            self._task_ended()

    def _task_ended(self) -> None:
        """The handler's task, which had to wait, has ended."""
        task, self.task = self.task, None
        assert task is not None
        runtime, result, error = self.server.runtime, None, None
        if task.state == "done":
            result = ("done", *runtime.task_results(task))
        elif task.state == "failed":
            error = self.server.failure_text(task)
        self.server.scheduler.release(task)
        if result is not None:
            self._settle(result)
        else:
            self._fail(error)

    def _settle(self, result: tuple[Any, ...]) -> None:
        """Send what the handler answered; without results it has answered by itself."""
        if self.handed_over:
            return
        if len(result) > 1 and not self._answered and not self.lost:
            self.respond(*result[1:])
        elif self._answered or self.lost:
            self._next()

    def _fail(self, error: str | None) -> None:
        """The handler has thrown what *error* tells, or was stopped (None)."""
        if self.handed_over:
            return
        if error is not None and not (self.lost and STREAM_CLOSED in error):
            self.server.report_error(self, error)
        if self._answered or self.lost:
            self._next()
        elif error is None or (self.outlet is not None and self.outlet.started):
            self.drop()
            self._next()
        else:
            if self.outlet is not None:
                self.outlet.close()
            self.respond(500, PLAIN_TEXT, as_bytes(f"handler error: {error}").decode("latin-1"))

    def _cancel(self, task: Task) -> None:
        if task is self.task:
            self.server.scheduler.cancel(task)

    def cancel(self) -> None:
        """Stop the handler; the client is left without an answer, or without the rest of it."""
        if self.task is not None:
            self.server.scheduler.cancel(self.task)
        elif self.outlet is not None:
            self.outlet.end()

    # The end of a request --------------------------------------------------------------------------------

    def hand_over(self, protocol: Protocol) -> None:
        """What comes from now on is for *protocol*, and so is what has come already."""
        self.handed_over = True
        self.server.forget(self)
        data, self._buffer = self._buffer, b""
        if data:
            self.transport.resume_reading()
            protocol.data_received(data)

    def _complete(self) -> None:
        """The response is complete; the handler may still have to come to its end."""
        self._answered = True
        if self.task is None and not self._in_lua:
            self._next()

    def _next(self) -> None:
        """The request is done with: on to what has come meanwhile, or to the end of the connection."""
        self.busy = False
        self.outlet = self.reader = None
        server = self.server
        if server.stopping:
            server.note_progress()
        if self.lost or self.closing:
            return
        body, settings = self.body, server.settings
        self.deadline = server.now + settings.idle_timeout
        if body is not None:
            self.transport.resume_reading()
            self.deadline = self.server.now + settings.body_timeout
            self._keep = self._keep and body.left <= _MAX_DISCARDED
            if body.complete:
                self.body = None
        if not self._keep:
            self._close()
        elif not self._serving:
            self._go_on_reading()
        elif body is None and not self.paused:
            self._again = self.head if self.head.call is not None else None

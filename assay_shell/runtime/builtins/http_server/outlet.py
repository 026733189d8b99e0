"""Responses that come in pieces: framed, handed to the transport while it has room, queued within bounds otherwise."""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.waits import Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Event
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.builtins.http_server.connection import Connection

EVENTS_CLOSED = "SSE stream closed"
STREAM_CLOSED = "http.serve: the client has closed the connection"

MAX_QUEUED = 32
"""Events that wait for a client that takes none, before `send` waits with them."""

_MAX_UNWAITED = 256 << 10
"""Bytes that a writer may send without waiting: others want to be served too."""

_DONE = (True,)
_LAST_CHUNK = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """*data* in the chunked coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class Outlet:
    """The body of one response while it is written.

    Args:
        status: of the response.
        head: the bytes before the body, sent with its first piece.
        chunked: whether pieces are framed; else the body ends with the connection, or after *length* bytes.
        events: whether pieces are events, some of which may be queued before writers wait.
        drop: end the connection instead of letting a writer wait.
        heartbeat: seconds of silence after which a comment is sent.
    """

    __slots__ = (
        "_chunked", "_closed_text", "_connection", "_drop", "_ending", "_head", "_left", "_news", "_queue", "_ready",
        "_room", "_unwaited", "closed", "heartbeat", "last", "on_close", "open_ended", "sent", "status", "until_close",
    )  # fmt: skip

    def __init__(
        self, connection: Connection, status: int, head: bytes, *, chunked: bool, length: int | None = None,
        events: bool = False, drop: bool = False, heartbeat: float = float("inf"),
    ) -> None:  # fmt: skip
        self._connection = connection
        self._head = head
        self._chunked = chunked
        self._left = length
        self._room = MAX_QUEUED if events else 0
        self._drop = drop
        self._closed_text = EVENTS_CLOSED if events else STREAM_CLOSED
        self._queue: list[bytes] = []
        self._news: Event | None = None
        self._ending = False
        self.closed = False
        self.status = status
        self.open_ended = events
        """Whether the client is expected to leave first."""
        self.until_close = not chunked and length is None
        self.heartbeat = heartbeat
        self.on_close: Callable[[Outlet], None] | None = None
        self.last = connection.server.now
        self._unwaited = 0
        self._ready = False
        """Whether nothing stands between a piece and the transport: no head, no queue, no end."""
        self.sent = 0
        """Bytes of the body so far."""

    @property
    def started(self) -> bool:
        """Whether the head has been sent."""
        return not self._head

    @property
    def short(self) -> bool:
        """Whether the body lacks bytes that its head has promised."""
        return self._left is not None and self._left > 0

    def start(self) -> None:
        """Send the head now rather than with the first piece."""
        if self._head:
            head, self._head = self._head, b""
            self._connection.write(head)

    def push(self, text: str = "") -> tuple[Any, ...]:
        """Write text of the VM; an adapter for Lua, which waits where there is no room."""
        connection = self._connection
        transport = connection.transport
        if self._ready and not connection.paused and not transport.is_closing() and type(text) is str and text:
            size = len(text)
            self.sent += size
            self._unwaited += size
            self.last = connection.server.now
            transport.write(f"{size:x}\r\n{text}\r\n".encode("latin-1"))
            return _DONE if self._unwaited < _MAX_UNWAITED else self._pause()
        return self._push_carefully(text if type(text) is str else str(text))

    def _push_carefully(self, text: str) -> tuple[Any, ...]:
        if self.closed or self._ending or self._connection.transport.is_closing():
            return (False, self._closed_text.encode(), "builtin", None)
        if not text:
            return _DONE
        data = text.encode("latin-1")
        if self._left is not None and len(data) > self._left:
            return (False, b"http.serve: more was written than content-length says", "builtin", None)
        self.write(data)
        self._unwaited += len(data)
        self._ready = self._chunked and not self._queue and not self._head
        if len(self._queue) <= self._room:
            return _DONE if self._unwaited < _MAX_UNWAITED else self._pause()
        if self._drop:
            self.drop()
            return (False, self._closed_text.encode(), "builtin", None)
        return self._connection.server.scheduler.wait_for("http.serve", self.wait())

    def _pause(self) -> tuple[Any, ...]:
        """Let others have a turn."""
        self._unwaited = 0
        return self._connection.server.scheduler.wait_for("http.serve", Timer(0.0))

    def write(self, data: bytes) -> None:
        """Send *data*, or queue it while the client takes nothing."""
        self.sent += len(data)
        self.last = self._connection.server.now
        if self._left is not None:
            self._left -= len(data)
        self.pass_on(chunk(data) if self._chunked else data)

    def pass_on(self, framed: bytes) -> None:
        """Send bytes that are framed already."""
        if self._head:
            framed, self._head = self._head + framed, b""
        if self._queue or self._connection.paused:
            self._queue.append(framed)
        else:
            self._connection.write(framed)

    def deliver(self, plain: bytes, framed: bytes, most: int) -> bool:
        """Write an event of a channel; False where the client lags more than *most* events behind."""
        if len(self._queue) >= most:
            return False
        self.sent += len(plain)
        self.last = self._connection.server.now
        self.pass_on(framed if self._chunked else plain)
        return True

    def beat(self, now: float) -> None:
        """Send a comment when there was nothing for long, so that proxies see that somebody is there."""
        if now - self.last >= self.heartbeat and not self._queue and not self._connection.paused:
            self.write(b":\n\n")

    def drain(self) -> None:
        """The client takes data again."""
        while self._queue and not self._connection.paused:
            self._connection.write(self._queue.pop(0))
        if self._news is not None:
            self._news.set()
        if self._ending and not self._queue:
            self._finish()

    async def wait(self) -> None:
        """Wait until there is room.

        Raises:
            BuiltinError: the client has left meanwhile.
        """
        await self._wait_for(lambda: len(self._queue) <= self._room)
        if self.closed:
            raise BuiltinError(None, self._closed_text)

    async def flushed(self) -> None:
        """Wait until nothing is queued, or the client has left."""
        await self._wait_for(lambda: not self._queue and not self._connection.paused)

    async def _wait_for(self, fulfilled: Callable[[], bool]) -> None:
        from asyncio import Event

        self._news = self._news or Event()
        while not self.closed and not fulfilled():
            self._news.clear()
            await self._news.wait()

    def end(self) -> None:
        """All is said: the response ends once it is sent."""
        if self.closed or self._ending:
            return
        self._ending, self._ready = True, False
        self.pass_on(_LAST_CHUNK if self._chunked else b"")
        if not self._queue:
            self._finish()

    def end_silently(self) -> None:
        """There is nobody to send a body to: the request was a HEAD, or the client has left."""
        self._chunked = False
        self._left = None
        if self._connection.lost:
            self.close()
        else:
            self.start()
            self._finish()

    def drop(self) -> None:
        """End the connection: its client is too slow."""
        self._connection.drop()

    def close(self) -> None:
        """Nobody listens any more."""
        self._queue.clear()
        self._shut()

    def _shut(self) -> None:
        self.closed, self._ready = True, False
        if self._news is not None:
            self._news.set()
        if self.on_close is not None:
            self.on_close(self)
            self.on_close = None

    def _finish(self) -> None:
        self._shut()
        self._connection.streamed()

"""One connection to an HTTP server: sends a request, takes its answer apart, and says whether it can be used again."""

from __future__ import annotations

import asyncio
from collections import deque

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from assay_shell.runtime.builtins.http.causes import system_error, system_words
from assay_shell.runtime.builtins.http.engine import TIMED_OUT, BodyError, EngineError, SendError, TooLarge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.http.engine import Headers

_MAX_HEAD = 256 << 10
"""Bytes that status line and headers may have."""

_MAX_WAITING = 256 << 10
"""Bytes of a streamed body that wait to be read before the server is made to wait."""

_BODILESS = frozenset((204, 304))


class Connection(asyncio.Protocol):
    """Speaks with one server, one request at a time.

    *answered* says that the head of the answer is there, *complete* that all of it is; *received* that anything has
    come since the request was sent.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.key = ("", "", 0)
        self.idle_since = 0.0
        self.reusable = True
        self._parser: HttpResponseParser | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._failure: EngineError | None = None
        self.answered = self.complete = self.received = False
        self.chunks: deque[bytes] = deque()

    # What engines call -----------------------------------------------------------------------------------

    def send(self, head: bytes, body: bytes | None, *, bodiless: bool, limit: int | None) -> None:
        """Send a request. With a *limit* the whole body is collected, else it is streamed."""
        assert self.transport is not None
        self._parser = HttpResponseParser(self)
        self._failure = None
        self._bodiless = bodiless
        self._limit = limit
        self._head_size = self._size = 0
        self.status = 0
        self.headers: Headers = []
        self.answered = self.complete = self.received = self._to_the_end = False
        self.chunks = deque()
        self.transport.write(head if not body else head + body if len(body) < 65536 else head)
        if body and len(body) >= 65536:
            self.transport.write(body)

    async def head(self) -> None:
        """Wait until the head of the answer is there.

        Raises:
            EngineError: the connection broke.
        """
        while not self.answered and self._failure is None:
            await self._wait()
        if not self.answered:
            raise self._failure or SendError("connection closed")

    async def whole(self) -> bytes:
        """Wait until all of the answer is there; its body.

        Raises:
            EngineError: the connection broke, or the body is too large.
        """
        while not self.complete and self._failure is None:
            await self._wait()
        if self._failure is not None:
            raise self._failure
        return b"".join(self.chunks)

    async def read(self) -> bytes | None:
        """The next bytes of a streamed body, None at its end.

        Raises:
            EngineError: the connection broke.
        """
        while not self.chunks and not self.complete and self._failure is None:
            await self._wait()
        if self.chunks:
            data = b"".join(self.chunks)
            self.chunks.clear()
            if self.transport is not None and not self.transport.is_closing():
                self.transport.resume_reading()
            return data
        if self._failure is not None:
            raise self._failure
        return None

    def expire(self) -> None:
        """The time is over."""
        self._fail(TIMED_OUT)

    def abort(self) -> None:
        """Close without ado."""
        self.reusable = False
        if self.transport is not None:
            self.transport.abort()

    # What the event loop calls ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's are no subclasses

    def data_received(self, data: bytes) -> None:
        if self._parser is None:  # nobody asked
            self.abort()
            return
        self.received = True
        if not self.answered:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self._fail("the server switched protocols")
        except HttpParserError as exc:
            self._broken(exc)
        if not self.answered and self._head_size > _MAX_HEAD:
            self._fail("message head is too large")
        if self.complete:
            self._parser = None

    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        if self._parser is None:
            return
        if self._to_the_end and exc is None:
            self._finish()
            return
        found = system_error(exc)
        if found is not None:
            self._fail(system_words(found))
        elif self.answered:
            self._fail("end of file before message length reached")
        else:
            self._fail("connection closed before message completed")

    # What the parser calls -------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        key = name.decode("latin-1").lower()
        if value.isascii() and (value := value.strip(b" \t")).replace(b"\t", b" ").decode("ascii").isprintable():
            self.headers.append((key, value.decode("ascii")))

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        self.status = self._parser.get_status_code()
        if 100 <= self.status < 200:
            return
        self.answered = True
        if self._bodiless or self.status in _BODILESS:
            self.reusable = self._parser.should_keep_alive()
            self._finish()
            return
        names = {name for name, _ in self.headers}
        self._to_the_end = names.isdisjoint(("content-length", "transfer-encoding"))
        if self._limit is None:
            self._wake()

    def on_body(self, data: bytes) -> None:
        if self.complete:
            return
        self._size += len(data)
        self.chunks.append(data)
        if self._limit is None:
            if self._size and sum(map(len, self.chunks)) > _MAX_WAITING and self.transport is not None:
                self.transport.pause_reading()
            self._wake()
        elif self._size > self._limit:
            self._failed(TooLarge(self._limit))

    def on_message_complete(self) -> None:
        if self.complete:
            return
        if 100 <= self.status < 200:
            self.headers = []
            return
        assert self._parser is not None
        self.reusable = self._parser.should_keep_alive()
        self._finish()

    # Ends ------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        self.complete = True
        if self._to_the_end:
            self.reusable = False
        self._wake()

    def _broken(self, exc: HttpParserError) -> None:
        if self.complete:
            self.reusable = False  # more came than the answer has: whatever it is, it is not for us
            return
        cause = exc.__context__
        self._fail(str(exc if cause is None else cause) or "invalid HTTP")

    def _fail(self, cause: str) -> None:
        self._failed(BodyError(cause) if self.answered else SendError(cause))

    def _failed(self, failure: EngineError) -> None:
        if not self.complete and self._failure is None:
            self._failure = failure
            self._parser = None
            self.abort()
            self._wake()

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

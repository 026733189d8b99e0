"""Request bodies: collected for handlers that want them whole, handed on piece by piece to those that read."""

from __future__ import annotations

from collections import deque

from assay_shell.runtime.builtins.http_server.chunked import ChunkDecoder
from assay_shell.runtime.builtins.http_server.refusal import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Event
    from collections.abc import Callable

    from assay_shell.runtime.builtins.http_server.head import Head

_WELL_FILLED = 256 << 10
"""Bytes that wait for a reader before no more are taken from the client."""


def too_large(limit: float) -> Refusal:
    """The answer to a body that is larger than *limit* bytes."""
    return Refusal(413, f"body is larger than {limit:.0f} bytes")


class Body:
    """What comes after a head: knows its end, and that it must not have more than *limit* bytes.

    Raises:
        Refusal: the head already says that it has.
    """

    __slots__ = ("_left", "_limit", "_size", "decoder")

    def __init__(self, head: Head, limit: float) -> None:
        if head.length > limit:
            raise too_large(limit)
        self._limit = limit
        self._size = 0
        self._left = head.length
        self.decoder = ChunkDecoder() if head.chunked else None

    @property
    def complete(self) -> bool:
        """Whether all of it has come."""
        return self._left == 0 if self.decoder is None else self.decoder.ended

    @property
    def left(self) -> float:
        """Bytes that are still to come, as far as one can know."""
        return self._left if self.decoder is None else 0.0 if self.decoder.ended else float("inf")

    def split(self, data: bytes) -> tuple[list[bytes], bytes]:
        """The pieces of this body in *data*, and what comes after its end.

        Raises:
            Refusal: it is too large, or chunked wrongly.
        """
        if self.decoder is None:
            piece, rest = data[: self._left], data[self._left :]
            self._left -= len(piece)
            return [piece], rest
        pieces = self.decoder.feed(data)
        self._size += sum(map(len, pieces))
        if self._size > self._limit:
            raise too_large(self._limit)
        rest, self.decoder.rest = self.decoder.rest, b""
        return pieces, rest


class Collector:
    """Keeps the pieces of a body until it is whole: in one buffer, for some clients send it byte by byte."""

    __slots__ = ("_first", "_more")

    def __init__(self) -> None:
        self._first = b""
        self._more: bytearray | None = None

    def add(self, pieces: list[bytes]) -> None:
        """Take what has come."""
        for piece in pieces:
            if self._more is not None:
                self._more += piece
            elif self._first:
                self._more = bytearray(self._first + piece)
            else:
                self._first = piece

    def whole(self) -> bytes:
        """All that has come."""
        return self._first if self._more is None else bytes(self._more)


class Reader:
    """A body that the handler reads while it arrives.

    *pause* and *resume* hold the client back while the handler is busy with what has come.
    """

    __slots__ = ("_ended", "_failure", "_news", "_pause", "_paused", "_pieces", "_resume", "_size")

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._failure: str | None = None
        self._news: Event | None = None
        self._pause, self._resume = pause, resume
        self._paused = False

    @property
    def ready(self) -> bool:
        """Whether `take` has an answer now."""
        return bool(self._pieces) or self._ended or self._failure is not None

    @property
    def failure(self) -> str | None:
        """Why no more will come, None while nothing is wrong."""
        return self._failure if not self._pieces else None

    def add(self, pieces: list[bytes]) -> None:
        """Take what has come."""
        self._pieces.extend(piece for piece in pieces if piece)
        self._size += sum(map(len, pieces))
        if self._size > _WELL_FILLED and not self._paused:
            self._paused = True
            self._pause()
        if self._pieces:
            self._wake()

    def end(self) -> None:
        """All has come."""
        self._ended = True
        self._wake()

    def fail(self, reason: str) -> None:
        """No more will come, and not because it is the end."""
        if not self._ended:
            self._failure = reason
            self._wake()

    def take(self, most: int | None) -> bytes | None:
        """The next piece, at most *most* bytes of it; None at the end."""
        if not self._pieces:
            return None
        piece = self._pieces.popleft()
        if most is not None and len(piece) > most:
            self._pieces.appendleft(piece[most:])
            piece = piece[:most]
        self._size -= len(piece)
        if self._paused and self._size < _WELL_FILLED // 2:
            self._paused = False
            self._resume()
        return piece

    async def wait(self) -> None:
        """Wait until `take` has an answer."""
        from asyncio import Event

        self._news = self._news or Event()
        while not self.ready:
            self._news.clear()
            await self._news.wait()

    def _wake(self) -> None:
        if self._news is not None:
            self._news.set()

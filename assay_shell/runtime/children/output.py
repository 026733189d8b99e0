"""What becomes of a child's output: kept whole, or handed on line by line."""

from __future__ import annotations

import asyncio
from collections import deque
from io import BytesIO

from assay_shell.runtime.children.conversation import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    Reserve = Callable[[int], None]

_STREAMS = ("stdout", "stderr")
_ASK_EVERY = 1 << 20  # bytes between two questions whether there is memory for more
_BACKLOG = 1 << 20  # bytes of lines nobody has taken yet; the child waits when there are more
TAIL = 1 << 20
"""Bytes of each stream that are kept when it is handed on line by line."""


class Whole(Listener):
    """Keeps everything; *reserve* is called with the size so far now and then, and raises when that is too much."""

    def __init__(self, reserve: Reserve) -> None:
        self._kept = {stream: BytesIO() for stream in _STREAMS}
        self._meter = _Meter(reserve)

    def take(self, stream: str, data: bytes) -> None:
        """Keep *data*."""
        self._meter.add(len(data))
        self._kept[stream].write(data)

    def text(self, stream: str) -> bytes:
        """Return all that came on "stdout" or "stderr"."""
        return self._kept[stream].getvalue()


class Lines(Listener):
    """Hands lines on as they come, to whoever iterates over it, and keeps the last MiB of each stream.

    *reserve* is called with the length of a line that does not end, and raises when that is too long.
    """

    def __init__(self, reserve: Reserve) -> None:
        self._reserve = reserve
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._backlog = 0
        self._finished = False
        self._changed = asyncio.Event()
        self._unended = {stream: _Parts(reserve) for stream in _STREAMS}
        self._tails = {stream: bytearray() for stream in _STREAMS}

    def take(self, stream: str, data: bytes) -> None:
        """Queue the lines that *data* ends."""
        self._remember(stream, data)
        ended, newline, rest = data.rpartition(b"\n")
        unended = self._unended[stream]
        if newline:
            first, *others = ended.split(b"\n")
            unended.add(first)
            for line in (unended.join(), *others):
                self._queue(stream, line)
        if rest:
            unended.add(rest)

    async def room(self) -> None:
        """Return when the lines that wait have become few enough."""
        while self._backlog > _BACKLOG:
            await self._change()

    def finish(self) -> None:
        """End the iteration after what is there now; a last line may lack its newline."""
        for stream, unended in self._unended.items():
            if unended:
                self._queue(stream, unended.join())
        self._finished = True
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[tuple[str, bytes]]:
        """Give each line without its newline, with the name of its stream in front."""
        while self._waiting or not self._finished:
            if not self._waiting:
                await self._change()
                continue
            stream, line = self._waiting.popleft()
            self._backlog -= len(line) + 1
            self._changed.set()
            yield stream, line

    def text(self, stream: str) -> bytes:
        """Return the end of "stdout" or "stderr", at most TAIL bytes."""
        return bytes(self._tails[stream][-TAIL:])

    def _queue(self, stream: str, line: bytes) -> None:
        self._waiting.append((stream, line))
        self._backlog += len(line) + 1
        self._changed.set()

    def _remember(self, stream: str, data: bytes) -> None:
        tail = self._tails[stream]
        tail += data
        if len(tail) > 2 * TAIL:
            del tail[:-TAIL]

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class _Parts:
    """A line that has not ended yet, in the pieces it came in."""

    def __init__(self, reserve: Reserve) -> None:
        self._pieces: list[bytes] = []
        self._reserve = reserve
        self._meter = _Meter(reserve)

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(self, piece: bytes) -> None:
        self._meter.add(len(piece))
        self._pieces.append(piece)

    def join(self) -> bytes:
        """Return the line, and start the next one."""
        line = b"".join(self._pieces)
        self._pieces.clear()
        self._meter = _Meter(self._reserve)
        return line


class _Meter:
    """Counts bytes and asks for memory from time to time."""

    def __init__(self, reserve: Reserve) -> None:
        self._reserve = reserve
        self._size = 0
        self._asked = 0

    def add(self, size: int) -> None:
        self._size += size
        if self._size >= self._asked + _ASK_EVERY:
            self._asked = self._size
            self._reserve(self._size)

"""The wire of a WebSocket: no more is taken from a peer than it takes, nor more at once than others can bear.

The library answers pings as they come in. Left alone, a peer that sends nothing else would keep the event loop to
itself, and one that never reads would fill the memory with answers.
"""

from __future__ import annotations

from websockets.asyncio.connection import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HELPING = 16 << 10
"""Bytes that are looked at before others have a turn."""


class Wire(Connection):
    """A connection of the library that goes on reading when everybody is ready."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._held = b""
        self._resting = False

    def data_received(self, data: bytes) -> None:
        self._held += data
        if self._resting:
            self.transport.pause_reading()  # the library may have resumed it
        else:
            self._take()

    def eof_received(self) -> None:
        self._take_all()
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._take_all()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._resting:
            self.loop.call_soon(self._go_on)

    def _take(self) -> None:
        piece, self._held = self._held[:_HELPING], self._held[_HELPING:]
        super().data_received(piece)
        if self._held or self.paused:
            self._resting = True
            self.transport.pause_reading()
            if not self.paused:  # else it goes on once the peer takes what it has coming
                self.loop.call_soon(self._go_on)

    def _take_all(self) -> None:
        while self._held:
            piece, self._held = self._held[:_HELPING], self._held[_HELPING:]
            super().data_received(piece)

    def _go_on(self) -> None:
        if self.paused or self.transport.is_closing():
            return
        self._resting = False
        if self._held:
            self._take()
        if not self._resting and not self.recv_messages.paused:
            self.transport.resume_reading()

"""Commands and packets of MySQL's protocol on an open connection."""

from __future__ import annotations

import asyncio

from assay_shell.runtime.builtins.db.failure import DatabaseFailure, answered, unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.db.mysql.link import Link

QUIT, QUERY = 0x01, 0x03
PING, PREPARE, EXECUTE, CLOSE, FETCH = 0x0E, 0x16, 0x17, 0x19, 0x1C

IN_TRANSACTION, MORE_RESULTS, CURSOR_EXISTS, LAST_ROW_SENT = 0x01, 0x08, 0x40, 0x80

_OK, _LOCAL_FILE, _EOF, _ERROR = 0x00, 0xFB, 0xFE, 0xFF
_LARGEST = 0xFFFFFF  # bytes in one packet; longer ones go in pieces
_READ = 256 * 1024
_LOST = "the server closed the connection"


class Reader:
    """Takes a packet apart from its front."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def fixed(self, size: int) -> int:
        """A little-endian number of *size* bytes."""
        start = self.at
        self.at = start + size
        return int.from_bytes(self.data[start : self.at], "little")

    def number(self) -> int | None:
        """A number that says its own length; None for NULL."""
        first = self.data[self.at]
        self.at += 1
        if first < 251:
            return first
        if first == 251:
            return None
        return self.fixed({252: 2, 253: 3, 254: 8}[first])

    def string(self) -> bytes | None:
        """Bytes after their length; None for NULL."""
        length = self.number()
        if length is None:
            return None
        start = self.at
        self.at = start + length
        return self.data[start : self.at]


class Wire:
    """One connection after its greeting. *status* is what the server said last about its state."""

    def __init__(self, link: Link) -> None:
        self.number = link.number
        self.is_mariadb = link.is_mariadb
        self.status = link.status
        self.broken = False
        self._reader, self._writer = link.streams
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._sequence = 0

    def usable(self) -> bool:
        """Whether the server has neither left nor said anything unasked."""
        if self.broken or self._loop is not asyncio.get_running_loop() or self._writer.is_closing():
            return False
        if self._reader.at_eof() or self._buffer:
            return False
        from select import POLLIN, poll

        look = poll()
        look.register(self._writer.get_extra_info("socket").fileno(), POLLIN)
        return not look.poll(0)

    def send(self, command: int, payload: bytes) -> None:
        """Begin a command.

        Raises:
            DatabaseFailure: the connection is gone.
        """
        if self.broken:
            raise unreachable(_LOST)
        data, self._sequence = bytes((command,)) + payload, 0
        while True:
            piece, data = data[:_LARGEST], data[_LARGEST:]
            self._writer.write(len(piece).to_bytes(3, "little") + bytes((self._sequence,)) + piece)
            self._sequence = (self._sequence + 1) % 256
            if len(piece) < _LARGEST:
                return

    async def flush(self) -> None:
        """Wait until what was sent is on its way."""
        try:
            await self._writer.drain()
        except OSError as exc:
            raise self._gone(exc) from exc

    async def packet(self) -> bytes:
        """The next packet of the answer.

        Raises:
            DatabaseFailure: it is an error of the server, or the connection is gone.
        """
        data = await self._piece()
        if len(data) == _LARGEST:
            pieces = [data]
            while len(pieces[-1]) == _LARGEST:
                pieces.append(await self._piece())
            data = b"".join(pieces)
        if data[:1] == b"\xff":
            raise _refusal(data)
        return data

    def ended(self, packet: bytes) -> bool:
        """Whether *packet* ends a list of columns or rows; it also has the status."""
        if packet[0] != _EOF or len(packet) >= 9:
            return False
        self.status = int.from_bytes(packet[3:5], "little")
        return True

    def acknowledged(self, packet: bytes) -> int | None:
        """The rows affected where *packet* says that a command is done; None where a result follows.

        Raises:
            DatabaseFailure: the server asks for a file of ours.
        """
        if packet[0] == _LOCAL_FILE:
            self.close()
            raise DatabaseFailure("LOAD DATA LOCAL is not supported")
        if packet[0] != _OK:
            return None
        reader = Reader(packet, 1)
        affected = reader.number() or 0
        reader.number()  # the last inserted id
        self.status = reader.fixed(2)
        return affected

    def finish(self) -> None:
        """Close the connection once everything has been sent."""
        self.broken = True
        self._writer.close()

    def close(self) -> None:
        """Close the connection at once."""
        if not self.broken:
            self.broken = True
            if not self._loop.is_closed():
                self._writer.transport.abort()

    async def _piece(self) -> bytes:
        buffer = self._buffer
        while True:
            if len(buffer) >= 4:
                size = int.from_bytes(buffer[:3], "little")
                if len(buffer) >= size + 4:
                    data = bytes(buffer[4 : size + 4])
                    del buffer[: size + 4]
                    return data
            try:
                more = await self._reader.read(_READ)
            except OSError as exc:
                raise self._gone(exc) from exc
            if not more:
                raise self._gone(None)
            buffer += more

    def _gone(self, exc: OSError | None) -> DatabaseFailure:
        from assay_shell.runtime.errors import os_reason

        self.close()
        return unreachable(os_reason(exc) if exc is not None and exc.errno else _LOST)


def _refusal(packet: bytes) -> DatabaseFailure:
    code = int.from_bytes(packet[1:3], "little")
    sqlstate, text = "HY000", packet[3:]
    if text[:1] == b"#":
        sqlstate, text = text[1:6].decode("ascii", "replace"), text[6:]
    message = text.decode("utf-8", "replace")
    return answered(f"{code} ({sqlstate}): {message}", code=code, sqlstate=sqlstate)

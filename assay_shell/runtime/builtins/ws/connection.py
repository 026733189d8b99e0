"""One open connection: messages in and out, and how it came to an end."""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Lock

    from websockets.asyncio.client import ClientConnection
    from websockets.exceptions import ConnectionClosed

_LEAVE_SECONDS = 1.0
"""How long the other side gets for its goodbye when the script is over."""

_GOING = (1001, 1011)
"""What we send when all is over, and when pings stay unanswered."""

_SEND_AFTER_CLOSE = "WebSocket protocol error: Sending after closing is not allowed"
_RESET = "WebSocket protocol error: Connection reset without closing handshake"


class Connection:
    """A connection that scripts hold; *wire* does the protocol.

    It is released when nobody holds it any more, so it must be dropped on the thread of its event loop.
    """

    def __init__(self, wire: ClientConnection, lock: Lock, *, url: str, binary: bool, max_size: int | None) -> None:
        self.url = url
        self.binary = binary
        self._wire = wire
        self._turn = lock  # of those who wait for a message
        self._max_size = max_size
        self._closing = False
        self._dismissed = False
        """Whether the script has closed it."""

    def __del__(self) -> None:
        if self._wire.close_code is None and not self._wire.transport.is_closing():
            self._wire.transport.abort()

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that both sides agreed on."""
        return self._wire.subprotocol

    async def send(self, where: str, data: bytes, *, text: bool) -> None:
        """Send one message.

        Raises:
            BuiltinError: the connection is closed.
        """
        from websockets.exceptions import ConnectionClosed

        if self._closing:
            raise BuiltinError(where, _SEND_AFTER_CLOSE, self._ending())
        try:
            await self._wire.send(data, text=text)
        except ConnectionClosed as exc:
            raise BuiltinError(where, _SEND_AFTER_CLOSE, self._ending()) from exc

    async def recv(self, timeout: float | None) -> str | bytes | None:
        """The next message, text as str; None when none came within *timeout* seconds.

        Raises:
            BuiltinError: the connection is closed or lost.
        """
        import asyncio

        from websockets.exceptions import ConnectionClosed

        try:
            async with asyncio.timeout(timeout), self._turn:
                return await self._wire.recv()
        except TimeoutError:
            return None
        except ConnectionClosed as exc:
            raise BuiltinError("ws.recv", self._cause(exc), self._ending()) from exc

    async def ping(self, data: bytes | None, timeout: float | None) -> float | None:
        """Seconds until the pong came, None when none came within *timeout* seconds.

        Raises:
            BuiltinError: the connection is closed or lost, or a ping with the same data is on its way.
        """
        import asyncio

        from websockets.exceptions import ConcurrencyError, ConnectionClosed

        try:
            async with asyncio.timeout(timeout):
                return await (await self._wire.ping(data))
        except TimeoutError:
            return None
        except ConnectionClosed as exc:
            raise BuiltinError("ws.ping", self._cause(exc), self._ending()) from exc
        except ConcurrencyError as exc:
            raise BuiltinError("ws.ping", "a ping with the same data is still unanswered") from exc

    async def close(self, code: int, reason: str) -> None:
        """Close with *code* and *reason*; a second call does nothing.

        Raises:
            BuiltinError: they cannot be sent.
        """
        from asyncio import CancelledError

        from websockets.exceptions import ProtocolError
        from websockets.frames import Close

        try:
            Close(code, reason).serialize()
        except (ProtocolError, UnicodeEncodeError) as exc:
            raise BuiltinError("ws.close", str(exc)) from exc
        if len(reason.encode()) > 123:
            raise BuiltinError("ws.close", "the reason must have at most 123 bytes")
        self._closing = self._dismissed = True
        try:
            await self._wire.close(code, reason)
        except CancelledError:
            self._wire.transport.abort()
            raise

    def drop(self) -> None:
        """Close at once, with a goodbye unless there is more that could not be sent yet."""
        from asyncio import get_running_loop

        from websockets.protocol import State

        transport, protocol = self._wire.transport, self._wire.protocol
        self._closing = True
        if transport.get_write_buffer_size():
            transport.abort()
        elif protocol.state is State.OPEN:
            protocol.send_close(1000)
            self._wire.send_data()
        transport.close()
        get_running_loop().call_later(_LEAVE_SECONDS, transport.abort)

    async def leave(self) -> None:
        """Close for good because the script is over."""
        import asyncio

        self._closing = True
        try:
            async with asyncio.timeout(_LEAVE_SECONDS):
                await self._wire.close(1001)
        except TimeoutError:
            self._wire.transport.abort()
            await self._wire.wait_closed()

    def status(self) -> dict[str, object]:
        """`open`, and afterwards `code`, `reason` and `clean`."""
        words = self._last_words()
        return {"open": not self._closing and not words, **words}

    @property
    def ended_well(self) -> bool:
        """Whether the other side has closed as one does when all is said."""
        received = self._wire.protocol.close_rcvd
        return self._closing or (received is not None and received.code in (1000, 1001, 1005))

    def _last_words(self) -> dict[str, object]:
        """The code and reason of the close, empty while the connection is open."""
        code = self._wire.close_code
        if code is None:
            return {}
        protocol = self._wire.protocol
        clean = protocol.close_rcvd is not None and protocol.close_sent is not None
        return {"code": int(code), "reason": self._wire.close_reason or "", "clean": clean}

    def _ending(self) -> dict[str, object]:
        """The last words for an error, with `left` where the other side, or the end of all, is the reason."""
        words, protocol = self._last_words(), self._wire.protocol
        sent = protocol.close_sent
        ours = sent is not None and sent.code not in _GOING and not protocol.close_rcvd_then_sent
        return words if self._dismissed or ours else {**words, "left": True}

    def _cause(self, exc: ConnectionClosed) -> str:
        if self._closing or (exc.rcvd is not None and exc.rcvd_then_sent is not False):
            return "connection closed"
        if exc.sent is None:
            return _RESET
        if exc.sent.code == 1009:
            return f"Space limit exceeded: Message too long: more than {self._max_size} bytes (max_size)"
        if exc.sent.code == 1007:
            return f"UTF-8 encoding error: {exc.sent.reason}"
        return f"WebSocket protocol error: {exc.sent.reason}"


def utf8_fault(exc: UnicodeDecodeError) -> str:
    """What is wrong with bytes that should be UTF-8, and where."""
    if exc.reason == "unexpected end of data":
        return f"incomplete utf-8 byte sequence from index {exc.start}"
    return f"invalid utf-8 sequence of {exc.end - exc.start} bytes from index {exc.start}"

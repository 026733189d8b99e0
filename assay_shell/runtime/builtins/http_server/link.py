"""The way to one client: bytes out, patience with it, and how the connection comes to an end."""

from __future__ import annotations

from asyncio import Protocol

from assay_shell.runtime.builtins.http_server.head import Head
from assay_shell.runtime.builtins.http_server.lines import PLAIN_TEXT, head_text
from assay_shell.runtime.builtins.http_server.refusal import Refusal
from assay_shell.runtime.values import as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import BaseTransport, Transport

    from assay_shell.runtime.builtins.http_server.body import Body
    from assay_shell.runtime.builtins.http_server.outlet import Outlet
    from assay_shell.runtime.builtins.http_server.server import Server

NEVER = float("inf")
_NO_HEAD = Head(b"", b"-", b"-", http10=False)

_LINGER = 5.0
"""Seconds that a connection which is being closed has for what is still on its way."""


class Link(Protocol):
    """What a connection knows of its transport, and of what would be lost if it ended now."""

    __slots__ = (
        "_again", "_buffer", "_unsent", "body", "busy", "closing", "deadline", "eof", "head", "lost", "outlet",
        "paused", "remote", "request_id", "server", "since", "transport",
    )  # fmt: skip

    transport: Transport

    def __init__(self, server: Server) -> None:
        self.server = server
        self.remote = ""
        """The address of the client, where anybody wants to know."""
        self.head = _NO_HEAD
        """The request that is being answered, or was the last one."""
        self.request_id: str | None = None
        self.since = 0.0
        """When the request began, by the clock of `time.monotonic`; only kept for those with options."""
        self.outlet: Outlet | None = None
        self.body: Body | None = None
        self.busy = False
        """Whether a request is being answered."""
        self.paused = False
        """Whether the transport has more than enough to send."""
        self.eof = False
        """Whether the client has said all it had to say."""
        self.closing = False
        self.lost = False
        self.deadline = NEVER
        self._buffer = b""
        self._unsent = 0
        self._again: Head | None = None
        """The last request, while another one like it could be answered as quickly."""

    def connection_made(self, transport: BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        server = self.server
        server.remember(self)
        self.deadline = server.now + server.settings.head_timeout
        if not server.settings.plain:
            self.remote = _remote_of(transport)

    def pause_writing(self) -> None:
        self.paused = True
        self._again = None
        self._unsent = self.transport.get_write_buffer_size()
        self.deadline = self.server.now + self.server.settings.write_timeout

    @property
    def url(self) -> str:
        """What the client has asked for, as an address of ours."""
        base = self.server.place.url.replace("http", "ws", 1)
        return base + as_text(self.head.path)

    def write(self, data: bytes) -> None:
        """Send bytes of a response."""
        if not self.lost:
            self.transport.write(data)

    def refuse(self, refusal: Refusal) -> None:
        """Answer what is no request, and close the connection: nobody knows where the next one would begin."""
        self.closing = True
        reason = refusal.reason.encode()
        framing = f"content-length: {len(reason)}\r\n"
        date = self.server.date
        head = head_text(refusal.status, PLAIN_TEXT, date, 0, framing=framing, http10=False, keep=False)
        self.transport.write(head.encode("latin-1") + reason)
        if self.server.log is not None:
            self.server.log(self, refusal.status, len(reason), refused=True)
        self._linger()

    def drop(self) -> None:
        """End the connection at once: what was sent is all there is."""
        if self.outlet is not None:
            self.outlet.close()
        self.closing = True
        self.transport.abort()

    def _close(self) -> None:
        """Close once everything is sent."""
        if self.body is not None or self._buffer:
            self._linger()
            return
        self._set_closing()
        self.transport.close()

    def _linger(self) -> None:
        """Close for the client's sake in two steps: with bytes unread, the answer could be lost on its way."""
        self._set_closing()
        if self.transport.can_write_eof() and not self.eof:
            self.transport.write_eof()
            self.transport.resume_reading()
        else:
            self.transport.close()

    def _set_closing(self) -> None:
        self.closing = True
        self._buffer = b""
        self._unsent = self.transport.get_write_buffer_size()
        self.deadline = self.server.now + (self.server.settings.write_timeout if self._unsent else _LINGER)

    def retire(self) -> None:
        """Close unless a request is under way."""
        self._again = None
        if not self.busy and not self._buffer and self.body is None and not self.closing:
            self._close()

    def expire(self, now: float) -> None:
        """The deadline has passed."""
        if self.paused or self.closing:
            unsent = self.transport.get_write_buffer_size()
            if unsent >= self._unsent:
                self.drop()
            self._unsent = unsent
            self.deadline = now + (self.server.settings.write_timeout if unsent else _LINGER)
        elif self._buffer or self.body is not None:
            self.refuse(Refusal(408, "request timeout"))
        else:
            self._close()


def _remote_of(transport: BaseTransport) -> str:
    """The address of the client, `unix` for one without."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else "unix"

"""Answers on their way to one client: whole ones, and the heads and ends of those that come in pieces."""

from __future__ import annotations

from abc import abstractmethod

from assay_shell.runtime.builtins.http_server.lines import CLOSE, STATUS_LINES, head_text, without_body
from assay_shell.runtime.builtins.http_server.link import Link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.http_server.server import Server


class Answers(Link):
    """What a connection says, one response after the other."""

    __slots__ = ("_keep", "simple")

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.simple = False
        """Whether a usual response needs no more than the usual lines."""
        self._keep = True
        """Whether further requests may follow."""

    def begin(self, status: int, lines: str, flags: int, framing: str) -> bytes:
        """The head of a response."""
        self._keep = self._keep and not flags & CLOSE
        server = self.server
        if self.request_id is not None:
            lines += f"{server.settings.request_id}: {self.request_id}\r\n"
        http10 = self.head.http10
        head = head_text(status, lines, server.date, flags, framing=framing, http10=http10, keep=self._keep)
        return head.encode("latin-1")

    def respond(self, status: int, lines: str, body: str, flags: int = 0, length: int | None = None) -> None:
        """Send a whole response and go on."""
        server = self.server
        if self.simple and self._keep and length is None and flags == 0 and not without_body(status):
            text = f"{STATUS_LINES[status]}{lines}content-length: {len(body)}\r\n{server.date}\r\n{body}"
            self.transport.write(text.encode("latin-1"))
            self._complete()
        else:
            self._respond_carefully(status, lines, body, flags, length)

    def _respond_carefully(self, status: int, lines: str, body: str, flags: int, length: int | None) -> None:
        """The same where more than the usual is to be said, or less to be sent."""
        data = body.encode("latin-1")
        size = len(data)
        if without_body(status):
            framing, data = "" if length is None else f"content-length: {length}\r\n", b""
        elif self.head.method == b"HEAD":
            framing, data = f"content-length: {size if length is None else length}\r\n", b""
        elif length is None:
            framing = f"content-length: {size}\r\n"
        else:  # a wrong length is sent as it was given; then nothing else may follow on this connection
            framing, data = f"content-length: {length}\r\n", data[:length]
            self._keep = self._keep and length == size
        self.transport.write(self.begin(status, lines, flags, framing) + data)
        if self.server.log is not None:
            self.server.log(self, status, len(data))
        self._complete()

    def streamed(self) -> None:
        """A response that came in pieces is complete."""
        outlet = self.outlet
        assert outlet is not None
        if self.server.log is not None:
            self.server.log(self, outlet.status, outlet.sent)
        if outlet.short or outlet.until_close:
            self._keep = False
        self._complete()

    def must_close(self) -> None:
        """Nothing may follow the response on this connection."""
        self._keep = False

    @abstractmethod
    def _complete(self) -> None:
        """The response is complete; the handler may still have to come to its end."""

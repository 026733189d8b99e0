"""A client that sends exactly the bytes it is told to, and reads answers one after the other."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One response: *headers* in order, names in lower case; *body* without its framing."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the last header of that name; None when there is none."""
        return dict(self.headers).get(name)

    def all(self, name: str) -> list[str]:
        """Return every value of a header, in order."""
        return [value for key, value in self.headers if key == name]

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class Talk:
    """A connection to *address*: a port of this machine, or the path of a unix socket."""

    def __init__(self, address: int | str, timeout: float = 5.0, tls: ssl.SSLContext | None = None) -> None:
        if isinstance(address, int):
            raw = socket.create_connection(("127.0.0.1", address), timeout)
        else:
            raw = socket.socket(socket.AF_UNIX)
            raw.settimeout(timeout)
            raw.connect(address)
        self.socket = tls.wrap_socket(raw, server_hostname="localhost") if tls is not None else raw
        self._rest = b""

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> Talk:
        """Send *data*."""
        self.socket.sendall(data)
        return self

    def get(self, target: str, *lines: str, method: str = "GET", body: bytes = b"") -> Answer:
        """Send a request and read its answer."""
        head = [f"{method} {target} HTTP/1.1", "Host: test", *lines]
        if body:
            head.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body)
        return self.answer(head_only=method == "HEAD")

    def answer(self, *, head_only: bool = False) -> Answer:
        """Read one response.

        Raises:
            EOFError: the connection ends before it is complete.
        """
        head = self.until(b"\r\n\r\n").decode("latin-1")
        first, *lines = head[:-4].split("\r\n")
        _version, status, reason = first.split(" ", 2)
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        known = dict(headers)
        if head_only or status in ("204", "304", "101"):
            body = b""
        elif known.get("transfer-encoding") == "chunked":
            body = b"".join(iter(self.chunk, b""))
        elif "content-length" in known:
            body = self.exactly(int(known["content-length"]))
        else:
            body = self.rest()
        return Answer(int(status), reason, headers, body)

    def head(self) -> str:
        """Read a head only, as text."""
        return self.until(b"\r\n\r\n").decode("latin-1")

    def chunk(self) -> bytes:
        """Read one chunk of a chunked body; b"" is the last."""
        size = int(self.until(b"\r\n"), 16)
        data = self.exactly(size)
        assert self.exactly(2) == b"\r\n"
        return data

    def until(self, mark: bytes) -> bytes:
        """Read up to and including *mark*."""
        while mark not in self._rest:
            self._more()
        end = self._rest.index(mark) + len(mark)
        data, self._rest = self._rest[:end], self._rest[end:]
        return data

    def exactly(self, count: int) -> bytes:
        """Read *count* bytes."""
        while len(self._rest) < count:
            self._more()
        data, self._rest = self._rest[:count], self._rest[count:]
        return data

    def rest(self) -> bytes:
        """Read to the end of the connection; a reset is an end too."""
        try:
            while True:
                self._more()
        except (EOFError, ConnectionError):
            data, self._rest = self._rest, b""
            return data

    def ended(self, patience: float = 2.0) -> bool:
        """Return whether the server ends the connection within *patience* seconds, sending nothing more."""
        self.socket.settimeout(patience)
        try:
            return not self._rest and self.socket.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def quiet(self, seconds: float) -> bool:
        """Return whether nothing comes for *seconds*, and the connection stays."""
        before = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            self._more()
        except TimeoutError:
            return True
        except (EOFError, ConnectionError):
            return False
        finally:
            self.socket.settimeout(before)
        return False

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError(f"the connection ended after {self._rest!r}")
        self._rest += data


def until(condition: object, patience: float = 3.0) -> bool:
    """Call *condition* until it is true or *patience* seconds have passed; what it said last."""
    assert callable(condition)
    deadline = time.monotonic() + patience
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(found)

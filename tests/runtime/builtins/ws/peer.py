"""A WebSocket server for the tests: the one of the `websockets` package, or frames written by hand."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol
from websockets.utils import accept_key

REFUSED = f"{os.strerror(errno.ECONNREFUSED)} (os error {errno.ECONNREFUSED})"
RESET = "WebSocket protocol error: Connection reset without closing handshake"
_UPGRADED = "HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n"
TEXT, BINARY, CLOSE, PING, CONTINUED = 1, 2, 8, 9, 0


def frame(opcode: int, data: bytes = b"", *, final: bool = True) -> bytes:
    """Return a frame as servers write it."""
    head = bytes([opcode | (0x80 if final else 0)])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 65536:
        return head + b"\x7e" + struct.pack(">H", len(data)) + data
    return head + b"\x7f" + struct.pack(">Q", len(data)) + data


class Peer:
    """A server whose handlers are chosen by path; `seen` is what they note down."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.seen: list[Any] = []
        self.requests: list[Request] = []
        self.gone = threading.Event()
        self._handlers: dict[str, Callable[[ServerConnection], None]] = {}
        self._server: Server = serve(
            self._handle, "127.0.0.1", 0, ssl=context, process_request=self._check, max_size=None,
            select_subprotocol=_best, ping_interval=None, close_timeout=1,
        )  # fmt: skip
        self.port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def on(self, path: str, handler: Callable[[ServerConnection], None]) -> str:
        """Have *handler* serve connections to *path*, and return their address."""
        self._handlers[path] = handler
        return f"ws://127.0.0.1:{self.port}{path}"

    def raw(self, path: str, *frames: bytes, drop: bool = False) -> str:
        """Send *frames* as they are; then drop the connection, or read until the client has gone."""

        def handler(conn: ServerConnection) -> None:
            conn.socket.sendall(b"".join(frames))
            if drop:
                conn.socket.shutdown(socket.SHUT_RDWR)
            else:
                self.read_all(conn)

        return self.on(path, handler)

    def read_all(self, conn: ServerConnection) -> None:
        """Note messages down until the client closes, then how it closed."""
        try:
            while True:
                self.seen.append(conn.recv())
        except ConnectionClosed as exc:
            self.seen.append(exc.rcvd and (exc.rcvd.code, exc.rcvd.reason))
        finally:
            self.gone.set()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()

    def _check(self, conn: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        if request.path.startswith("/status/"):
            return conn.respond(HTTPStatus(int(request.path.rpartition("/")[2])), "no")
        return None

    def _handle(self, conn: ServerConnection) -> None:
        assert conn.request is not None
        with contextlib.suppress(OSError, ConnectionClosed):
            self._handlers[conn.request.path](conn)


def _best(conn: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return next((name for name in offered if name.startswith("chat.")), None)


@contextlib.contextmanager
def by_hand(handle: Callable[[socket.socket], object]) -> Iterator[str]:
    """Give the address of a server for one connection, which *handle* gets when it is open."""

    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_once() -> None:
            conn, _ = server.accept()
            with conn:
                key = conn.recv(4096).partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r")[0].decode()
                conn.sendall(_UPGRADED.format(accept_key(key)).encode())
                handle(conn)

        thread = threading.Thread(target=serve_once)
        thread.start()
        yield f"ws://127.0.0.1:{server.getsockname()[1]}"
        thread.join()

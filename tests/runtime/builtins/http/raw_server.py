"""A loopback server that speaks bytes: for answers that no proper server gives."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from pathlib import Path


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._rest = b""

    def head(self) -> bytes:
        """The next request up to its blank line; b"" when the client has gone."""
        while b"\r\n\r\n" not in self._rest:
            data = self._receive()
            if not data:
                return b""
            self._rest += data
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        return head

    def send(self, *pieces: bytes) -> bool:
        """Send; False when the client has gone."""
        try:
            for piece in pieces:
                self._socket.sendall(piece)
        except OSError:
            return False
        return True

    def reset(self) -> None:
        """Break the connection instead of ending it."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def gone(self) -> bool:
        """Wait for the client to close; whether it did before the test was over."""
        return self._receive() == b""

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except OSError:
            return b""


Talk = Callable[[Peer], None]


class RawServer:
    """Runs *talk* for each connection; `heads` are the requests it answered, when *talk* reads them by `head`."""

    def __init__(self, talk: Talk, *, tls: ssl.SSLContext | None = None, unix: Path | None = None) -> None:
        self._talk = talk
        self._tls = tls
        if unix is None:
            self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
            self.port = int(self._listener.getsockname()[1])
        else:
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(str(unix))
            self._listener.listen(8)
        self.url = "" if unix else f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.connections = 0
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._closing = False
        self._start(self._accept)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True, name="raw server")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._closing:
                connection.close()
                return
            self.connections += 1
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        self._open.append(connection)
        with connection:
            try:
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                    self._open.append(connection)
            except OSError:
                return  # the client does not like our certificate
            with connection:
                self._talk(Peer(connection))

    def close(self) -> None:
        """Break what is open and wait for the threads."""
        self._closing = True
        for open_socket in (self._listener, *self._open):
            try:
                open_socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # not connected any more
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

"""A loopback server that speaks whatever a test wants, one connection after the other."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable

from tests.support.authority import Certificates

Serve = Callable[[socket.socket], None]


class Server:
    """Accepts connections one by one and gives each to *serve*."""

    def __init__(self, serve: Serve) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._serve = serve
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                try:
                    self._serve(connection)
                except OSError:
                    continue  # the client left

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


def secured(certificates: Certificates) -> Serve:
    """Shake hands by TLS, then wait for the client to leave."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.key)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(1)

    return serve

"""Where a server listens: a port or a path, plain or with TLS."""

from __future__ import annotations

import os
import socket as sockets
from contextlib import suppress

from assay_shell.runtime.errors import BuiltinError, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext

    from assay_shell.runtime.builtins.http_server.settings import Settings

BACKLOG = 2048
"""Connections that the system keeps for us until we take them."""

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
"""Addresses that stand for all, and where one reaches them from here."""


class Place:
    """A bound socket with what one needs to know about it; *path* is None for a port, *port* 0 for a path."""

    def __init__(self, socket: sockets.socket, context: SSLContext | None, path: str | None, host: str) -> None:
        self.socket = socket
        self.context = context
        self.path = path
        self.port: int = 0 if path is not None else socket.getsockname()[1]
        self._host = host

    @property
    def url(self) -> str:
        """The address for clients on this machine."""
        if self.path is not None:
            return f"unix:{self.path}"
        host = _ANY.get(self._host, self._host)
        return f"http{'' if self.context is None else 's'}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def release(self) -> None:
        """Remove what a path leaves behind; the socket itself belongs to the event loop."""
        if self.path is not None:
            with suppress(OSError):  # somebody else has removed it, or no longer lets us
                os.unlink(self.path)

    def give_up(self) -> None:
        """Close and remove what no server has taken over."""
        self.socket.close()
        self.release()


def listen(port: int, settings: Settings, *, shared: bool = False) -> Place:
    """Bind where *settings* say; *shared* lets other processes bind the same port.

    Raises:
        BuiltinError: `http.serve: bind failed: REASON`, or certificate and key are unusable.
    """
    context = None
    if settings.identity is not None:
        from ssl import SSLError

        from assay_shell.runtime.trust import server_context

        try:
            context = server_context(settings.identity)
        except SSLError as exc:
            raise BuiltinError("http.serve", f"unusable certificate or key: {exc.reason or exc}") from exc
    try:
        if settings.unix_socket is not None:
            return Place(_bound_path(settings.unix_socket), context, settings.unix_socket, "")
        return Place(_bound_port(settings.host, port, shared=shared), context, None, settings.host)
    except sockets.gaierror as exc:
        raise BuiltinError("http.serve", f"bind failed: {exc.strerror}") from exc
    except (OSError, ValueError) as exc:
        raise BuiltinError("http.serve", f"bind failed: {os_reason(exc)}") from exc


def _bound_port(host: str, port: int, *, shared: bool) -> sockets.socket:
    family, kind, protocol, _, address = sockets.getaddrinfo(
        host or "0.0.0.0", port, type=sockets.SOCK_STREAM, flags=sockets.AI_PASSIVE
    )[0]
    socket = sockets.socket(family, kind, protocol)
    try:
        socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
        if shared:
            socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEPORT, 1)
        socket.settimeout(0)
        socket.bind(address)
        socket.listen(BACKLOG)  # now, because two may bind a port to which nobody listens yet
    except BaseException:
        socket.close()
        raise
    return socket


def _bound_path(path: str) -> sockets.socket:
    """A socket at *path*; one that nobody listens at any more is replaced."""
    socket = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    try:
        try:
            socket.bind(path)
        except OSError:
            if not _is_left_over(path):
                raise
            os.unlink(path)
            socket.bind(path)
        socket.listen(BACKLOG)
        socket.settimeout(0)
    except BaseException:
        socket.close()
        raise
    return socket


def _is_left_over(path: str) -> bool:
    """Whether *path* is a socket that refuses connections."""
    import stat

    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return False
        with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as probe:
            probe.settimeout(0)  # one whose backlog is full would let us wait
            probe.connect(path)
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False

"""The HTTP engine on asyncio itself: httptools takes answers apart, the event loop moves the bytes.

No other thread is involved, which makes a request three times as fast as through a library that has one, and lets
go of a connection the moment its request is cancelled. It speaks HTTP/1.1 to the server itself or to a unix socket;
proxies, HTTP/2 and cookies are for the other engines.
"""

from __future__ import annotations

import asyncio

from assay_shell.runtime.builtins.http.address import Target, target
from assay_shell.runtime.builtins.http.causes import system_error, system_words
from assay_shell.runtime.builtins.http.connection import Connection
from assay_shell.runtime.builtins.http.engine import TIMED_OUT, Reply, SendError, user_agent
from assay_shell.runtime.builtins.http.head import encoded, token

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

    from assay_shell.runtime.builtins.http.engine import Headers, Place, Wire

_KEEP = 90.0
"""Seconds that an unused connection is kept."""

_REMEMBERED = 256
"""Addresses that need not be taken apart again."""

_REPEATABLE = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"))


class DirectEngine:
    """Connections by server, used again while they last."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tls: ssl.SSLContext | None = None
        self._idle: dict[tuple[str, str, int], list[Connection]] = {}
        self._open: set[Connection] = set()
        self._targets: dict[str, Target] = {}
        self._agent = user_agent().encode()
        if wire.roots or wire.identity:
            self._context()  # says now what is wrong with them

    async def fetch(
        self, method: str, url: str, headers: Headers, body: bytes | None, timeout: float | None, limit: int
    ) -> Reply:
        connection, content, _ = await self._ask(method, url, headers, body, timeout, limit)
        return Reply(connection.status, connection.headers, content)

    async def open(
        self, method: str, url: str, headers: Headers, body: bytes | None, timeout: float | None
    ) -> DirectIncoming:
        connection, _, timer = await self._ask(method, url, headers, body, timeout, None)
        return DirectIncoming(self, connection, timer)

    def place(self, url: str, reference: str | None = None) -> Place:
        return target(url, reference)

    async def close(self) -> None:
        connections, self._open = self._open, set()
        self._idle.clear()
        for connection in connections:
            connection.abort()
        await asyncio.sleep(0)  # the loop closes sockets at its next turn

    def __del__(self) -> None:
        """Close the connections of an engine that nobody uses any more: sockets of asyncio do not do so themselves."""
        if self._loop is None or self._loop.is_closed():
            return
        for connection in self._open:
            connection.abort()

    async def _ask(
        self, method: str, url: str, headers: Headers, body: bytes | None, timeout: float | None, limit: int | None
    ) -> tuple[Connection, bytes, asyncio.TimerHandle | None]:
        """Send a request and wait for the whole answer, or for its head alone where there is no *limit*."""
        loop = asyncio.get_running_loop()
        place = self._targets.get(url) or self._remember(url)
        head = self._head(method, place, headers, body)
        deadline = None if timeout is None else loop.time() + timeout
        connection = self._take(place, loop)
        while True:
            reused = connection is not None
            if connection is None:
                connection = await self._connect(place, deadline, loop)
            timer = None if deadline is None else loop.call_at(deadline, connection.expire)
            content = b""
            try:
                connection.send(head, body, bodiless=method == "HEAD", limit=limit)
                if limit is None:
                    await connection.head()
                    return connection, content, timer
                content = await connection.whole()
            except BaseException as exc:
                if timer is not None:
                    timer.cancel()
                self.drop(connection)
                if reused and method in _REPEATABLE and _was_stale(connection, exc):
                    connection = None
                    continue
                raise
            if timer is not None:
                timer.cancel()
            self.release(connection)
            return connection, content, None

    def _remember(self, url: str) -> Target:
        if len(self._targets) >= _REMEMBERED:
            self._targets.clear()
        found = self._targets[url] = target(url)
        return found

    def _head(self, method: str, place: Target, headers: Headers, body: bytes | None) -> bytes:
        """The request up to its blank line; what the caller gives beats what is sent by default."""
        lines = [token(method, "method"), b" ", place.path.encode("ascii"), b" HTTP/1.1\r\n"]
        given = encoded(headers) if headers else []
        names = {name for name, _ in given}
        for name, value in (
            (b"accept", b"*/*"),
            (b"user-agent", self._agent),
            (b"host", place.host_line.encode("ascii")),
        ):
            if name not in names:
                given.append((name, value))
        if body is not None:
            given.append((b"content-length", b"%d" % len(body)))
        for name, value in given:
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)

    def _take(self, place: Target, loop: asyncio.AbstractEventLoop) -> Connection | None:
        """The idle connection to *place* that was used last, None when there is none."""
        if self._loop is not loop:  # those of another loop are no use any more
            self._loop = loop
            self._idle.clear()
            self._open.clear()
        idle = self._idle.get((place.scheme, place.host, place.port))
        while idle:
            connection = idle.pop()
            if connection.reusable and loop.time() - connection.idle_since < _KEEP:
                return connection
            self.drop(connection)
        return None

    def release(self, connection: Connection) -> None:
        """Keep *connection* for the next request, if it can be used again."""
        if not (connection.reusable and connection.complete) or self._loop is None or connection not in self._open:
            self.drop(connection)
            return
        connection.idle_since = self._loop.time()
        self._idle.setdefault(connection.key, []).append(connection)

    def drop(self, connection: Connection) -> None:
        """Close *connection*."""
        self._open.discard(connection)
        connection.abort()

    async def _connect(self, place: Target, deadline: float | None, loop: asyncio.AbstractEventLoop) -> Connection:
        patience = self._wire.connect_timeout
        if deadline is not None:
            left = deadline - loop.time()
            patience = left if patience is None else min(left, patience)
        try:
            async with asyncio.timeout(patience):
                connection = await self._dial(place, loop)
        except TimeoutError as exc:
            raise SendError(TIMED_OUT, unsent=True) from exc
        except OSError as exc:
            found = system_error(exc)
            raise SendError(system_words(found) if found else str(exc), unsent=True) from exc
        connection.key = (place.scheme, place.host, place.port)
        self._open.add(connection)
        return connection

    async def _dial(self, place: Target, loop: asyncio.AbstractEventLoop) -> Connection:
        tls = self._context() if place.scheme == "https" else None
        name = (self._wire.server_name or place.host) if tls else None
        if self._wire.unix_socket is not None:
            path = self._wire.unix_socket
            return (await loop.create_unix_connection(Connection, path, ssl=tls, server_hostname=name))[1]
        failure: OSError | None = None
        for address in await self._addresses(place, loop):
            try:
                return (await loop.create_connection(Connection, address, place.port, ssl=tls, server_hostname=name))[1]
            except OSError as exc:
                failure = exc
        raise failure or OSError("the name has no address")

    async def _addresses(self, place: Target, loop: asyncio.AbstractEventLoop) -> list[str]:
        """What the host's name stands for, each once."""
        import socket

        if place.host.replace(".", "").isdigit() or ":" in place.host:
            return [place.host]
        found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            import os

            from assay_shell.runtime.builtins.http.trust import trust  # ssl only where TLS is spoken

            wire = self._wire
            self._tls = trust(wire.roots, wire.identity, os.environ.get("SSL_CERT_FILE"), verify=wire.verify)
        return self._tls


class DirectIncoming:
    """An answer whose body is still coming; *timer* ends it."""

    def __init__(self, engine: DirectEngine, connection: Connection, timer: asyncio.TimerHandle | None) -> None:
        self.status = connection.status
        self.headers = connection.headers
        self._engine = engine
        self._connection: Connection | None = connection
        self._timer = timer

    async def read(self) -> bytes | None:
        if self._connection is None:
            return None
        data = await self._connection.read()
        if data is None:
            await self.discard()
        return data

    async def discard(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            self._engine.release(connection)


def _was_stale(connection: Connection, exc: BaseException) -> bool:
    """Whether the server had closed the connection when the request came, which is then safe to repeat."""
    return isinstance(exc, SendError) and not connection.received and exc.cause != TIMED_OUT

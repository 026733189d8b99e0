"""Opening a connection to MySQL: handshake, TLS and authentication are aiomysql's work."""

from __future__ import annotations

import asyncio
import re

import aiomysql
import pymysql
from pymysql.constants import CLIENT

from assay_shell.runtime.builtins.db.failure import DatabaseFailure, answered, unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.db.mysql.settings import Settings

_CLIENT_S_OWN, _LOST = 2000, 2013  # error codes
_NUMBER = re.compile(r"\[Errno (\d+)\]")


class Link(aiomysql.Connection):  # type: ignore[misc]  # it has no types
    """A connection whose streams are ours once it is open."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            host=settings.host,
            port=settings.port,
            user=settings.user,
            password=settings.password.encode().decode("latin-1"),  # it encodes that way; servers want UTF-8
            db=settings.database,
            unix_socket=settings.socket,
            charset="utf8mb4",
            ssl=settings.tls_context(),
            client_flag=CLIENT.FOUND_ROWS,  # counts are of matched rows, not of changed ones
            autocommit=True,
            program_name="assay",
            loop=asyncio.get_running_loop(),
        )
        self.client_flag &= ~CLIENT.MULTI_STATEMENTS
        self._needs_tls = settings.needs_tls

    async def open(self) -> None:
        """Connect."""
        await self._connect()

    @property
    def streams(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Where statements go and answers come from, once it is open."""
        return self._reader, self._writer

    @property
    def number(self) -> int:
        """What the server calls this connection."""
        return int(self.server_thread_id[0])

    @property
    def is_mariadb(self) -> bool:
        """Whether the server is MariaDB rather than MySQL."""
        return "mariadb" in str(self.server_version).lower()

    @property
    def status(self) -> int:
        """The status flags that came with the greeting."""
        return int(self.server_status)

    async def _request_authentication(self) -> None:
        if self._needs_tls and not self.server_capabilities & CLIENT.SSL:
            raise unreachable("the server does not support TLS, which ssl-mode requires")
        await super()._request_authentication()

    def __del__(self) -> None:
        """The streams are closed by whoever uses them."""


async def open_link(settings: Settings, timeout: float) -> Link:
    """A new connection, within *timeout* seconds.

    Raises:
        DatabaseFailure: there is no server, or it refuses.
    """
    link = Link(settings)
    try:
        async with asyncio.timeout(timeout):
            await link.open()
    except TimeoutError as exc:
        raise unreachable(f"no connection within {timeout:g} s") from exc
    except pymysql.MySQLError as exc:
        raise _failure(exc) from exc
    return link


def _failure(exc: pymysql.MySQLError) -> DatabaseFailure:
    cause = exc.__cause__
    if isinstance(cause, OSError):
        return unreachable(_reason(cause))
    code, text = (*exc.args, "", "")[:2]
    if code == _LOST:
        return unreachable("the server closed the connection")
    if not isinstance(code, int) or code >= _CLIENT_S_OWN:
        return unreachable(str(text or exc))
    sqlstate = getattr(exc, "sqlstate", None) or "HY000"
    return answered(f"{code} ({sqlstate}): {text}", code=code, sqlstate=sqlstate)


def _reason(exc: OSError) -> str:
    import os
    import socket
    import ssl

    if isinstance(exc, ssl.SSLError):
        return f"TLS: {exc.reason or exc}"
    if isinstance(exc, socket.gaierror):
        return f"failed to lookup address information: {exc.strerror}"
    number = exc.errno
    if number is None and (found := _NUMBER.search(str(exc))):  # all addresses of a name failed
        number = int(found[1])
    return f"{os.strerror(number)} (os error {number})" if number else str(exc)

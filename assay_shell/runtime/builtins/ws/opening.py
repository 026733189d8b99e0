"""How a connection is opened: options, trust, and what may go wrong on the way."""

from __future__ import annotations

from assay_shell.runtime.builtins.http.tls import identity, trusted
from assay_shell.runtime.builtins.ws.connection import Connection
from assay_shell.runtime.convert import CONVERTERS
from assay_shell.runtime.errors import BuiltinError, os_reason
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext
    from typing import Any
    from urllib.parse import SplitResult
    from weakref import WeakSet

    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

CONNECT = Options(
    "ws.connect",
    headers="Table",
    subprotocols="Value",
    timeout="float",
    max_size="int",
    binary="bool",
    compression="bool",
    keepalive="float",
    proxy="Value",
    ca_cert="bytes",
    ca_cert_file="str",
    cert="bytes",
    key="bytes",
    cert_file="str",
    key_file="str",
    server_name="str",
    verify="bool",
)

_WHERE = "ws.connect"
_OPEN_TIMEOUT = 30.0
_CLOSE_TIMEOUT = 2.0
_MAX_SIZE = 64 << 20


async def open_connection(runtime: Runtime, url: str, table: Table | None) -> Connection:
    """The work of `ws.connect`.

    Raises:
        BuiltinError: an option makes no sense, or there is no connection to be had.
    """
    given = CONNECT.read(runtime, table)
    parts = _address(url)
    if parts.password:
        runtime.redactor.add(parts.password)
    settings = _settings(runtime, given)
    if parts.scheme == "wss":
        settings["ssl"] = _context(given)
        settings["server_hostname"] = given.get("server_name", parts.hostname)

    from asyncio import Lock

    from websockets.asyncio.client import ClientConnection, connect
    from websockets.exceptions import WebSocketException

    from assay_shell.runtime.builtins.ws.wire import Wire

    class ClientWire(Wire, ClientConnection):
        """The wire of a client."""

    class Direct(connect):
        """Leaves redirects to the script: following one could carry its credentials elsewhere."""

        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    try:
        wire = await Direct(parts._replace(fragment="").geturl(), create_connection=ClientWire, **settings)
    except (OSError, ValueError, ImportError, WebSocketException) as exc:
        raise _failure(exc, settings["open_timeout"]) from exc
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    binary = given.get("binary", False)
    conn = Connection(wire, Lock(), url=shown, binary=binary, max_size=settings["max_size"])
    _open_ones(runtime).add(conn)
    return conn


def _settings(runtime: Runtime, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments for `websockets`."""
    timeout, keepalive = given.get("timeout", _OPEN_TIMEOUT), given.get("keepalive")
    max_size = given.get("max_size", _MAX_SIZE)
    if not timeout > 0 or (keepalive is not None and not keepalive > 0):
        raise BuiltinError(_WHERE, "timeout and keepalive must be positive")
    if max_size < 0:
        raise BuiltinError(_WHERE, "max_size must not be negative")
    return {
        "additional_headers": _headers(runtime, given.get("headers")),
        "subprotocols": _subprotocols(given.get("subprotocols")),
        "open_timeout": None if timeout == float("inf") else timeout,
        "close_timeout": _CLOSE_TIMEOUT,
        "ping_interval": keepalive,
        "ping_timeout": keepalive,
        "max_size": max_size or None,
        "compression": "deflate" if given.get("compression") else None,
        "user_agent_header": None,
        "proxy": _proxy(runtime, given.get("proxy", False)),
    }


def _address(url: str) -> SplitResult:
    """The parts of *url*.

    Raises:
        BuiltinError: it is no address of a WebSocket.
    """
    from urllib.parse import urlsplit

    if any(char <= " " or char == "\x7f" for char in url) or not url.isascii():
        raise BuiltinError(_WHERE, "HTTP format error: invalid uri character")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise BuiltinError(_WHERE, f"URL error: {exc}") from exc
    if parts.scheme not in ("ws", "wss"):
        raise BuiltinError(_WHERE, "URL error: URL scheme not supported")
    if not parts.hostname or port == 0:
        raise BuiltinError(_WHERE, "URL error: No host name in the URL" if port != 0 else "URL error: port 0")
    return parts


def _headers(runtime: Runtime, table: Table | None) -> list[tuple[str, str]]:
    """The headers to send; a list as value sends the header once for each item.

    Raises:
        BuiltinError: a name or value cannot stand in a head.
    """
    found: list[tuple[str, str]] = []
    to_text, border = CONVERTERS["str"], runtime.border
    for key, item in table.raw.items() if table is not None else ():
        name = to_text(key, "", border)
        value = border.to_python(item)
        texts = [to_text(one, "", border) for one in value.raw.values()] if isinstance(value, Table) else None
        found += [(name, text) for text in texts or ([] if texts is not None else [to_text(item, "", border)])]
    for name, text in found:
        if not name or not all(char.isalnum() or char in "!#$%&'*+-.^_`|~" for char in name) or not name.isascii():
            raise BuiltinError(_WHERE, "HTTP format error: invalid HTTP header name")
        if any((char < " " and char != "\t") or char == "\x7f" for char in text):
            raise BuiltinError(_WHERE, "HTTP format error: failed to parse header value")
        runtime.redactor.add_header(name, text)
    return [(name, text.encode("utf-8", "surrogateescape").decode("latin-1")) for name, text in found]


def _proxy(runtime: Runtime, value: Value) -> str | bool | None:
    """The proxy as `websockets` takes it: None for none, True for the environment's.

    Raises:
        BuiltinError: it is none of these and no address.
    """
    if isinstance(value, bool):
        return value or None
    if not isinstance(value, str) or not value:
        raise BuiltinError(_WHERE, "proxy must be a URL, true (from the environment) or false")
    _, _, password = value.rpartition("@")[0].rpartition("://")[2].partition(":")
    if password:
        runtime.redactor.add(password)
    return value


def _subprotocols(value: Value) -> list[Any] | None:
    names = [value] if isinstance(value, str) else value
    if isinstance(value, Table):
        names = [value.get(index) for index in range(1, value.length() + 1)]
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise BuiltinError(_WHERE, "subprotocols must be a list of names")
    return names or None


def _context(given: dict[str, Any]) -> SSLContext:
    import ssl

    from assay_shell.runtime.trust import client_context

    roots = trusted(_WHERE, given.get("ca_cert"), given.get("ca_cert_file"))
    try:
        return client_context(roots, identity(_WHERE, given), verify=given.get("verify", True))
    except ssl.SSLError as exc:
        raise BuiltinError(_WHERE, f"TLS error: invalid certificate: {exc.reason or exc}") from exc


def _failure(exc: Exception, timeout: float | None) -> BuiltinError:
    """What a script is told about *exc*."""
    from websockets.exceptions import InvalidMessage, InvalidProxy, InvalidProxyStatus, InvalidStatus, ProxyError

    if isinstance(exc, InvalidStatus):
        status, said = exc.response.status_code, bytes(exc.response.body or b"")
        fields = {"status": status, "body": said.decode("utf-8", "replace")}
        return BuiltinError(_WHERE, f"HTTP error: {status} {_phrase(status)}", fields)
    if isinstance(exc, InvalidProxyStatus):
        status = exc.response.status_code
        return BuiltinError(_WHERE, f"IO error: the proxy answered {status} {_phrase(status)}")
    if isinstance(exc, InvalidProxy):
        return BuiltinError(_WHERE, f"the proxy cannot be used: {exc.msg}")
    if isinstance(exc, ProxyError | ImportError):
        return BuiltinError(_WHERE, f"IO error: the proxy cannot be used: {exc}")
    if isinstance(exc, TimeoutError) and exc.errno is None:
        return BuiltinError(_WHERE, f"IO error: timed out after {timeout:g} s", {"timeout": True})
    if isinstance(exc, OSError):
        return BuiltinError(_WHERE, _system_cause(exc))
    if isinstance(exc, InvalidMessage) and isinstance(exc.__cause__, EOFError):
        return BuiltinError(_WHERE, "WebSocket protocol error: Handshake not finished")
    return BuiltinError(_WHERE, f"WebSocket protocol error: {exc}")


def _system_cause(exc: OSError) -> str:
    import socket
    import ssl

    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"TLS error: invalid peer certificate: {exc.verify_message}"
    if isinstance(exc, ssl.SSLError):
        return f"TLS error: {exc.reason or exc}"
    if isinstance(exc, socket.gaierror):
        return f"IO error: failed to lookup address information: {exc.strerror}"
    if exc.errno is None and "[Errno " in str(exc):  # several addresses were tried: the last one's cause
        number = str(exc).rpartition("[Errno ")[2].partition("]")[0]
        exc = OSError(int(number), "")
    return f"IO error: {os_reason(exc)}"


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "<unknown status code>"


def _open_ones(runtime: Runtime) -> WeakSet[Connection]:
    """The connections of this runtime that somebody still holds; they are closed with it."""
    found: WeakSet[Connection] | None = runtime.resources.get("ws")
    if found is None:
        from weakref import WeakSet

        found = runtime.resources["ws"] = WeakSet()

        async def leave() -> None:
            from asyncio import gather

            await gather(*(conn.leave() for conn in list(runtime.resources["ws"])))

        runtime.on_close(leave)
    return found

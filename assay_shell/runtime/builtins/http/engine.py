"""The interface of the HTTP engines, and how a request can fail in one.

    EngineError
    ├── BadRequest     it cannot be put on the wire: bad address, scheme, header or method
    ├── SendError      no answer came
    ├── RedirectError  an answer led too far, or to another scheme
    └── BodyError      an answer began and broke off, or cannot be decoded
        └── TooLarge   its body goes beyond `max_body`

An engine is one pool of connections, made for one `Wire`. pyreqwest does the work; httpx stands in where there is
no wheel of it, and for unix sockets. Engines send one request: redirects, retries, sign-in and
decoding are above them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol

    Jar = dict[str, Any]
    """Where the engines of one client keep cookies, each in its own form under its own name."""

    Headers = list[tuple[str, str]]
    """Names and values in order; names of received ones in lower case."""

    class Engine(Protocol):
        """One pool of connections."""

        async def fetch(
            self, method: str, url: str, headers: Headers, body: bytes | None, timeout: float | None, limit: int
        ) -> Reply:
            """Send one request and read the answer whole; *timeout* seconds and *limit* bytes at most.

            Raises:
                EngineError: it failed.
            """

        async def open(
            self, method: str, url: str, headers: Headers, body: bytes | None, timeout: float | None
        ) -> Incoming:
            """Send one request and wait for the head of the answer; *timeout* seconds are for head and body.

            Raises:
                EngineError: it failed.
            """

        def place(self, url: str, reference: str | None = None) -> Place:
            """The address *url*, or what *reference* means when it stands there.

            Raises:
                BadRequest: it is not an absolute address.
            """

        async def close(self) -> None:
            """Close all connections."""

    class Incoming(Protocol):
        """An answer whose body is still coming."""

        status: int
        headers: Headers

        async def read(self) -> bytes | None:
            """The next bytes as they arrive, None at the end.

            Raises:
                EngineError: the body broke off.
            """

        async def discard(self) -> None:
            """Close it, whatever has not been read is dropped; harmless when called again."""


class EngineError(Exception):
    """A request failed; *url* is filled in by who knows which one of a chain of redirects it was."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.url: str | None = None


class BadRequest(EngineError):
    """The request cannot be put on the wire."""


class SendError(EngineError):
    """No answer came; *unsent* says that the server cannot have acted on the request."""

    def __init__(self, cause: str, *, unsent: bool = False) -> None:
        super().__init__(cause)
        self.unsent = unsent


class RedirectError(EngineError):
    """A redirect was one too many, or led to something that is not HTTP."""


class BodyError(EngineError):
    """The body broke off or cannot be decoded."""


class TooLarge(BodyError):
    """The body has more bytes than allowed."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than max_body ({limit} bytes)")


TIMED_OUT = "operation timed out"

_USUAL = "direct"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class Wire:
    """What is decided when a connection is made; requests with equal wires share connections.

    *connect_timeout* is in seconds, None for none. *proxy* is an address, "" for no proxy, None for the environment's.
    *roots* are DER certificates trusted on top of the system's; *identity* is PEM text, certificate and key.
    *server_name* is the name that the server's certificate must have instead of the address's; without *verify* any
    certificate will do.
    """

    __slots__ = ("connect_timeout", "http2", "identity", "proxy", "roots", "server_name", "unix_socket", "verify")

    def __init__(self) -> None:
        self.connect_timeout: float | None = None
        self.http2 = False
        self.proxy: str | None = None
        self.roots: tuple[bytes, ...] = ()
        self.identity: bytes | None = None
        self.unix_socket: str | None = None
        self.server_name: str | None = None
        self.verify = True

    def but(self, **changes: object) -> Wire:
        """The same with other values."""
        made = Wire()
        for name in self.__slots__:
            setattr(made, name, changes[name] if name in changes else getattr(self, name))
        return made

    def key(self) -> tuple[object, ...]:
        """What tells wires apart."""
        return tuple(getattr(self, name) for name in self.__slots__)


class Reply:
    """A whole answer."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    async def discard(self) -> None:
        """Nothing is left to close."""


class Place:
    """An address taken apart: *url* is its normal spelling, *port* is never missing."""

    __slots__ = ("host", "port", "scheme", "url")

    def __init__(self, url: str, scheme: str, host: str, port: int) -> None:
        self.url = url
        self.scheme = scheme
        self.host = host
        self.port = port


def user_agent() -> str:
    """What the client calls itself unless the script says otherwise."""
    from assay_shell import __version__

    return f"assay/{__version__}"


def make_engine(wire: Wire, jar: Jar | None = None) -> Engine:
    """An engine for *wire*; with a *jar* it keeps the cookies that servers set.

    HTTP/1.1 without a proxy is spoken directly: pyreqwest keeps the connection of a cancelled request until the
    request's own timeout, and its threads may abort the interpreter's exit. It serves what remains, and httpx the
    platforms that lack both. `ASSAY_HTTP_ENGINE` may name another one than usual, `pyreqwest` or `httpx`.

    Raises:
        BadRequest: the certificates or the proxy address are unusable, or a proxy is to be spoken through to a server
            with another name.
    """
    import os

    wanted = os.environ.get("ASSAY_HTTP_ENGINE") or _USUAL
    if wanted == "direct" and jar is None and _is_direct(wire, os.environ):
        try:
            from assay_shell.runtime.builtins.http.engine_direct import DirectEngine
        except ImportError:  # a platform without a wheel
            return _httpx_engine(wire, jar)
        return DirectEngine(wire)
    if wire.server_name is not None and wire.proxy:
        raise BadRequest("server_name cannot be used with a proxy")
    if wire.unix_socket is None and wire.server_name is None and wanted != "httpx":
        try:
            from assay_shell.runtime.builtins.http.engine_pyreqwest import PyreqwestEngine
        except ImportError:  # a platform without a wheel
            return _httpx_engine(wire, jar)
        return PyreqwestEngine(wire, jar)
    return _httpx_engine(wire, jar)


def _is_direct(wire: Wire, environment: Mapping[str, str]) -> bool:
    """Whether servers are spoken to in HTTP/1.1, and by ourselves: no proxy, neither given nor in the environment."""
    if wire.http2:
        return False
    if wire.proxy is not None or wire.unix_socket is not None:
        return not wire.proxy
    return not any(environment.get(name) or environment.get(name.lower()) for name in _PROXIES)


def _httpx_engine(wire: Wire, jar: Jar | None) -> Engine:
    from assay_shell.runtime.builtins.http.engine_httpx import HttpxEngine  # 115 ms, only where it is needed

    return HttpxEngine(wire, jar)

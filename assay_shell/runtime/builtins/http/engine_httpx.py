"""The HTTP engine on httpx: for unix sockets, and for platforms without pyreqwest.

It is made to behave as the other one does; causes are worded alike where scripts are likely to look at them.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from contextlib import suppress
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from assay_shell.runtime.builtins.http.engine import (
    TIMED_OUT,
    BadRequest,
    BodyError,
    Place,
    Reply,
    SendError,
    TooLarge,
    user_agent,
)
from assay_shell.runtime.errors import os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from assay_shell.runtime.builtins.http.engine import Headers, Jar, Wire

_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_WORDS = {
    "Server disconnected without sending a response.": "connection closed before message completed",
    "peer closed connection without sending complete message body": "end of file before message length reached",
}
"""What the other engine says where httpx begins like this."""

_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.PoolTimeout)
_WRONG = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class HttpxEngine:
    """An httpx client without its defaults: no decoding, no redirects, no cookies, our own name."""

    def __init__(self, wire: Wire, jar: Jar | None = None) -> None:
        self._client = _client(wire)
        self._client.cookies = _no_cookies() if jar is None else jar.setdefault("httpx", CookieJar())

    async def fetch(
        self, method: str, url: str, headers: Headers, body: bytes | None, timeout: float | None, limit: int
    ) -> Reply:
        response = None
        try:
            async with asyncio.timeout(timeout):
                response = await self._send(method, url, headers, body)
                return await self._whole(response, limit)
        except TimeoutError as exc:
            raise (SendError if response is None else BodyError)(TIMED_OUT) from exc
        finally:
            if response is not None:
                await response.aclose()

    async def open(
        self, method: str, url: str, headers: Headers, body: bytes | None, timeout: float | None
    ) -> HttpxIncoming:
        deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._send(method, url, headers, body)
        except TimeoutError as exc:
            raise SendError(TIMED_OUT) from exc
        return HttpxIncoming(response, deadline)

    async def _send(self, method: str, url: str, headers: Headers, body: bytes | None) -> httpx.Response:
        _token(method, "method")
        try:
            request = self._client.build_request(method, _parsed(url), headers=_encoded(headers), content=body)
            return await self._client.send(request, stream=True)
        except _WRONG as exc:
            raise _refused(exc) from exc
        except httpx.HTTPError as exc:
            raise SendError(_cause(exc), unsent=isinstance(exc, _UNSENT)) from exc

    async def _whole(self, response: httpx.Response, limit: int) -> Reply:
        chunks, size = [], 0
        async for chunk in _body(response):
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit)
            chunks.append(chunk)
        return Reply(response.status_code, _pairs(response), b"".join(chunks))

    def place(self, url: str, reference: str | None = None) -> Place:
        found = _parsed(url, reference)
        fragment = f"#{found.fragment}" if found.fragment else ""
        user = f"{found.userinfo.decode()}@" if found.userinfo else ""
        text = f"{found.scheme}://{user}{found.netloc.decode()}{found.raw_path.decode()}{fragment}"
        return Place(text, found.scheme, found.host, found.port or _PORTS.get(found.scheme, 0))

    async def close(self) -> None:
        await self._client.aclose()

    def __del__(self) -> None:
        """Close the connections of an engine that nobody uses any more: sockets of asyncio do not do so themselves."""
        client = getattr(self, "_client", None)  # missing where it could not be made
        if client is None or client.is_closed:
            return
        with suppress(RuntimeError):  # no loop is running: its sockets are closed already
            closing = asyncio.get_running_loop().create_task(client.aclose())
            closing.add_done_callback(lambda done: done.cancelled() or done.exception())


class HttpxIncoming:
    """An answer whose body is still coming; *deadline* is in the event loop's time."""

    def __init__(self, response: httpx.Response, deadline: float | None) -> None:
        self.status = response.status_code
        self.headers = _pairs(response)
        self._response = response
        self._body = _body(response)
        self._deadline = deadline

    async def read(self) -> bytes | None:
        try:
            async with asyncio.timeout_at(self._deadline):
                return await anext(self._body, None)
        except TimeoutError as exc:
            raise BodyError(TIMED_OUT) from exc

    async def discard(self) -> None:
        await self._body.aclose()
        await self._response.aclose()


def _parsed(url: str, reference: str | None = None) -> httpx.URL:
    """The absolute address that *url* is, or that *reference* means there."""
    try:
        found = httpx.URL(url) if reference is None else httpx.URL(url).join(reference)
    except (httpx.InvalidURL, ValueError) as exc:
        raise _refused(exc) from exc
    if not found.scheme:
        raise BadRequest("relative URL without a base")
    if (found.port or 0) > _LAST_PORT:
        raise BadRequest("invalid port number")
    return found


async def _body(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    try:
        async for chunk in response.aiter_raw():
            yield chunk
    except httpx.HTTPError as exc:
        raise BodyError(_cause(exc)) from exc


def _pairs(response: httpx.Response) -> Headers:
    """Names in lower case and values, without those that are not visible ASCII."""
    return [
        (name.lower().decode("ascii"), value.decode("ascii"))
        for name, value in response.headers.raw
        if all(32 <= byte < 127 or byte == 9 for byte in value)
    ]


def _encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers as bytes; what is illegal is refused before a connection is made, as the other engine does."""
    pairs = [(_token(name.lower(), "header name"), value.strip(" \t")) for name, value in headers]
    try:
        encoded = [(name, value.encode()) for name, value in pairs]
    except UnicodeEncodeError as exc:
        raise BadRequest("a header value is not UTF-8") from exc
    if any((byte < 32 and byte != 9) or byte == 127 for _, value in encoded for byte in value):
        raise BadRequest("failed to parse header value")
    return encoded


def _token(text: str, what: str) -> bytes:
    if not text or not _TOKEN.issuperset(text):
        raise BadRequest(f"invalid HTTP {what}")
    return text.encode("ascii")


def _client(wire: Wire) -> httpx.AsyncClient:
    timeout = httpx.Timeout(None, connect=wire.connect_timeout)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=90)
    tls, http2 = _trust(wire.roots, wire.identity, os.environ.get("SSL_CERT_FILE")), wire.http2 and _knows_http2()
    if wire.unix_socket is not None:
        transport = httpx.AsyncHTTPTransport(verify=tls, http2=http2, limits=limits, uds=wire.unix_socket)
        client = httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False)
    else:
        try:
            client = httpx.AsyncClient(
                verify=tls,
                http2=http2,
                limits=limits,
                timeout=timeout,
                proxy=wire.proxy or None,
                trust_env=wire.proxy is None,
            )
        except (ValueError, ImportError, httpx.InvalidURL) as exc:
            raise _refused(exc) from exc
    client.headers = httpx.Headers({"accept": "*/*", "user-agent": user_agent()})
    for name in ("accept-encoding", "connection"):
        client.headers.pop(name, None)
    return client


def _knows_http2() -> bool:
    from importlib.util import find_spec

    return find_spec("h2") is not None  # without it HTTP/1.1 is what the two sides agree on


def _no_cookies() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


@lru_cache(maxsize=8)  # the system's certificates take 20 ms and more to load
def _trust(roots: tuple[bytes, ...], identity: bytes | None, store: str | None) -> ssl.SSLContext:
    """What tells good servers from bad; *store* is the environment's, which OpenSSL reads by itself."""
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not _has_store():
        import certifi  # httpx brings it

        context.load_verify_locations(cafile=certifi.where())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # home-made authorities often lack what it asks for
    try:
        if roots:
            context.load_verify_locations(cadata=b"".join(roots))
        if identity is not None:
            _identify(context, identity)
    except ssl.SSLError as exc:
        raise BadRequest(f"invalid certificate: {exc.reason or exc}") from exc
    return context


def _has_store() -> bool:
    """Whether OpenSSL has a folder of certificates, which it reads as it needs them."""
    folder = ssl.get_default_verify_paths().capath
    return folder is not None and bool(os.listdir(folder))


def _identify(context: ssl.SSLContext, pem: bytes) -> None:
    """Load certificate and key; the ssl module takes them from a file only."""
    from tempfile import mkstemp

    handle, path = mkstemp(prefix="assay-")  # readable by its owner only
    try:
        with open(handle, "wb") as file:
            file.write(pem)
        context.load_cert_chain(path, password=b"")  # a locked key is an error, not a question on the terminal
    finally:
        os.unlink(path)


def _refused(exc: Exception) -> BadRequest:
    if isinstance(exc, UnicodeError):
        return BadRequest("it is not UTF-8")
    if not isinstance(exc, httpx.UnsupportedProtocol):
        return BadRequest(str(exc))
    return BadRequest("relative URL without a base" if "missing" in str(exc) else "URL scheme is not allowed")


def _cause(exc: httpx.HTTPError) -> str:
    if isinstance(exc, httpx.TimeoutException):
        return TIMED_OUT
    found = _system_error(exc)
    if found is not None:
        return _system_words(found)
    text = str(exc)
    return next((words for beginning, words in _WORDS.items() if text.startswith(beginning)), text)


def _system_error(exc: BaseException | None) -> OSError | None:
    """The innermost error of the system behind *exc*, None where there is none."""
    found = None
    while exc is not None:
        if isinstance(exc, OSError) and exc.errno is not None:
            found = exc
        inner = exc.exceptions[0] if isinstance(exc, BaseExceptionGroup) else exc.__cause__ or exc.__context__
        exc = inner
    return found


def _system_words(exc: OSError) -> str:
    import socket

    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"invalid peer certificate: {exc.verify_message}"
    if isinstance(exc, ssl.SSLError):
        return f"TLS: {exc.reason or exc}"
    if isinstance(exc, socket.gaierror):
        return f"failed to lookup address information: {exc.strerror}"
    return os_reason(exc)

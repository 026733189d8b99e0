"""The HTTP engine on httpx: for unix sockets, and for platforms without pyreqwest.

It is made to behave as the other one does; causes are worded alike where scripts are likely to look at them.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from contextlib import suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from assay_shell.runtime.builtins.http.causes import system_error, system_words
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
from assay_shell.runtime.builtins.http.head import encoded, token
from assay_shell.runtime.builtins.http.trust import trust

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from assay_shell.runtime.builtins.http.engine import Headers, Jar, Wire

_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535
_WORDS = {
    "Server disconnected without sending a response.": "connection closed before message completed",
    "peer closed connection without sending complete message body": "end of file before message length reached",
}
"""What the other engine says where httpx begins like this."""

_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.PoolTimeout)
_FAILURES = (httpx.HTTPError, ssl.SSLError)  # an alert that comes after the handshake is not wrapped
_WRONG = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class HttpxEngine:
    """An httpx client without its defaults: no decoding, no redirects, no cookies, our own name."""

    def __init__(self, wire: Wire, jar: Jar | None = None) -> None:
        self._client = _client(wire)
        self._extensions = {} if wire.server_name is None else {"sni_hostname": wire.server_name}
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
        token(method, "method")
        try:
            request = self._client.build_request(
                method, _parsed(url), headers=encoded(headers), content=body, extensions=dict(self._extensions)
            )
            return await self._client.send(request, stream=True)
        except _WRONG as exc:
            raise _refused(exc) from exc
        except _FAILURES as exc:
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
    except _FAILURES as exc:
        raise BodyError(_cause(exc)) from exc


def _pairs(response: httpx.Response) -> Headers:
    """Names in lower case and values, without those that are not visible ASCII."""
    return [
        (name.lower().decode("ascii"), value.decode("ascii"))
        for name, value in response.headers.raw
        if all(32 <= byte < 127 or byte == 9 for byte in value)
    ]


def _client(wire: Wire) -> httpx.AsyncClient:
    timeout = httpx.Timeout(None, connect=wire.connect_timeout)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=90)
    tls = trust(wire.roots, wire.identity, os.environ.get("SSL_CERT_FILE"), verify=wire.verify)
    http2 = wire.http2 and _knows_http2()
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


def _refused(exc: Exception) -> BadRequest:
    if isinstance(exc, UnicodeError):
        return BadRequest("it is not UTF-8")
    if not isinstance(exc, httpx.UnsupportedProtocol):
        return BadRequest(str(exc))
    return BadRequest("relative URL without a base" if "missing" in str(exc) else "URL scheme is not allowed")


def _cause(exc: Exception) -> str:
    if isinstance(exc, httpx.TimeoutException):
        return TIMED_OUT
    found = system_error(exc)
    if found is not None:
        return system_words(found)
    text = str(exc)
    return next((words for beginning, words in _WORDS.items() if text.startswith(beginning)), text)

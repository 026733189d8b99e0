"""The HTTP engine on pyreqwest.

Bodies are read in chunks although the library could hand over a whole one: only so can their size be limited. It
costs nothing, because what has arrived with the head is handed over without another turn of the event loop.
"""

from __future__ import annotations

import atexit
from datetime import timedelta

from pyreqwest.client import ClientBuilder
from pyreqwest.cookie import CookieStore
from pyreqwest.http import Url

from assay_shell.runtime.builtins.http.engine import (
    BadRequest,
    BodyError,
    EngineError,
    Place,
    Reply,
    SendError,
    TooLarge,
    user_agent,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyreqwest.client import Client
    from pyreqwest.exceptions import PyreqwestError
    from pyreqwest.http import HeaderMap
    from pyreqwest.request import RequestBuilder, StreamRequest
    from pyreqwest.response import Response

    from assay_shell.runtime.builtins.http.engine import Headers, Jar, Wire

_LONGEST = 10 * 365 * 86400.0
"""Seconds; a longer timeout is as good as this one, and the library could not hold it."""

_BODY_STAGES = ("error decoding response body", "request or response body error")
_CONNECTING = "client error (Connect)"


class PyreqwestEngine:
    """A pyreqwest client without its defaults: no decoding, no redirects, HTTP/1.1, our own name."""

    def __init__(self, wire: Wire, jar: Jar | None = None) -> None:
        self._client = _client(wire, None if jar is None else jar.setdefault("pyreqwest", CookieStore()))

    async def fetch(
        self, method: str, url: str, headers: Headers, body: bytes | None, timeout: float | None, limit: int
    ) -> Reply:
        request = self._request(method, url, headers, body, timeout).build_streamed()
        try:
            async with request as response:
                read = response.body_reader.read_chunk
                chunks, size = [], 0
                while (chunk := await read()) is not None:
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge(limit)
                    chunks.append(chunk)
                return Reply(response.status, _pairs(response.headers), b"".join(chunks))
        except _library_error() as exc:
            raise _explained(exc) from exc

    async def open(
        self, method: str, url: str, headers: Headers, body: bytes | None, timeout: float | None
    ) -> PyreqwestIncoming:
        builder = self._request(method, url, headers, body, timeout)
        request = builder.streamed_read_buffer_limit(0).build_streamed()  # else it waits for 64 KiB of body first
        try:
            return PyreqwestIncoming(request, await request.__aenter__())
        except _library_error() as exc:
            raise _explained(exc) from exc

    def _request(
        self, method: str, url: str, headers: Headers, body: bytes | None, timeout: float | None
    ) -> RequestBuilder:
        try:
            builder = self._client.request(method, url)
            if headers:
                builder = builder.headers(headers)
        except ValueError as exc:
            raise _refused(exc) from exc
        if body is not None:
            builder = builder.body_bytes(body)
        return builder if timeout is None else builder.timeout(_span(timeout))

    def place(self, url: str, reference: str | None = None) -> Place:
        try:
            found = Url(url)
            if reference is not None:
                found = found.join(reference)
        except ValueError as exc:
            raise _refused(exc) from exc
        return Place(str(found), found.scheme, found.host_str or "", found.port_or_known_default or 0)

    async def close(self) -> None:
        await self._client.close()


def _let_threads_rest() -> None:
    """Wait until the library's threads have nothing to do.

    The thread that delivered the last answer may still be on its way out of the interpreter when the script is done.
    Python before 3.14 kills threads that want back in while it shuts down, and in this one that aborts the process.
    """
    from time import sleep

    quiet = 0
    for _ in range(100):
        sleep(0.001)  # lets go of the interpreter lock
        quiet = quiet + 1 if _all_asleep() else 0
        if quiet == 3:
            return


def _all_asleep() -> bool:
    """Whether no thread of the library is running or ready to; taken as so where the system does not tell."""
    import os

    for thread in os.listdir("/proc/self/task") if os.path.isdir("/proc/self/task") else ():
        try:
            with open(f"/proc/self/task/{thread}/stat", "rb") as file:
                name, _, rest = file.read().rpartition(b") ")
        except FileNotFoundError:
            continue  # it has ended
        if name.endswith(b"(pyreqwest") and not rest.startswith(b"S"):
            return False
    return True


atexit.register(_let_threads_rest)


class PyreqwestIncoming:
    """An answer whose body is still coming."""

    def __init__(self, request: StreamRequest, response: Response) -> None:
        self.status = response.status
        self.headers = _pairs(response.headers)
        self._request: StreamRequest | None = request
        self._read = response.body_reader.read_chunk

    async def read(self) -> bytes | None:
        try:
            chunk = await self._read()
        except _library_error() as exc:
            raise _explained(exc) from exc
        return None if chunk is None else bytes(chunk)

    async def discard(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            await request.__aexit__(None, None, None)


def _client(wire: Wire, store: CookieStore | None) -> Client:
    builder = ClientBuilder().user_agent(user_agent()).http1_lower_case_headers().http2(wire.http2)
    for switch in (builder.follow_redirects, builder.gzip, builder.brotli, builder.zstd, builder.deflate):
        builder = switch(False)  # noqa: FBT003 - they take nothing else
    if wire.connect_timeout is not None:
        builder = builder.connect_timeout(_span(wire.connect_timeout))
    if store is not None:
        builder = builder.cookie_provider(store)
    try:
        if wire.proxy is not None:
            builder = _through(builder, wire.proxy)
        for root in wire.roots:
            builder = builder.add_root_certificate_der(root)
        if wire.identity is not None:
            builder = builder.identity_pem(wire.identity)
        if not wire.verify:
            builder = builder.danger_accept_invalid_certs(True)  # noqa: FBT003 - it takes nothing else
        return builder.build()
    except ValueError as exc:
        raise _refused(exc) from exc


def _through(builder: ClientBuilder, proxy: str) -> ClientBuilder:
    from pyreqwest.proxy import ProxyBuilder

    return builder.proxy(ProxyBuilder.all(proxy)) if proxy else builder.no_proxy()


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=min(seconds, _LONGEST))


def _pairs(headers: HeaderMap) -> Headers:
    try:
        return list(headers.items())
    except ValueError:  # a value outside visible ASCII
        return _readable_pairs(headers)


def _readable_pairs(headers: HeaderMap) -> Headers:
    """All pairs but those with values that are not text; the library's iterator goes on after each refusal."""
    found, items = [], iter(headers.items())
    while True:
        try:
            found.append(next(items))
        except StopIteration:
            return found
        except ValueError:
            continue


def _library_error() -> type[PyreqwestError]:
    """The base of the library's errors; asked for when something has been raised, since importing it takes 8 ms."""
    from pyreqwest.exceptions import PyreqwestError

    return PyreqwestError


def _causes(exc: Exception) -> list[str]:
    details = getattr(exc, "details", None) or {}
    return [_shortened(cause["message"]) for cause in details.get("causes") or ()] or [str(exc.args[0])]


def _shortened(message: str) -> str:
    """The message without the pointer to the TLS library's manual."""
    return message.partition(": https://docs.rs/")[0]


def _explained(exc: Exception) -> EngineError:
    from pyreqwest.exceptions import BuilderError

    causes = _causes(exc)
    if isinstance(exc, BuilderError):
        return BadRequest(causes[-1])
    if causes[0].startswith(_BODY_STAGES):
        return BodyError(causes[-1])
    return SendError(causes[-1], unsent=_CONNECTING in causes)


def _refused(exc: ValueError) -> BadRequest:
    return BadRequest("it is not UTF-8" if isinstance(exc, UnicodeError) else _causes(exc)[-1])

"""From a request to its answer: sign-in by address, redirects, retries, and the errors that scripts see."""

from __future__ import annotations

from time import monotonic

from assay_shell.runtime.builtins.http.engine import (
    TIMED_OUT,
    BadRequest,
    BodyError,
    EngineError,
    RedirectError,
    Reply,
    SendError,
    TooLarge,
)
from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from assay_shell.runtime.builtins.http.engine import Engine, Headers, Incoming, Place
    from assay_shell.runtime.builtins.http.settings import HeaderTable, Settings

    Answer = Reply | Incoming
    Send = Callable[["Call", float | None], Awaitable[Answer]]
    """Sends one request; the float is what is left of the timeout, in seconds."""

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_OF_BODY = ("content-type", "content-length", "content-encoding", "transfer-encoding")
_OF_HOST = ("authorization", "cookie", "proxy-authorization")
_NEEDS_LENGTH = frozenset(("POST", "PUT", "PATCH"))


class Call:
    """One request: where to, what with, over which engine. *url* holds no credentials."""

    __slots__ = ("body", "engine", "headers", "method", "settings", "url")

    def __init__(
        self, engine: Engine, settings: Settings, method: str, url: str, headers: HeaderTable, body: bytes | None
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body

    def lines(self) -> Headers:
        """The headers as they are sent."""
        return list(self.headers.values())


def make_call(
    engine: Engine,
    settings: Settings,
    method: str,
    url: str,
    headers: HeaderTable,
    body: bytes | None = None,
    content_type: str | None = None,
) -> Call:
    """A request with the headers that follow from its parts; those given beat those that would be added."""
    if settings.headers:
        headers = {**settings.headers, **headers}
    if content_type is not None and "content-type" not in headers:
        headers["content-type"] = ("content-type", content_type)
    for name in ("content-length", "transfer-encoding"):
        headers.pop(name, None)  # the engine frames the body
    if body is None and method in _NEEDS_LENGTH:
        headers["content-length"] = ("content-length", "0")
    if settings.authorization is not None and "authorization" not in headers:
        headers["authorization"] = ("authorization", settings.authorization)
    if settings.decompress and "accept-encoding" not in headers:
        from assay_shell.runtime.builtins.http.decoding import ACCEPTED

        headers["accept-encoding"] = ("accept-encoding", ACCEPTED)
    if "@" in url:
        url = _sign_in(url, headers)
    return Call(engine, settings, method, url, headers, body)


def _sign_in(url: str, headers: HeaderTable) -> str:
    """*url* without credentials, which become an Authorization header unless there is one."""
    scheme, separator, rest = url.partition("://")
    end = min((rest.find(mark) for mark in "/?#\\" if mark in rest), default=len(rest))
    credentials, at, host = rest[:end].rpartition("@")
    if not at:
        return url
    if credentials and "authorization" not in headers:
        from assay_shell.runtime.builtins.http.percent import decode
        from assay_shell.runtime.builtins.http.settings import basic

        user, _, password = credentials.partition(":")
        headers["authorization"] = ("authorization", basic(decode(user), decode(password)))
    return f"{scheme}{separator}{host}{rest[end:]}"


async def whole(call: Call, left: float | None) -> Reply:
    """Send *call* and read the answer to its end."""
    settings = call.settings
    if settings.read_timeout is None:
        reply = await call.engine.fetch(call.method, call.url, call.lines(), call.body, left, settings.max_body)
    else:
        reply = await _watched(call, left)
    if not settings.decompress:
        return reply
    from assay_shell.runtime.builtins.http.decoding import decoded

    return decoded(reply, settings.max_body)


async def _watched(call: Call, left: float | None) -> Reply:
    """`whole` where silence has a limit."""
    incoming = await beginning(call, left, left)
    limit, chunks, size = call.settings.max_body, [], 0
    try:
        while (chunk := await incoming.read()) is not None:
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit)
            chunks.append(chunk)
    finally:
        await incoming.discard()
    return Reply(incoming.status, incoming.headers, b"".join(chunks))


async def beginning(call: Call, patience: float | None, left: float | None) -> Incoming:
    """Send *call* and wait for the head of the answer, *patience* seconds; *left* are for head and body together."""
    from asyncio import timeout

    silence = call.settings.read_timeout
    if silence is not None:
        patience = silence if patience is None else min(patience, silence)
    try:
        async with timeout(patience):
            incoming = await call.engine.open(call.method, call.url, call.lines(), call.body, left)
    except TimeoutError as exc:
        raise SendError(TIMED_OUT) from exc
    return incoming if silence is None else Watched(incoming, silence)


class Watched:
    """An answer that may not be silent for longer than *silence* seconds."""

    def __init__(self, incoming: Incoming, silence: float) -> None:
        self.status = incoming.status
        self.headers = incoming.headers
        self._incoming = incoming
        self._silence = silence

    async def read(self) -> bytes | None:
        from asyncio import timeout

        try:
            async with timeout(self._silence):
                return await self._incoming.read()
        except TimeoutError as exc:
            raise BodyError(TIMED_OUT) from exc

    async def discard(self) -> None:
        await self._incoming.discard()


async def transfer(where: str, call: Call, send: Send) -> tuple[Answer, str]:
    """The answer to *call* after its redirects and retries, and the address it came from.

    Raises:
        BuiltinError: there is none; *where* is the builtin that is named.
    """
    try:
        if call.settings.retries is None:
            return await _followed(call, send)
        return await _retried(call, send)
    except EngineError as exc:
        raise failure(where, call, exc) from exc


async def _retried(call: Call, send: Send) -> tuple[Answer, str]:
    from asyncio import sleep

    plan, attempt = call.settings.retries, 0
    assert plan is not None
    while True:
        attempt += 1
        try:
            answer, url = await _followed(call, send)
        except EngineError as exc:
            wait = plan.after_error(attempt, call.method, exc)
            if wait is None:
                raise
        else:
            wait = plan.after_answer(attempt, call.method, answer.status, answer.headers)
            if wait is None:
                return answer, url
            await answer.discard()
        await sleep(wait)


async def _followed(call: Call, send: Send) -> tuple[Answer, str]:
    settings = call.settings
    left = limit = settings.timeout
    started, hops = monotonic(), 0
    while True:
        try:
            if left is not None and left <= 0:
                raise SendError(TIMED_OUT, unsent=True)
            answer = await send(call, left)
            if answer.status not in _REDIRECTS or not settings.follow_redirects:
                return answer, call.url
            location = header(answer.headers, "location")
            if location is None:
                return answer, call.url
            await answer.discard()
            if hops >= settings.max_redirects:
                raise RedirectError("too many redirects")
            call = _redirected(call, answer.status, location)
        except EngineError as exc:
            exc.url = exc.url or call.url
            raise
        hops += 1
        if limit is not None:
            left = limit - (monotonic() - started)


def header(headers: Headers, name: str) -> str | None:
    """The last value of the header *name* (in lower case), None when it is missing."""
    return next((value for key, value in reversed(headers) if key == name), None)


def _redirected(call: Call, status: int, location: str) -> Call:
    """The request that follows *call*.

    Raises:
        RedirectError: *location* is not an address of HTTP.
    """
    engine = call.engine
    headers, method, body = dict(call.headers), call.method, call.body
    before = engine.place(call.url)
    try:
        after = engine.place(call.url, location)
    except BadRequest as exc:
        raise RedirectError(exc.cause) from exc
    if after.scheme not in ("http", "https"):
        raise RedirectError("URL scheme is not allowed")
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        method, body = "GET", None
        for name in _OF_BODY:
            headers.pop(name, None)
    if (before.scheme, before.host, before.port) != (after.scheme, after.host, after.port):
        for name in (*_OF_HOST, "host"):
            headers.pop(name, None)
    if not (before.scheme == "https" and after.scheme == "http"):
        headers["referer"] = ("referer", before.url.partition("#")[0])
    else:
        headers.pop("referer", None)
    url = _sign_in(after.url, headers)
    return Call(engine, call.settings, method, url, headers, body)


def failure(where: str, call: Call, exc: EngineError) -> BuiltinError:
    """What a script sees of *exc*: the contract's words, then the cause."""
    if isinstance(exc, BodyError):
        return BuiltinError(where, f"reading body failed: {exc.cause}")
    url = _shown(call, exc.url or call.url)
    if isinstance(exc, BadRequest):
        beginning = f"builder error for url ({url})" if url else "builder error"
    elif isinstance(exc, RedirectError):
        beginning = f"error following redirect for url ({url})"
    else:
        beginning = f"error sending request for url ({url})"
    return BuiltinError(f"{where} failed", f"{beginning}: {exc.cause}")


def _shown(call: Call, url: str) -> str:
    """The normal spelling of *url*; "" when it is none."""
    try:
        place: Place = call.engine.place(url)
    except BadRequest:
        return ""
    return place.url

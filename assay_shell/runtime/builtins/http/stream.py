"""Bodies read while they arrive: `http.stream`, and what `http.events` and `http.download` share with it."""

from __future__ import annotations

from assay_shell.runtime.builtins.http.client import options_of, prepared, url_of
from assay_shell.runtime.builtins.http.decoding import decoding
from assay_shell.runtime.builtins.http.engine import EngineError, TooLarge
from assay_shell.runtime.builtins.http.exchange import beginning, failure, transfer
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import Stream, as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from typing import Any

    from assay_shell.runtime.builtins.http.client import Client
    from assay_shell.runtime.builtins.http.engine import Incoming
    from assay_shell.runtime.builtins.http.exchange import Call
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

_SHOWN = 300
"""Bytes of an error page that stand in the message."""


async def open_stream(runtime: Runtime, client: Client, url: Value, opts: Value) -> Stream:
    """The work of `http.stream`, for any client.

    Raises:
        BuiltinError: an argument is wrong, no answer came, or its status is 400 or above.
    """
    address = url_of("stream", url)
    given = options_of(runtime, "stream", opts, "second")
    call = streamed(runtime, client, "http.stream", address, given)
    incoming, source = await begin("http.stream", call, total="timeout" in given)
    if incoming.status >= 400:
        raise await refused("http.stream", incoming, source)
    limit = given.get("max_body")
    chunks = chunks_of("http.stream", call, incoming, limit)
    items = lines_of("http.stream", chunks, call.settings.max_body) if given.get("lines") else chunks
    return Stream(items, close=incoming.discard, name="http stream")


def streamed(runtime: Runtime, client: Client, where: str, url: str, given: dict[str, Any]) -> Call:
    """The request that *url* and options describe; `method` is among them."""
    method = given.get("method", "GET").upper()
    return prepared(runtime, client, where, method, url, given.get("body"), given)


async def begin(where: str, call: Call, *, total: bool) -> tuple[Incoming, str]:
    """The answer to *call* whose body is still to come, and its address.

    The timeout is for the head alone unless *total* says that it was meant for everything.

    Raises:
        BuiltinError: no answer came.
    """

    async def send(call: Call, left: float | None) -> Incoming:
        incoming = await beginning(call, left, left if total else None)
        return decoding(incoming) if call.settings.decompress else incoming

    answer, address = await transfer(where, call, send)
    return answer, address  # type: ignore[return-value]  # `send` gives nothing else


async def refused(where: str, incoming: Incoming, address: str) -> BuiltinError:
    """The error for an answer that says no, with the beginning of what it says."""
    text = b""
    try:
        while len(text) < _SHOWN and (chunk := await incoming.read()) is not None:
            text += chunk
    except EngineError:
        pass  # the status says enough
    finally:
        await incoming.discard()
    shown = as_text(text[:_SHOWN]).strip()
    reason = f"HTTP {incoming.status} for url ({address})"
    fields = {"status": incoming.status, "body": shown}
    return BuiltinError(f"{where} failed", f"{reason}: {shown}" if shown else reason, fields)


async def chunks_of(where: str, call: Call, incoming: Incoming, limit: int | None) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, *limit* bytes of it at most.

    Raises:
        BuiltinError: it broke off, or is larger.
    """
    size = 0
    try:
        while (chunk := await incoming.read()) is not None:
            size += len(chunk)
            if limit is not None and size > limit:
                raise TooLarge(limit)
            if chunk:
                yield chunk
    except EngineError as exc:
        raise failure(where, call, exc) from exc
    finally:
        await incoming.discard()


async def lines_of(where: str, chunks: AsyncIterator[bytes], longest: int) -> AsyncGenerator[bytes, None]:
    """The lines of a body, without their LF or CRLF; the last one need not have an end.

    Raises:
        BuiltinError: a line has more than *longest* bytes.
    """
    splitter = Lines(where, longest)
    async for chunk in chunks:
        for line in splitter.feed(chunk):
            yield line.removesuffix(b"\r")
    if rest := splitter.rest():
        yield rest


class Lines:
    """Cuts bytes at LF; what is left of a line waits for the next piece."""

    def __init__(self, where: str, longest: int) -> None:
        self._where = where
        self._longest = longest
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that *chunk* completes.

        Raises:
            BuiltinError: the line is too long.
        """
        *complete, rest = chunk.split(b"\n")
        if complete:
            complete[0] = self.rest() + complete[0]
        if rest:
            self._pieces.append(rest)
            self._size += len(rest)
        if self._size > self._longest:
            raise BuiltinError(self._where, f"a line is longer than max_body ({self._longest} bytes)")
        return complete

    def rest(self) -> bytes:
        """What waits, which is then forgotten."""
        found = b"".join(self._pieces)
        self._pieces, self._size = [], 0
        return found

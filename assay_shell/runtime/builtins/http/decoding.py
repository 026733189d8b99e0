"""Content codings undone piece by piece, so that a small answer cannot become a huge one in a single step."""

from __future__ import annotations

import zlib

from assay_shell.runtime.builtins.http.engine import BodyError, Reply, TooLarge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from assay_shell.runtime.builtins.http.engine import Headers, Incoming

ACCEPTED = "gzip, deflate"
"""What is asked for; other codings are left as they are."""

_CODINGS = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
_UNTRUE = ("content-encoding", "content-length")
"""Headers that a decoded body has made untrue."""

_PIECE = 1 << 16
_ZLIB, _GZIP, _RAW = 15, 15 + 16, -15
"""What the zlib module calls these formats."""


class Inflater:
    """Decodes one body."""

    def __init__(self, coding: str) -> None:
        self._gzip = coding == "gzip"
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What *data* decodes to, in pieces of at most 64 KiB.

        Raises:
            BodyError: it is not what the header promised.
        """
        while data:
            stream = self._stream or self._begin(data)
            try:
                piece = stream.decompress(data, _PIECE)
            except zlib.error as exc:
                raise BodyError(f"invalid compressed data: {exc}") from exc
            if piece:
                yield piece
            data = stream.unconsumed_tail
            if stream.eof:
                data = stream.unused_data if self._gzip else b""
                if data:  # gzip members may follow one another
                    self._stream = zlib.decompressobj(_GZIP)

    def finish(self) -> None:
        """Note the end of the body.

        Raises:
            BodyError: there should be more.
        """
        if self._stream is not None and not self._stream.eof:
            raise BodyError("the compressed data ends too early")

    def _begin(self, data: bytes) -> zlib._Decompress:
        """`deflate` means zlib's format by the standard, and bare deflate to some servers."""
        if self._gzip:
            self._stream = zlib.decompressobj(_GZIP)
            return self._stream
        framed = data[0] & 0x0F == 8 and (len(data) < 2 or int.from_bytes(data[:2], "big") % 31 == 0)
        self._stream = zlib.decompressobj(_ZLIB if framed else _RAW)
        return self._stream


def decoded(reply: Reply, limit: int) -> Reply:
    """*reply* with its body decoded; itself where that is not coded in a way we know.

    Raises:
        BodyError: the body is damaged, or has more than *limit* bytes.
    """
    coding = _coding(reply.headers)
    if coding is None:
        return reply
    inflater, pieces, size = Inflater(coding), [], 0
    for piece in inflater.feed(reply.body):
        size += len(piece)
        if size > limit:
            raise TooLarge(limit)
        pieces.append(piece)
    inflater.finish()
    return Reply(reply.status, _still_true(reply.headers), b"".join(pieces))


def decoding(incoming: Incoming) -> Incoming:
    """*incoming* with its body decoded while it comes; itself where that is not coded in a way we know."""
    coding = _coding(incoming.headers)
    return incoming if coding is None else DecodedIncoming(incoming, coding)


class DecodedIncoming:
    """An answer whose body is decoded while it comes."""

    def __init__(self, incoming: Incoming, coding: str) -> None:
        self.status = incoming.status
        self.headers = _still_true(incoming.headers)
        self._incoming = incoming
        self._pieces = _inflated(incoming, Inflater(coding))

    async def read(self) -> bytes | None:
        return await anext(self._pieces, None)

    async def discard(self) -> None:
        await self._pieces.aclose()
        await self._incoming.discard()


async def _inflated(incoming: Incoming, inflater: Inflater) -> AsyncGenerator[bytes, None]:
    while (chunk := await incoming.read()) is not None:
        for piece in inflater.feed(chunk):
            yield piece
    inflater.finish()


def _coding(headers: Headers) -> str | None:
    """The one coding of the body, None where there is none that we know."""
    return _CODINGS.get(", ".join(value for name, value in headers if name == "content-encoding").strip().lower())


def _still_true(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name not in _UNTRUE]

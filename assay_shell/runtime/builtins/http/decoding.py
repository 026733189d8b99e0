"""Content codings undone piece by piece, so that a small answer cannot become a huge one in a single step."""

from __future__ import annotations

import zlib

from assay_shell.runtime.builtins.http.engine import BodyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

CODINGS = ("gzip", "deflate")
_PIECE = 1 << 16
_ANY_HEADER, _GZIP, _RAW = 15 + 32, 15 + 16, -15
"""zlib's window sizes for: gzip or zlib by its header, gzip, no header."""


class Inflater:
    """Decodes one body."""

    def __init__(self, coding: str) -> None:
        self._gzip = coding == "gzip"
        self._stream = zlib.decompressobj(_GZIP) if self._gzip else None

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
        framed = data[0] & 0x0F == 8 and (len(data) < 2 or int.from_bytes(data[:2], "big") % 31 == 0)
        self._stream = zlib.decompressobj(_ANY_HEADER if framed else _RAW)
        return self._stream

"""The chunked coding of request bodies, read strictly: whoever reads it otherwise would see another request next."""

from __future__ import annotations

import re

from assay_shell.runtime.builtins.http_server.refusal import Refusal, malformed

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t -~\x80-\xff]*)?")
_TRAILER_LINE = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xff]*")
_MAX_LINE = 4096
_MAX_TRAILERS = 16384
_FREE_LINE, _MAX_EXCESS = 16, 16384
"""Bytes of a chunk's line that cost nothing, and those beyond that are borne: extensions are only there to annoy."""


class ChunkDecoder:
    """Takes bytes as they arrive and gives the body's; chunk extensions and trailers are checked and dropped."""

    __slots__ = ("_ended", "_excess", "_left", "_line", "_state", "_trailers", "rest")

    def __init__(self) -> None:
        self._state = self._size
        self._line = b""
        self._left = 0
        self._trailers = 0
        self._excess = 0
        self._ended = False
        self.rest = b""
        """What came after the end of the body."""

    @property
    def ended(self) -> bool:
        """Whether the whole body has come."""
        return self._ended

    def feed(self, data: bytes) -> list[bytes]:
        """The pieces of the body in *data*.

        Raises:
            Refusal: it is not the chunked coding.
        """
        pieces: list[bytes] = []
        place, end = 0, len(data)
        while place < end and not self._ended:
            place = self._state(data, place, pieces)
        if self._ended:
            self.rest += data[place:]
        return pieces

    # Each takes what it knows of *data* from *place* on, and says where the rest begins.

    def _size(self, data: bytes, place: int, pieces: list[bytes]) -> int:
        line, place = self._take_line(data, place)
        if line is None:
            return place
        match = _SIZE_LINE.fullmatch(line)
        if match is None:
            raise malformed("malformed chunk size")
        self._left = int(match[1], 16)
        self._excess = max(0, self._excess + len(line) - _FREE_LINE - 2 * self._left)
        if self._excess > _MAX_EXCESS:
            raise malformed("chunk lines outweigh the body")
        self._state = self._data if self._left else self._trailer
        return place

    def _data(self, data: bytes, place: int, pieces: list[bytes]) -> int:
        piece = data[place : place + self._left]
        pieces.append(piece)
        self._left -= len(piece)
        if self._left == 0:
            self._state = self._end_of_data
        return place + len(piece)

    def _end_of_data(self, data: bytes, place: int, pieces: list[bytes]) -> int:
        end = place + 2 - len(self._line)
        self._line += data[place:end]
        if not b"\r\n".startswith(self._line):
            raise malformed("chunk is longer than its size")
        if len(self._line) == 2:
            self._line = b""
            self._state = self._size
        return end

    def _trailer(self, data: bytes, place: int, pieces: list[bytes]) -> int:
        line, place = self._take_line(data, place)
        if line is None:
            return place
        if not line:
            self._ended = True
            return place
        self._trailers += len(line)
        if self._trailers > _MAX_TRAILERS:
            raise Refusal(431, "too many trailers")
        if _TRAILER_LINE.fullmatch(line) is None:
            raise malformed("malformed trailer")
        return place

    def _take_line(self, data: bytes, place: int) -> tuple[bytes | None, int]:
        """The next line without its CRLF, None while it is incomplete; and where the rest begins."""
        end = data.find(b"\n", place) + 1
        if not end:
            self._line += data[place:]
            if len(self._line) > _MAX_LINE:
                raise malformed("line of the chunked coding is too long")
            return None, len(data)
        line = self._line + data[place:end]
        self._line = b""
        if line[-2:] != b"\r\n" or len(line) > _MAX_LINE:
            raise malformed("malformed line in the chunked coding")
        return line[:-2], end

"""Where a JSON text breaks the grammar, and in which words scripts are told.

The parsers stop at the same texts with words and positions of their own. The words and positions that
scripts match on are the contract's; this scanner finds them, and runs only on texts that were refused.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_SPACE = re.compile(rb"[ \n\t\r]*")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_DIGITS = re.compile(rb"[0-9]*")
_EXPONENT = re.compile(rb"[eE][+-]?")
_HEX = re.compile(rb"[0-9a-fA-F]{4}")
_WORDS = {b"n": b"null", b"t": b"true", b"f": b"false"}

_EOF_VALUE = "EOF while parsing a value"
_EOF_STRING = "EOF while parsing a string"
_CONTROL = "control character (\\u0000-\\u001F) found while parsing a string"


class Fault(Exception):
    """The text is not JSON: *reason*, at byte *column* of *line*, both counted from 1.

    At the end of the text the column is the number of bytes before it, so 0 in an empty line.
    """

    def __init__(self, reason: str, line: int, column: int) -> None:
        self.reason, self.line, self.column = reason, line, column
        super().__init__(f"{reason} at line {line} column {column}")


def check(data: bytes, max_depth: int) -> None:
    """Read through *data*, in which containers may nest *max_depth* deep.

    Raises:
        Fault: it is not JSON, nests deeper, or holds a number beyond the range of floats.
    """
    scanner = _Scanner(data, max_depth)
    scanner.value(0)
    if scanner.peek():
        scanner.stop_at("trailing characters")


class _Scanner:
    """Walks over one text; `stop_at` blames the next byte, `stop_after` the one just read."""

    def __init__(self, data: bytes, max_depth: int) -> None:
        self._data = data
        self._max_depth = max_depth
        self._at = 0

    def stop_at(self, reason: str) -> NoReturn:
        self._stop(reason, min(self._at + 1, len(self._data)))

    def stop_after(self, reason: str) -> NoReturn:
        self._stop(reason, self._at)

    def _stop(self, reason: str, end: int) -> NoReturn:
        line_start = self._data.rfind(b"\n", 0, end) + 1
        raise Fault(reason, self._data.count(b"\n", 0, end) + 1, end - line_start)

    def _here(self) -> bytes:
        return self._data[self._at : self._at + 1]

    def _take(self, end_reason: str) -> bytes:
        """The next byte, read."""
        byte = self._here()
        if not byte:
            self.stop_after(end_reason)
        self._at += 1
        return byte

    def _skip(self, pattern: re.Pattern[bytes]) -> int:
        """Read what *pattern* matches here; its length."""
        found = pattern.match(self._data, self._at)
        if found is None:
            return 0
        self._at = found.end()
        return found.end() - found.start()

    def peek(self) -> bytes:
        """The next byte that is not white space, empty at the end."""
        self._skip(_SPACE)
        return self._here()

    def value(self, depth: int) -> None:
        first = self.peek()
        if first == b'"':
            self._string()
        elif first in (b"{", b"["):
            if depth == self._max_depth:
                self.stop_at("recursion limit exceeded")
            self._at += 1
            (self._object if first == b"{" else self._array)(depth + 1)
        elif first == b"-" or first.isdigit():
            self._number()
        elif first in _WORDS:
            self._word(_WORDS[first])
        else:
            self.stop_at("expected value" if first else _EOF_VALUE)

    def _word(self, word: bytes) -> None:
        for expected in word:
            if self._take(_EOF_VALUE)[0] != expected:
                self.stop_after("expected ident")

    def _array(self, depth: int) -> None:
        first = True
        while (sign := self.peek()) != b"]":
            if not sign:
                self.stop_at("EOF while parsing a list")
            if not first:
                self._comma(sign, b"]", "expected `,` or `]`")
            first = False
            self.value(depth)
        self._at += 1

    def _object(self, depth: int) -> None:
        first = True
        while (sign := self.peek()) != b"}":
            if not sign:
                self.stop_at("EOF while parsing an object")
            if not first:
                self._comma(sign, b"}", "expected `,` or `}`")
            first = False
            self._key()
            self.value(depth)
        self._at += 1

    def _comma(self, sign: bytes, end: bytes, otherwise: str) -> None:
        if sign != b",":
            self.stop_at(otherwise)
        self._at += 1
        if self.peek() == end:
            self.stop_at("trailing comma")

    def _key(self) -> None:
        sign = self.peek()
        if sign != b'"':
            self.stop_at("key must be a string" if sign else _EOF_VALUE)
        self._string()
        sign = self.peek()
        if sign != b":":
            self.stop_at("expected `:`" if sign else "EOF while parsing an object")
        self._at += 1

    def _number(self) -> None:
        start = self._at
        if self._here() == b"-":
            self._at += 1
        first = self._take(_EOF_VALUE)
        if not first.isdigit():
            self.stop_after("invalid number")
        if first != b"0":
            self._skip(_DIGITS)
        elif self._here().isdigit():
            self.stop_at("invalid number")
        if self._here() == b".":
            self._at += 1
            if not self._skip(_DIGITS):
                self.stop_at("invalid number" if self._here() else _EOF_VALUE)
        if self._skip(_EXPONENT):
            if not self._take(_EOF_VALUE).isdigit():
                self.stop_after("invalid number")
            self._skip(_DIGITS)
        if abs(float(self._data[start : self._at])) == float("inf"):
            self.stop_after("number out of range")

    def _string(self) -> None:
        self._at += 1
        while True:
            self._skip(_PLAIN)
            byte = self._take(_EOF_STRING)
            if byte == b'"':
                return
            if byte != b"\\":
                self.stop_after(_CONTROL)
            self._escape()

    def _escape(self) -> None:
        byte = self._take(_EOF_STRING)
        if byte == b"u":
            self._code_point()
        elif byte not in b'"\\/bfnrt':
            self.stop_after("invalid escape")

    def _code_point(self) -> None:
        unit = self._hex()
        if 0xDC00 <= unit <= 0xDFFF:
            self.stop_after("lone leading surrogate in hex escape")
        if 0xD800 <= unit <= 0xDBFF:
            for expected in (b"\\", b"u"):
                if self._take(_EOF_STRING) != expected:
                    self.stop_after("unexpected end of hex escape")
            if not 0xDC00 <= self._hex() <= 0xDFFF:
                self.stop_after("lone leading surrogate in hex escape")

    def _hex(self) -> int:
        digits = self._data[self._at : self._at + 4]
        self._at += len(digits)
        if len(digits) < 4:
            self.stop_after(_EOF_STRING)
        if not _HEX.match(digits):
            self.stop_after("invalid escape")
        return int(digits, 16)

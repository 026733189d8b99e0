"""Values in MySQL's binary protocol, and in the text one for the few statements that know no other."""

from __future__ import annotations

import struct

from assay_shell.runtime.builtins.db.failure import DatabaseFailure
from assay_shell.runtime.builtins.db.mysql.wire import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from assay_shell.runtime.builtins.db.rows import Converter

    Decoder = Callable[[Reader], Any]

TINY, SHORT, LONG, FLOAT, DOUBLE, NULL, TIMESTAMP, LONGLONG, INT24 = 1, 2, 3, 4, 5, 6, 7, 8, 9
DATE, TIME, DATETIME, YEAR, BIT, JSON, VAR_STRING, BLOB = 10, 11, 12, 13, 16, 245, 253, 252
_UNSIGNED = 0x20
_BINARY = 63  # the character set of bytes
_LONG_TEXT = 0xFFFFFFFF
_SIZES = {TINY: 1, SHORT: 2, YEAR: 2, INT24: 4, LONG: 4, LONGLONG: 8}
_DATES = {DATE, DATETIME, TIMESTAMP}
_ANY_DECIMALS = 31


class Column:
    """A column of a result, from its definition packet. *origin* is the schema, table and column it comes from."""

    __slots__ = ("charset", "decimals", "is_json", "kind", "length", "name", "origin", "unsigned")

    def __init__(self, packet: bytes) -> None:
        reader = Reader(packet)
        _, schema, _, table, name, original = ((reader.string() or b"").decode("utf-8", "replace") for _ in range(6))
        self.name = name
        self.origin = (schema, table, original)
        reader.at += 1  # the length of what follows
        self.charset = reader.fixed(2)
        self.length = reader.fixed(4)
        self.kind = reader.fixed(1)
        self.unsigned = bool(reader.fixed(2) & _UNSIGNED)
        self.decimals = reader.fixed(1)
        self.is_json = self.kind == JSON

    @property
    def may_be_json(self) -> bool:
        """Whether it is what MariaDB makes of a JSON column: a LONGTEXT."""
        return self.kind == BLOB and self.length == _LONG_TEXT and self.charset != _BINARY and self.origin[1] != ""

    def decoder(self) -> Decoder:
        """What reads a value of this column in the binary protocol."""
        kind = self.kind
        if kind in _SIZES:
            return _integer(_SIZES[kind], signed=not self.unsigned)
        if kind in _DATES:
            return lambda reader: _date(reader, self)
        if kind == TIME:
            return lambda reader: _time(reader, self)
        return {FLOAT: _single, DOUBLE: _double}.get(kind, Reader.string)

    def from_text(self) -> Converter | None:
        """What makes a value of the text protocol's bytes, None where they are it."""
        if self.kind in _SIZES:
            return int
        return float if self.kind in (FLOAT, DOUBLE) else None

    def converter(self, *, rich: bool) -> tuple[Converter | None, bool]:
        """What makes a Lua value of a decoded one, and whether that is a table."""
        if self.kind == TINY and self.length == 1 and not self.unsigned:
            return _boolean, False
        if self.kind == BIT:
            return _bits, False
        if rich and self.is_json:
            from assay_shell.runtime.builtins.db.typed import parse_json

            return parse_json, True
        if rich and self.kind in _DATES:
            from assay_shell.runtime.builtins.db.moments import parse

            return parse, True
        return None, False


def binary_row(packet: bytes, decoders: Sequence[Decoder]) -> list[Any]:
    """The values of a row in the binary protocol."""
    empty = (len(decoders) + 9) // 8
    nulls = int.from_bytes(packet[1 : 1 + empty], "little") >> 2
    reader = Reader(packet, 1 + empty)
    if not nulls:
        return [decode(reader) for decode in decoders]
    return [None if nulls >> index & 1 else decode(reader) for index, decode in enumerate(decoders)]


def text_row(packet: bytes, converters: Sequence[Converter | None]) -> list[Any]:
    """The values of a row in the text protocol."""
    reader, row = Reader(packet), []
    for convert in converters:
        value = reader.string()
        row.append(value if value is None or convert is None else convert(value))
    return row


def encode(values: Sequence[Any]) -> bytes:
    """Parameters as `EXECUTE` takes them: which are NULL, the types of all, the others' values."""
    nulls, types, data = 0, bytearray(), bytearray()
    for index, value in enumerate(values):
        kind, encoded = _encoded(value)
        types += kind.to_bytes(2, "little")
        data += encoded
        if value is None:
            nulls |= 1 << index
    return nulls.to_bytes((len(values) + 7) // 8, "little") + b"\x01" + types + data


def _encoded(value: Any) -> tuple[int, bytes]:
    kind = type(value)
    if value is None:
        return NULL, b""
    if kind is bool:
        return TINY, b"\x01" if value else b"\x00"
    if kind is int:
        return LONGLONG, value.to_bytes(8, "little", signed=True)
    if kind is float:
        if value != value or value in (float("inf"), float("-inf")):
            raise DatabaseFailure("MySQL has neither infinities nor NaN")
        return DOUBLE, struct.pack("<d", value)
    if kind is bytes:
        return BLOB, _with_length(value)
    return VAR_STRING, _with_length(value.encode())


def _with_length(data: bytes) -> bytes:
    size = len(data)
    if size < 251:
        return bytes((size,)) + data
    for marker, width in ((252, 2), (253, 3)):
        if size < 1 << 8 * width:
            return bytes((marker,)) + size.to_bytes(width, "little") + data
    return b"\xfe" + size.to_bytes(8, "little") + data


def _integer(size: int, *, signed: bool) -> Decoder:
    def decode(reader: Reader) -> int:
        start = reader.at
        reader.at = start + size
        return int.from_bytes(reader.data[start : reader.at], "little", signed=signed)

    return decode


def _double(reader: Reader) -> float:
    value: float = struct.unpack_from("<d", reader.data, reader.at)[0]
    reader.at += 8
    return value


def _single(reader: Reader) -> float:
    """A 4-byte float as the shortest number that stands for it: 0.1, not 0.10000000149011612."""
    raw = reader.data[reader.at : reader.at + 4]
    reader.at += 4
    value: float = struct.unpack("<f", raw)[0]
    for digits in (6, 7, 8):
        short = float(f"{value:.{digits}g}")
        if struct.pack("<f", short) == raw:
            return short
    return float(f"{value:.9g}")


def _date(reader: Reader, column: Column) -> bytes:
    """A date as the server writes it in text."""
    size = reader.fixed(1)
    end = reader.at + size
    year, month, day = (reader.fixed(2), reader.fixed(1), reader.fixed(1)) if size else (0, 0, 0)
    text = f"{year:04d}-{month:02d}-{day:02d}"
    if column.kind != DATE:
        hour, minute, second = (reader.fixed(1), reader.fixed(1), reader.fixed(1)) if size > 4 else (0, 0, 0)
        text += f" {hour:02d}:{minute:02d}:{second:02d}{_fraction(reader, end, column)}"
    reader.at = end
    return text.encode()


def _time(reader: Reader, column: Column) -> bytes:
    size = reader.fixed(1)
    end = reader.at + size
    negative, days = (reader.fixed(1), reader.fixed(4)) if size else (0, 0)
    hour, minute, second = (reader.fixed(1), reader.fixed(1), reader.fixed(1)) if size else (0, 0, 0)
    text = f"{'-' if negative else ''}{days * 24 + hour:02d}:{minute:02d}:{second:02d}{_fraction(reader, end, column)}"
    reader.at = end
    return text.encode()


def _fraction(reader: Reader, end: int, column: Column) -> str:
    micros = reader.fixed(4) if end - reader.at >= 4 else 0
    digits = column.decimals if column.decimals != _ANY_DECIMALS else 6 if micros else 0
    return f".{micros:06d}"[: digits + 1] if digits else ""


def _boolean(value: int) -> bool | int:
    """BOOLEAN is TINYINT(1), which can hold more than that."""
    return bool(value) if value in (0, 1) else value


def _bits(value: bytes) -> int:
    return int.from_bytes(value, "big")

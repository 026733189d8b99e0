"""Values in MySQL's binary protocol."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.db.failure import DatabaseFailure
from assay_shell.runtime.builtins.db.mysql.values import Column, binary_row, encode, text_row
from assay_shell.runtime.builtins.db.mysql.wire import Reader


def definition(kind: int, *, length: int = 0, flags: int = 0, decimals: int = 0, name: bytes = b"x") -> bytes:
    """A column definition packet."""
    strings = b"\x03def" + b"\0" * 3 + bytes((len(name),)) + name + b"\0"
    return strings + b"\x0c" + struct.pack("<HIBHB", 45, length, kind, flags, decimals) + b"\0\0"


def decoded(column: Column, data: bytes) -> object:
    (value,) = binary_row(b"\0\0" + data, [column.decoder()])
    convert, _ = column.converter(rich=False)
    return value if convert is None or value is None else convert(value)


@pytest.mark.parametrize(
    ("column", "data", "expected"),
    [
        pytest.param(definition(1, length=4), b"\xff", -1, id="tinyint"),
        pytest.param(definition(1, length=1), b"\x01", True, id="boolean"),
        pytest.param(definition(1, length=1), b"\x07", 7, id="a number in a boolean"),
        pytest.param(definition(1, length=1, flags=0x20), b"\x01", 1, id="tinyint(1) unsigned"),
        pytest.param(definition(2), b"\xfe\xff", -2, id="smallint"),
        pytest.param(definition(9), b"\xfd\xff\xff\xff", -3, id="mediumint"),
        pytest.param(definition(3, flags=0x20), b"\xff\xff\xff\xff", 2**32 - 1, id="int unsigned"),
        pytest.param(definition(8), b"\0" * 7 + b"\x80", -(2**63), id="bigint"),
        pytest.param(definition(8, flags=0x20), b"\xff" * 8, 2**64 - 1, id="bigint unsigned"),
        pytest.param(definition(13), b"\xe8\x07", 2024, id="year"),
        pytest.param(definition(4), struct.pack("<f", 0.1), 0.1, id="float"),
        pytest.param(definition(4), struct.pack("<f", 16777217), 16777216.0, id="a float's precision"),
        pytest.param(definition(5), struct.pack("<d", 0.1), 0.1, id="double"),
        pytest.param(definition(246), b"\x0412.5", b"12.5", id="decimal"),
        pytest.param(definition(253), b"\x02ok", b"ok", id="varchar"),
        pytest.param(definition(252), b"\xfc\x2c\x01" + b"x" * 300, b"x" * 300, id="text of some length"),
        pytest.param(definition(16), b"\x02\x01\x01", 257, id="bit"),
        pytest.param(definition(10), b"\x04\xe8\x07\x01\x02", b"2024-01-02", id="date"),
        pytest.param(definition(10), b"\0", b"0000-00-00", id="the date that is none"),
        pytest.param(definition(12), b"\x04\xe8\x07\x01\x02", b"2024-01-02 00:00:00", id="datetime at midnight"),
        pytest.param(definition(12), b"\x07\xe8\x07\x01\x02\x03\x04\x05", b"2024-01-02 03:04:05", id="datetime"),
        pytest.param(definition(7, decimals=3), b"\x0b\xe8\x07\x01\x02\x03\x04\x05" + struct.pack("<I", 678000),
                     b"2024-01-02 03:04:05.678", id="timestamp(3)"),
        pytest.param(definition(12, decimals=2), b"\x07\xe8\x07\x01\x02\x03\x04\x05", b"2024-01-02 03:04:05.00",
                     id="datetime(2)"),
        pytest.param(definition(12), b"\0", b"0000-00-00 00:00:00", id="the datetime that is none"),
        pytest.param(definition(11), b"\x08\x01\x02\0\0\0\x03\x04\x05", b"-51:04:05", id="time"),
        pytest.param(definition(11, decimals=6), b"\x0c\0\0\0\0\0\x03\x04\x05" + struct.pack("<I", 7),
                     b"03:04:05.000007", id="time(6)"),
        pytest.param(definition(11), b"\0", b"00:00:00", id="no time at all"),
    ],
)  # fmt: skip
def test_each_type_is_decoded(column: bytes, data: bytes, expected: object) -> None:
    found = decoded(Column(column), data)
    assert (type(found), found) == (type(expected), expected)


def test_nulls_are_told_by_their_bits() -> None:
    columns = [Column(definition(1, length=4)) for _ in range(10)]
    packet = b"\0" + ((0b1000000010) << 2).to_bytes(2, "little") + bytes((1, 3, 4, 5, 6, 7, 8, 9))
    row = binary_row(packet, [column.decoder() for column in columns])
    assert row == [1, None, 3, 4, 5, 6, 7, 8, 9, None]


def test_the_text_protocol_gives_the_same_kinds() -> None:
    columns = [Column(definition(kind)) for kind in (3, 5, 253, 3)]
    assert text_row(b"\x0242\x031.5\x02ab\xfb", [c.from_text() for c in columns]) == [42, 1.5, b"ab", None]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([None], b"\x01\x01\x06\x00", id="NULL"),
        pytest.param([True, False], b"\x00\x01\x01\x00\x01\x00\x01\x00", id="booleans"),
        pytest.param([-1], b"\x00\x01\x08\x00" + b"\xff" * 8, id="integer"),
        pytest.param([1.5], b"\x00\x01\x05\x00" + struct.pack("<d", 1.5), id="float"),
        pytest.param(["ä"], b"\x00\x01\xfd\x00\x02" + "ä".encode(), id="text"),
        pytest.param([b"\xff"], b"\x00\x01\xfc\x00\x01\xff", id="bytes"),
        pytest.param(["x" * 251], b"\x00\x01\xfd\x00\xfc\xfb\x00" + b"x" * 251, id="251 bytes"),
        pytest.param(["x" * 65536], b"\x00\x01\xfd\x00\xfd\x00\x00\x01" + b"x" * 65536, id="65536 bytes"),
    ],
)
def test_each_parameter_is_encoded(values: list[object], expected: bytes) -> None:
    assert encode(values) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_mysql_does_not_have_is_refused(value: float) -> None:
    with pytest.raises(DatabaseFailure, match="neither infinities nor NaN"):
        encode([value])


@given(st.integers(0, 2**32))
def test_numbers_that_say_their_length(number: int) -> None:
    size = 1 if number < 251 else 3 if number < 1 << 16 else 4 if number < 1 << 24 else 9
    marker = {1: b"", 3: b"\xfc", 4: b"\xfd", 9: b"\xfe"}[size]
    reader = Reader(marker + number.to_bytes(size - len(marker), "little"))
    assert (reader.number(), reader.at) == (number, size)

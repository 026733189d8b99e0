"""Rows as PostgreSQL writes them: its text for every type, taken apart where Lua has a type of its own."""

from __future__ import annotations

import re

from assay_shell.runtime.builtins.db.rows import Rows, TooMuch, strings_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from psycopg import pq

    from assay_shell.runtime.builtins.db.rows import Converter

_CUSTOM = 16384
"""Types with higher numbers were made in this database."""
_JSON = {114, 3802}
_DATES = {1082, 1114, 1184}
_ARRAY_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|([{}])|([^{}",;]+)', re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)


def _boolean(value: bytes) -> bool:
    return value == b"t"


def _bytea(value: bytes) -> bytes:
    if value.startswith(b"\\x"):
        return bytes.fromhex(value[2:].decode())
    from psycopg.pq import Escaping  # the session has chosen the old format

    return bytes(Escaping().unescape_bytea(value))


_SCALARS: dict[int, Converter] = {
    16: _boolean,
    17: _bytea,
    **dict.fromkeys((20, 21, 23, 26, 28, 29, 5069), int),  # int8, int2, int4, oid, xid, cid, xid8
    700: float,
    701: float,
}


class Types:
    """The types of one database: what its arrays consist of, as far as it has been asked."""

    def __init__(self, *, rich: bool) -> None:
        from psycopg import adapters

        self._rich = rich
        self._elements: dict[int, int | None] = {info.array_oid: info.oid for info in adapters.types if info.array_oid}

    def learn(self, oid: int, element: int | None) -> None:
        """Type *oid* is an array of *element*, or none."""
        self._elements[oid] = element

    def converter(self, oid: int) -> tuple[Converter | None, bool]:
        """What makes a Lua value of the server's text, and whether that is a table; None for text."""
        element = self._elements.get(oid)
        if element is not None:
            inner, _ = self.converter(element)
            return (lambda value: parse_array(value, inner)), True
        if self._rich and oid in _JSON:
            from assay_shell.runtime.builtins.db.typed import parse_json

            return parse_json, True
        if self._rich and oid in _DATES:
            from assay_shell.runtime.builtins.db.moments import parse

            return parse, True
        return _SCALARS.get(oid), False

    def unknown(self, oids: Sequence[int]) -> list[int]:
        """Those of *oids* of which only the database knows whether they are arrays."""
        return [oid for oid in set(oids) if oid >= _CUSTOM and oid not in self._elements]


class Collected:
    """The rows of one statement as they come.

    *oids* are the types of its columns; *counted* is how many rows the server says there were, 0 where it does not.
    """

    def __init__(self, ceiling: float) -> None:
        self._ceiling = ceiling
        self._names: list[str] = []
        self._flat: list[Any] = []
        self._size = 0
        self.oids: list[int] = []
        self.counted = 0

    def take(self, result: pq.abc.PGresult) -> None:
        """Add rows.

        Raises:
            TooMuch: all together have more bytes than the VM may hold.
        """
        columns = range(result.nfields)
        if not self.oids:
            self._names = [(result.fname(index) or b"").decode("utf-8", "replace") for index in columns]
            self.oids = [result.ftype(index) for index in columns]
        self.counted = result.command_tuples or self.counted
        value = result.get_value
        flat: list[Any] = [value(row, column) for row in range(result.ntuples) for column in columns]
        self._flat += flat
        self._size += strings_size(flat)
        if self._size + 16 * len(self._flat) > self._ceiling:
            raise TooMuch

    def rows(self, types: Types) -> Rows:
        """All rows, with what *types* knows about their columns."""
        converters: dict[int, Converter] = {}
        nested = set()
        for index, oid in enumerate(self.oids):
            convert, makes_tables = types.converter(oid)
            if convert is not None:
                converters[index] = convert
            if makes_tables:
                nested.add(index)
        return Rows(self._names, self._flat, converters=converters, nested=frozenset(nested), size=self._size)


def parse_array(text: bytes, convert: Converter | None) -> list[Any]:
    """The list that an array literal spells, NULL as None; lists nest as its dimensions do."""
    text = text[text.index(b"{") :]  # `[2:3]={...}` has bounds other than 1
    stack: list[list[Any]] = [[]]
    for match in _ARRAY_TOKEN.finditer(text):
        quoted, brace, plain = match.groups()
        if brace == b"{":
            inner: list[Any] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif brace == b"}":
            stack.pop()
        elif plain == b"NULL":
            stack[-1].append(None)
        else:
            item = plain if quoted is None else _ESCAPE.sub(rb"\1", quoted)
            stack[-1].append(item if convert is None else convert(item))
    found: list[Any] = stack[0][0]
    return found

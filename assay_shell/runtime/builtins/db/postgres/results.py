"""Rows as PostgreSQL writes them: its text for every type, taken apart where Lua has a type of its own."""

from __future__ import annotations

import re

from assay_shell.runtime.builtins.db.rows import Rows, TooMuch, strings_size

TYPE_CHECKING = False
if TYPE_CHECKING:
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

    def unknown(self, result: pq.abc.PGresult) -> list[int]:
        """The types in *result* of which only the database knows whether they are arrays."""
        oids = {result.ftype(index) for index in range(result.nfields)}
        return [oid for oid in oids if oid >= _CUSTOM and oid not in self._elements]

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

    def rows(self, result: pq.abc.PGresult, ceiling: float) -> Rows:
        """The rows of *result*.

        Raises:
            TooMuch: they have more than *ceiling* bytes.
        """
        width = result.nfields
        names = [(result.fname(index) or b"").decode("utf-8", "replace") for index in range(width)]
        value, columns = result.get_value, range(width)
        flat: list[Any] = [value(row, column) for row in range(result.ntuples) for column in columns]
        size = strings_size(flat)
        if size + 16 * len(flat) > ceiling:
            raise TooMuch
        converters: dict[int, Converter] = {}
        nested = set()
        for index in columns:
            convert, makes_tables = self.converter(result.ftype(index))
            if convert is not None:
                converters[index] = convert
            if makes_tables:
                nested.add(index)
        return Rows(names, flat, converters=converters, nested=frozenset(nested), size=size)


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

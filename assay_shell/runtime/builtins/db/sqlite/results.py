"""Rows of SQLite statements."""

from __future__ import annotations

import sys
from itertools import chain, islice

import apsw

from assay_shell.runtime.builtins.db.failure import DatabaseFailure
from assay_shell.runtime.builtins.db.rows import Rows, TooMuch, strings_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from assay_shell.runtime.builtins.db.rows import Converter

    Description = Sequence[tuple[str, str | None]]

_SLICE = 500  # rows fetched at a time
_BOOLEANS = {"bool", "boolean"}
_DATES = {"date", "datetime", "timestamp", "timestamptz"}
_NOT_TEXT = "a text value is not UTF-8; select it with CAST(... AS BLOB)"


class Limits:
    """How results are read: at most *ceiling* bytes of them, with *rich* types or plain ones."""

    __slots__ = ("ceiling", "rich")

    def __init__(self, ceiling: float, *, rich: bool) -> None:
        self.ceiling = ceiling
        self.rich = rich


class Collector:
    """Takes the rows of a cursor, also where several statements run one after the other."""

    def __init__(self, limits: Limits) -> None:
        self.parts: list[Rows] = []
        self._limits = limits
        self._used = 0.0

    def take(self, cursor: apsw.Cursor, most: int = sys.maxsize) -> None:
        """Up to *most* rows of the statement that runs.

        Raises:
            TooMuch: they would not fit into the VM.
            UnicodeDecodeError: a text value is not UTF-8.
            apsw.ExecutionCompleteError: there are none.
        """
        self._begin(cursor.get_description())
        while rows := list(islice(cursor, min(_SLICE, most))):
            self._add(rows)
            most -= len(rows)

    def take_one(self, cursor: apsw.Cursor, row: tuple[Any, ...], *, first: bool) -> None:
        """A row, the *first* of its statement or not. Errors as those of `take`."""
        if first:
            self._begin(cursor.get_description())
        self._add([row])

    def take_bytes(self, connection: apsw.Connection, sql: str, bound: Any, description: Description) -> None:
        """All rows of a SELECT with text as bytes, whatever its encoding.

        Raises:
            DatabaseFailure: it is no plain SELECT.
        """
        columns = [f"c{index}" for index in range(len(description))]
        picked = (f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END" for name in columns)
        inner = sql.rstrip().removesuffix(";")
        try:
            cursor = connection.execute(
                f"WITH assay_rows({','.join(columns)}) AS ({inner}\n) SELECT {','.join(picked)} FROM assay_rows", bound
            )
        except apsw.SQLError as exc:
            raise DatabaseFailure(_NOT_TEXT) from exc
        self.parts = []
        self._begin(description)
        while rows := list(islice(cursor, _SLICE)):
            self._add(rows)

    def _begin(self, description: Description) -> None:
        booleans = [i for i, (_, declared) in enumerate(description) if declared and declared.lower() in _BOOLEANS]
        converters: dict[int, Converter] = dict.fromkeys(booleans, boolean)
        nested: frozenset[int] = frozenset()
        if self._limits.rich:
            nested = _add_rich(description, converters)
        self.parts.append(Rows([name for name, _ in description], [], converters=converters, nested=nested, size=0))

    def _add(self, rows: list[Any]) -> None:
        flat = list(chain.from_iterable(rows))
        size = strings_size(flat)
        self._used += size + 16 * len(flat)
        if self._used > self._limits.ceiling:
            raise TooMuch
        self.parts[-1].flat += flat
        self.parts[-1].size += size


def boolean(value: Any) -> Any:
    """What a column declared as boolean holds: SQLite stores 0 and 1, and whatever else somebody put there."""
    return bool(value) if value in (0, 1) and type(value) is int else value


def not_text() -> DatabaseFailure:
    """The failure for a text value in another encoding that cannot be read as bytes."""
    return DatabaseFailure(_NOT_TEXT)


def _add_rich(description: Description, converters: dict[int, Converter]) -> frozenset[int]:
    from assay_shell.runtime.builtins.db.moments import parse
    from assay_shell.runtime.builtins.db.typed import parse_json

    nested = set()
    for index, (_, declared) in enumerate(description):
        kind = (declared or "").lower().partition("(")[0].strip()
        if kind in ("json", "jsonb"):
            converters[index] = parse_json
        elif kind in _DATES:
            converters[index] = parse
        else:
            continue
        nested.add(index)
    return frozenset(nested)

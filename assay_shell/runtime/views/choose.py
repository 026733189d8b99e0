"""The one place that decides what a Lua value looks like."""

from __future__ import annotations

from time import time

from assay_shell.runtime.streams import OpenStream
from assay_shell.runtime.values import from_raw
from assay_shell.runtime.views.model import VIEWS, Column, Live, Table, Text, Tree
from assay_shell.runtime.views.nodes import describe, node_of, scalar_text
from assay_shell.runtime.views.reading import kind_of, reader_of
from assay_shell.runtime.views.rows import Records, Rows, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.host import Host
    from assay_shell.runtime.views.model import View
    from assay_shell.runtime.views.reading import Reader

HEAD = 256 << 10
"""Bytes of a long text that a view holds."""
_SAMPLE = 50
_MOST_COLUMNS = 24
_FIRST = (
    "name", "id", "key", "title", "namespace", "kind", "type", "status", "state", "health", "ready", "value", "level",
    "severity", "host", "url", "path", "version",
)  # fmt: skip
_LAST = ("description", "message", "labels", "annotations", "metadata", "created_at", "updated_at")


def choose(runtime: Host, raw: Any) -> View:
    """The view of a raw Lua value: one of the main state, as `results_of` gives it.

    Nothing of a script runs, no metamethod is called, and no more of the value is read than a view needs.
    """
    reader = reader_of(runtime)
    if kind_of(raw) == "table":
        return _of_table(reader, raw)
    if isinstance(raw, str):
        return text_view(reader, raw)
    if kind_of(raw) in ("nil", "boolean", "number"):
        return Text(scalar_text(node_of(reader, raw)))
    return Text(describe(reader, raw))


def text_view(reader: Reader, raw: str, kind: str = "plain", title: str = "") -> Text:
    """The view of a raw string; of a long one its head."""
    text, left_out = reader.text(raw, None, HEAD)
    return Text(text, kind, left_out, title)


def _of_table(reader: Reader, raw: Any) -> View:
    held = reader.runtime.border.object_of(raw)
    if isinstance(held, VIEWS):
        return held
    if isinstance(held, OpenStream):
        return Live(held, describe(reader, raw).removesuffix(" (handle)"))
    if held is not None:
        return Text(describe(reader, raw))
    kind, subject, *rest = reader.lua["classify"](raw)
    make = _MAKERS.get(kind)
    return Tree(node_of(reader, raw)) if make is None else make(reader, raw, subject, *rest)


# Records --------------------------------------------------------------------------------------------------


def _records(reader: Reader, raw: Any, subject: Any, *rest: Any) -> View:
    keys = record_keys(reader, subject)
    if not keys:
        return Tree(node_of(reader, raw))
    return records_table(reader, subject, keys, source=raw)


def record_keys(reader: Reader, subject: Any) -> list[str]:
    """The members of a list of records that make its columns: telling names first, tables last."""
    size = reader.measure(subject)[1]
    found = reader.lua["columns"](subject, min(size, _SAMPLE))
    if not isinstance(found, tuple):
        return []
    known = [(from_raw(found[at]), found[at + 1], found[at + 2]) for at in range(0, len(found), 3)]
    known.sort(key=_rank)
    return [name for name, _, _ in known[:_MOST_COLUMNS]]


def _rank(column: tuple[str, int, bool]) -> tuple[bool, int, str]:
    name, _, nested = column
    lowered = name.lower()
    place = _FIRST.index(lowered) if lowered in _FIRST else len(_FIRST)
    return nested, place + (lowered in _LAST), lowered


def records_table(
    reader: Reader, subject: Any, keys: list[str], *, columns: list[Column] | None = None, title: str = "",
    source: Any = None, limit: int | None = None,
) -> Table:  # fmt: skip
    """A table of the members *keys* of a raw list of records."""
    total = reader.measure(subject)[1]
    rows = Rows(total if limit is None else min(limit, total), Records(reader, subject, keys).read)
    columns = columns or columns_for(keys, rows)
    return Table(tuple(columns), rows, total, title, node_of(reader, subject if source is None else source))


def columns_for(keys: list[str], rows: Rows) -> list[Column]:
    """Columns with the names of the members; those that begin with numbers are columns of numbers."""
    sample = rows[:_SAMPLE]
    return [Column(key, _kind_of_cells([row[at] for row in sample])) for at, key in enumerate(keys)]


def _kind_of_cells(cells: list[Any]) -> str:
    given = [cell for cell in cells if cell is not None]
    numbers = [cell for cell in given if isinstance(cell, int | float) and not isinstance(cell, bool)]
    return "number" if given and len(numbers) == len(given) else "text"


# Kubernetes -----------------------------------------------------------------------------------------------


def _kubernetes(reader: Reader, raw: Any, subject: Any, kind: str) -> View:
    lua, now = reader.kubernetes, time()
    plan, *titles = lua["plan"](subject, kind)
    columns = [Column(name, number or "text") for name, _, number in (title.partition(":") for title in titles)]

    def read(first: int, last: int) -> list[Any]:
        cells = lua["rows"](subject, first + 1, last, plan, int(now))
        cells = cells if isinstance(cells, tuple) else (cells,)
        cells = [from_raw(cell) if isinstance(cell, str) else cell for cell in cells]
        return rows_of(reader, cells, len(columns))

    total = reader.lua["length"](subject)
    return Table(tuple(columns), Rows(total, read), total, "", node_of(reader, raw))


_MAKERS: dict[str, Callable[..., View]] = {"records": _records, "kubernetes": _kubernetes}

"""Lists of records as tables: which members make the columns."""

from __future__ import annotations

from assay_shell.runtime.values import from_raw
from assay_shell.runtime.views.model import Column, Table
from assay_shell.runtime.views.nodes import node_of
from assay_shell.runtime.views.rows import Records, Rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from assay_shell.runtime.views.model import Key, Row
    from assay_shell.runtime.views.reading import Reader

_SAMPLE = 50
_MOST_COLUMNS = 24
_FIRST = (
    "name", "id", "key", "title", "namespace", "kind", "type", "status", "state", "health", "ready", "value", "level",
    "severity", "host", "url", "path", "version",
)  # fmt: skip
_LAST = ("description", "message", "labels", "annotations", "metadata", "created_at", "updated_at")


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
    reader: Reader, subject: Any, keys: Sequence[Key], source: Any, titles: Sequence[str] = ()
) -> Table:
    """A table of the members *keys* of a raw list of records, which was found in the value *source*.

    *titles* are what somebody calls them; they may tell that a member is secret.
    """
    total = reader.lua["length"](subject)
    rows = Rows(total, Records(reader, subject, keys, titles).read)
    return Table(tuple(columns_for(keys, rows)), rows, total, "", node_of(reader, source))


def columns_for(keys: Sequence[Key], rows: Sequence[Row]) -> list[Column]:
    """Columns with the names of the members; those that begin with numbers are columns of numbers."""
    sample = rows[:_SAMPLE]
    return [Column(str(key), _kind_of_cells([row[at] for row in sample])) for at, key in enumerate(keys)]


def _kind_of_cells(cells: list[Any]) -> str:
    given = [cell for cell in cells if cell is not None]
    numbers = [cell for cell in given if isinstance(cell, int | float) and not isinstance(cell, bool)]
    return "number" if given and len(numbers) == len(given) else "text"

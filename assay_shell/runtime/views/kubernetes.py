"""Kubernetes objects as tables with the columns that operators know."""

from __future__ import annotations

from time import time

from assay_shell.runtime.values import from_raw
from assay_shell.runtime.views.model import TEXT, Column, Table
from assay_shell.runtime.views.nodes import node_of
from assay_shell.runtime.views.rows import Rows, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.views.model import Row
    from assay_shell.runtime.views.reading import Reader


def kubernetes_table(reader: Reader, raw: Any, subject: Any, kind: str) -> Table:
    """The table of the objects in the raw list *subject*, all of *kind* ("" where nobody knows)."""
    lua, now = reader.kubernetes, int(time())
    plan, *titles = lua["plan"](subject, kind)
    columns = tuple(_column(from_raw(title)) for title in titles)

    def read(first: int, last: int) -> list[Row]:
        found = lua["rows"](subject, first + 1, last, plan, now)
        cells = list(found) if isinstance(found, tuple) else [found]
        cells = [from_raw(cell) if type(cell) is str and not cell.isascii() else cell for cell in cells]
        return rows_of(reader, cells, len(columns))

    total = reader.lua["length"](subject)
    return Table(columns, Rows(total, read), total, "", node_of(reader, raw))


def _column(title: str) -> Column:
    """The column of `NAME` or `NAME:kind`."""
    name, _, kind = title.partition(":")
    return Column(name, kind or TEXT)

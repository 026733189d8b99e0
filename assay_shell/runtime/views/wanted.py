"""Views that a script or a module asks for, instead of what the value would look like by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.nearest import did_you_mean
from assay_shell.runtime.values import from_raw
from assay_shell.runtime.views.kubernetes import kubernetes_table
from assay_shell.runtime.views.model import (
    COLUMN_KINDS,
    JSON,
    LOG,
    MARKDOWN,
    Chart,
    Column,
    Table,
    Text,
    Tree,
)
from assay_shell.runtime.views.nodes import node_of
from assay_shell.runtime.views.reading import kind_of
from assay_shell.runtime.views.records import columns_for, record_keys, records_table
from assay_shell.runtime.views.rows import Rows, brief_node
from assay_shell.runtime.views.series import chart_of, vector_table
from assay_shell.runtime.views.text_of import text_view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from assay_shell.runtime.views.model import Cell, Key, Row, View
    from assay_shell.runtime.views.reading import Reader

_SORTED = 100_000
"""Rows that are put in order at most."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the handle of a view stands for; value and options stay in Lua, beside the handle."""

    kind: str


def view_of_handle(reader: Reader, handle: Any, recipe: Recipe) -> View | None:
    """The view that a script made with *recipe*; None where the value has become something that cannot be shown so."""
    value, options = reader.lua["kept"](handle)
    return wanted_view(reader, recipe.kind, value, options_of(reader, options))


def options_of(reader: Reader, raw: Any) -> dict[str, Any]:
    """The options in a raw table, by name; none where there is no table."""
    if kind_of(raw) != "table":
        return {}
    return {member.key: member.raw for member in reader.members(raw, 20) if isinstance(member.key, str)}


def wanted_view(reader: Reader, kind: str, raw: Any, options: Mapping[str, Any]) -> View | None:
    """The view of *kind* (`table`, `chart`, ...) of a raw value; None where it cannot be shown so, or there is no such.

    *options* are `title`, `columns`, `sort`, `limit`, `unit` and the chart's `kind`; raw, unknown ones are ignored.
    """
    make = MAKERS.get(kind)
    return make(reader, raw, options) if make else None


def _table(reader: Reader, raw: Any, options: Mapping[str, Any]) -> Table | None:
    if kind_of(raw) != "table":
        return None
    what, subject, *rest = reader.lua["classify"](raw)
    given = _given_columns(reader, options.get("columns"))
    keys: list[Key] = [key for key, _ in given]
    titles = [column.title if column else key for key, column in given]
    if what in _OWN_COLUMNS and not given:
        table = _OWN_COLUMNS[what](reader, raw, subject, *rest)
    elif _has_lists(reader, subject):
        keys = list(range(1, (len(given) or reader.lua["length"](reader.lua["get"](subject, 1))) + 1))
        table = records_table(reader, subject, keys, raw, titles)
    elif what in ("map", "list") and not (given and what == "list"):
        table = _members_table(reader, raw)
    else:
        keys = keys or [*record_keys(reader, subject)]
        table = records_table(reader, subject, keys, raw, titles)
    table = replace(table, columns=_titled(table, given), title=_text(reader, options.get("title")))
    sort, limit = options.get("sort"), _whole(options.get("limit"))
    if isinstance(sort, str):
        table = ordered(table, from_raw(sort), keys)
    return table if limit is None else replace(table, rows=_head(table.rows, limit))


def _head(rows: Sequence[Row], count: int) -> Sequence[Row]:
    return rows.head(count) if isinstance(rows, Rows) else rows[:count]


def _has_lists(reader: Reader, raw: Any) -> bool:
    first = reader.lua["get"](raw, 1)
    return kind_of(first) == "table" and bool(reader.lua["is_list"](first))


def _members_table(reader: Reader, raw: Any) -> Table:
    """The members of a map, or a list of scalars, as rows of two columns."""
    node = node_of(reader, raw)
    members = node.members(_SORTED)
    rows = [(str(key), member.value if member.kind == "number" else brief_node(member)) for key, member in members]
    columns = (Column("#" if node.kind == "list" else "key"), *columns_for(["value"], [row[1:] for row in rows[:50]]))
    return Table(columns, rows, node.size, "", node)


def _given_columns(reader: Reader, raw: Any) -> list[tuple[str, Column | None]]:
    """Key and column of what a script listed: names, or tables `{key, title, kind}`."""
    if kind_of(raw) != "table":
        return []
    get = reader.lua["get"]
    found: list[tuple[str, Column | None]] = []
    for member in reader.items(raw, 1, reader.lua["length"](raw)):
        if isinstance(member.raw, str):
            found.append((from_raw(member.raw), None))
        elif kind_of(member.raw) == "table":
            key = get(member.raw, "key") or get(member.raw, "name") or get(member.raw, 1)
            title, kind = get(member.raw, "title") or get(member.raw, 2) or key, get(member.raw, "kind") or ""
            found.append((_text(reader, key), Column(_text(reader, title), _column_kind(_text(reader, kind)))))
    return found


def _column_kind(kind: str) -> str:
    if kind and kind not in COLUMN_KINDS:
        raise BuiltinError("view.table", f"unknown kind of column {kind!r}{did_you_mean(kind, COLUMN_KINDS)}")
    return kind or "text"


def _titled(table: Table, given: list[tuple[str, Column | None]]) -> tuple[Column, ...]:
    """The columns of *table* with what a script said about them."""
    if len(given) != len(table.columns):
        return table.columns
    return tuple(
        (column or Column(key, found.kind)) for found, (key, column) in zip(table.columns, given, strict=True)
    )


def ordered(table: Table, by: str, keys: list[Any]) -> Table:
    """*table* in the order of one column, the greatest first where its name follows a minus; empty cells come last."""
    name = by.removeprefix("-")
    titles = [column.title for column in table.columns]
    place = keys.index(name) if name in keys else titles.index(name) if name in titles else None
    if place is None:
        raise BuiltinError("view.table", f"there is no column {name!r} to sort by{did_you_mean(name, titles)}")
    at = place
    rows = list(table.rows[:_SORTED])
    empty = [row for row in rows if row[at] is None]
    filled = sorted((row for row in rows if row[at] is not None), key=lambda row: _order(row[at]), reverse=by != name)
    return replace(table, rows=filled + empty)


def _order(cell: Cell) -> tuple[int, float, str]:
    if isinstance(cell, str):
        return 1, 0.0, cell
    return 0, float(cell or 0), ""


def _chart(reader: Reader, raw: Any, options: Mapping[str, Any]) -> Chart | None:
    if kind_of(raw) != "table":
        return None
    kind = _text(reader, options.get("chart") or options.get("kind"))
    kind = kind if kind in ("line", "bar") else ""
    return chart_of(
        reader, raw, title=_text(reader, options.get("title")), unit=_text(reader, options.get("unit")), kind=kind
    )


def _tree(reader: Reader, raw: Any, options: Mapping[str, Any]) -> Tree:
    return Tree(node_of(reader, raw), _text(reader, options.get("title")))


def _json(reader: Reader, raw: Any, options: Mapping[str, Any]) -> Tree:
    return Tree(node_of(reader, raw), _text(reader, options.get("title")), JSON)


def _text_of_kind(kind: str) -> Callable[[Reader, Any, Mapping[str, Any]], Text | None]:
    def make(reader: Reader, raw: Any, options: Mapping[str, Any]) -> Text | None:
        title = _text(reader, options.get("title"))
        if isinstance(raw, str):
            return text_view(reader, raw, kind, title)
        if kind != LOG or kind_of(raw) != "table":
            return None
        return Text("\n".join(_log_lines(reader, raw)), LOG, 0, title)

    return make


def _log_lines(reader: Reader, raw: Any) -> list[str]:
    return [brief_node(node) for _, node in node_of(reader, raw).members(5000)]


def _text(reader: Reader, raw: Any) -> str:
    return reader.text(raw)[0] if isinstance(raw, str) else "" if raw is None else str(raw)


def _whole(raw: Any) -> int | None:
    return max(0, int(raw)) if isinstance(raw, int | float) and raw == raw and abs(raw) != float("inf") else None


_OWN_COLUMNS: dict[str, Callable[..., Table]] = {"kubernetes": kubernetes_table, "vector": vector_table}

MAKERS: dict[str, Callable[[Reader, Any, Mapping[str, Any]], View | None]] = {
    "table": _table,
    "chart": _chart,
    "tree": _tree,
    "json": _json,
    "text": _text_of_kind("plain"),
    "markdown": _text_of_kind(MARKDOWN),
    "log": _text_of_kind(LOG),
}

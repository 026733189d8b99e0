"""The one place that decides what a Lua value looks like."""

from __future__ import annotations

from assay_shell.runtime.streams import LuaIterator, OpenStream
from assay_shell.runtime.values import Function, Table
from assay_shell.runtime.views.kubernetes import kubernetes_table
from assay_shell.runtime.views.model import VIEWS, Live, Text, Tree
from assay_shell.runtime.views.nodes import describe, node_of, scalar_text
from assay_shell.runtime.views.reading import kind_of, reader_of
from assay_shell.runtime.views.records import record_keys, records_table
from assay_shell.runtime.views.series import matrix_chart, streams_log, vector_table
from assay_shell.runtime.views.text_of import HEAD, text_view
from assay_shell.runtime.views.wanted import Recipe, options_of, view_of_handle, wanted_view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.host import Host
    from assay_shell.runtime.views.model import View
    from assay_shell.runtime.views.reading import Reader


def choose(runtime: Host, raw: Any) -> View:
    """The view of a raw Lua value: one of the main state, as `results_of` gives it.

    Nothing of a script runs, no metamethod is called, and no more of the value is read than a view needs.
    """
    reader = reader_of(runtime)
    return _of(reader, *reader.opened(raw, HEAD + reader.margin))


def choose_whole(runtime: Host, raw: Any) -> View:
    """The view of a raw Lua value whose texts are read to their ends, as exports need it."""
    return _of(reader_of(runtime).to_the_end(), runtime.border.unbox(raw), None)


def choose_member(runtime: Host, table: Any, key: Any) -> View:
    """The view of a member of a raw table; a long string stays in Lua but for its head."""
    reader = reader_of(runtime)
    raw, whole = reader.member(table, key, HEAD + reader.margin)
    return _of(reader, raw, whole)


def _of(reader: Reader, raw: Any, whole: int | None) -> View:
    if kind_of(raw) == "table":
        return _of_table(reader, raw)
    if isinstance(raw, str):
        return text_view(reader, raw, whole=whole)
    if kind_of(raw) in ("nil", "boolean", "number"):
        return Text(scalar_text(node_of(reader, raw)))
    return Text(describe(reader, raw))


def _of_table(reader: Reader, raw: Any) -> View:
    held = reader.runtime.border.object_of(raw)
    if isinstance(held, VIEWS):
        return held
    if isinstance(held, Recipe):
        return view_of_handle(reader, raw, held) or Text(describe(reader, raw))
    if isinstance(held, OpenStream):
        return Live(held, describe(reader, raw).removesuffix(" (handle)"))
    if held is not None:
        return Text(describe(reader, raw))
    if (iterator := _iterator(reader, raw)) is not None:
        return Live(iterator, describe(reader, raw).removesuffix(" (handle)"))
    hint = reader.lua["hint"](raw)
    if hint is not None and (hinted := _hinted(reader, raw, hint)):
        return hinted
    kind, subject, *rest = reader.lua["classify"](raw)
    make = _MAKERS.get(kind)
    return Tree(node_of(reader, raw)) if make is None else make(reader, raw, subject, *rest)


def _iterator(reader: Reader, raw: Any) -> LuaIterator | None:
    """The iterator that a table is: one that `for` steps and closes, such as a watch. None for any other table."""
    found = reader.lua["iterator"](raw)
    if found is None:
        return None
    runtime = reader.runtime
    step, close = (Function(runtime.border.adopt(each), runtime.scheduler) for each in found)
    return LuaIterator(Table(raw, runtime.border), step, close)


def _hinted(reader: Reader, raw: Any, hint: Any) -> View | None:
    """The view that a module or script asked for, None where that cannot be."""
    options = options_of(reader, hint)
    kind = options.pop("kind", "table")
    return wanted_view(reader, kind, raw, options) if isinstance(kind, str) else None


def _records(reader: Reader, raw: Any, subject: Any) -> View:
    keys = record_keys(reader, subject)
    return records_table(reader, subject, keys, raw) if keys else Tree(node_of(reader, raw))


_MAKERS: dict[str, Callable[..., View]] = {
    "records": _records,
    "kubernetes": kubernetes_table,
    "matrix": matrix_chart,
    "vector": vector_table,
    "streams": streams_log,
}

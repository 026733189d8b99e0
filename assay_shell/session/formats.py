"""Results in forms that were asked for. Secrets are masked in all."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.views.model import View
    from assay_shell.runtime.vm import Runtime

FORMATS = ("auto", "table", "tree", "json", "yaml", "raw")


def view_of(runtime: Runtime, raw: Any, form: str) -> View:
    """Return the view of a raw value in one of FORMATS; a form that it has not got is the usual one."""
    from assay_shell.runtime.streams import OpenStream
    from assay_shell.runtime.views.choose import choose
    from assay_shell.runtime.views.export import data_of, exported
    from assay_shell.runtime.views.model import VIEWS, Text, Tree
    from assay_shell.runtime.views.nodes import node_of
    from assay_shell.runtime.views.reading import kind_of, reader_of

    held = runtime.border.object_of(raw) if kind_of(raw) == "table" else None
    if form in ("auto", "table") or isinstance(held, (*VIEWS, OpenStream)):
        return choose(runtime, raw)
    if form == "tree":
        node = node_of(reader_of(runtime), raw)
        return Tree(node) if node.nested else choose(runtime, raw)
    if form == "raw":
        return Text(plain_text(data_of(runtime, raw)))
    return Text(exported(runtime, raw, form).rstrip("\n"))


def plain_text(value: Any) -> str:
    """Return plain data as text: a string as it is, other scalars as Lua writes them, the rest as JSON."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "nil", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        from assay_shell.runtime.convert import number_text

        return number_text(value)
    return _json(value)


def _json(value: Any) -> str:
    import json

    return json.dumps(value, indent=2, ensure_ascii=False, default=_named) + "\n"


def _named(value: object) -> str:
    """What stands for a value that is no data: a function, a handle."""
    return f"<{type(value).__name__.lower()}>"

"""Results in forms that were asked for: as views to draw, and as the text of files. Secrets are masked in all."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.views.model import View
    from assay_shell.runtime.vm import Runtime

FORMATS = ("auto", "table", "tree", "json", "yaml", "raw")


def view_of(runtime: Runtime, raw: Any, form: str) -> View:
    """Return the view of a raw value in one of FORMATS; a form that it has not got is the usual one."""
    from assay_shell.runtime.streams import OpenStream
    from assay_shell.runtime.views.choose import choose
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
        return Text(plain_text(masked(runtime, raw)))
    return Text(WRITERS[form](runtime, raw).rstrip("\n"))


def masked(runtime: Runtime, raw: Any) -> Any:
    """Return a raw value as plain data, secrets masked, members in the order of their names."""
    return _ordered(runtime.redactor.value(runtime.border.deep(raw)))


def _ordered(value: Any) -> Any:
    """*value* with the members of each table by name: a Lua table has no order of its own."""
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: (isinstance(key, str), str(key)))}


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


def _as_json(runtime: Runtime, raw: Any) -> str:
    return _json(masked(runtime, raw))


def _as_yaml(runtime: Runtime, raw: Any) -> str:
    import json

    import yaml

    plain = json.loads(json.dumps(masked(runtime, raw), default=_named))
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))


def _as_csv(runtime: Runtime, raw: Any) -> str:
    import csv
    import io

    from assay_shell.runtime.views.choose import choose
    from assay_shell.runtime.views.model import Table
    from assay_shell.session.answers import CommandError

    view = choose(runtime, raw)
    if not isinstance(view, Table):
        raise CommandError("only a list of records can be written as CSV")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.title for column in view.columns])
    writer.writerows(view.rows)
    return out.getvalue()


def _as_text(runtime: Runtime, raw: Any) -> str:
    from assay_shell.runtime.views.choose import choose
    from assay_shell.runtime.views.text import render

    return render(choose(runtime, raw), None) + "\n"


WRITERS: dict[str, Callable[[Runtime, Any], str]] = {
    "json": _as_json, "yaml": _as_yaml, "yml": _as_yaml, "csv": _as_csv, "txt": _as_text,
}  # fmt: skip

"""Values as the text of files. Secrets are masked, whatever the file is for."""

from __future__ import annotations

import os

from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.files import whole
from assay_shell.runtime.views.model import VIEWS, Chart, Table, Text, Tree
from assay_shell.runtime.views.reading import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.host import Host
    from assay_shell.runtime.views.model import Node, View

_MOST_MEMBERS = 1_000_000


def export(runtime: Host, value: Any, path: str) -> None:
    """Write a view or a raw value to *path*, in the form that its ending names: csv, json, yaml, yml or txt.

    Raises:
        BuiltinError: the ending is unknown, or the value has no such form.
        OSError: the file cannot be written.
    """
    text = exported(runtime, value, os.path.splitext(path)[1].removeprefix(".").lower())
    whole.write(path, text.encode("utf-8", "surrogateescape"))


def exported(runtime: Host, value: Any, form: str) -> str:
    """The text of a view or a raw value in *form*.

    Raises:
        BuiltinError: the form is unknown, or the value has no such form.
    """
    write = FORMS.get(form)
    if write is None:
        raise BuiltinError(None, f"cannot export as {form!r}: known are {', '.join(FORMS)}")
    return write(runtime, value)


def _view(runtime: Host, value: Any) -> View:
    if isinstance(value, VIEWS):
        return value
    from assay_shell.runtime.views.choose import choose_whole

    return choose_whole(runtime, value)


def data_of(runtime: Host, value: Any) -> Any:
    """A view or a raw value as plain data: dicts, lists, text, numbers."""
    held = value
    if not isinstance(value, VIEWS) and kind_of(value) == "table" and runtime.border.object_of(value) is not None:
        held = _view(runtime, value)
    if not isinstance(held, VIEWS):
        return _named(runtime.redactor.value(runtime.border.deep(value)))
    if isinstance(held, Tree):
        return plain_data(held.root)
    if isinstance(held, Table | Chart) and held.source is not None:
        return plain_data(held.source)
    if isinstance(held, Table):
        return [
            {column.title: cell for column, cell in zip(held.columns, row, strict=True)} for row in held.rows
        ]
    if isinstance(held, Chart):
        return [{"label": series.label, "points": [list(point) for point in series.points]} for series in held.series]
    if isinstance(held, Text):
        return held.text
    raise BuiltinError(None, f"a view of the kind {type(held).__name__.lower()} holds no data")


def plain_data(node: Node, most: int = _MOST_MEMBERS) -> Any:
    """A node as plain data; of each container the first *most* members."""
    if node.kind == "map":
        return {str(key): plain_data(member, most) for key, member in node.members(most)}
    if node.kind == "list":
        return [plain_data(member, most) for _, member in node.members(most)]
    return node.value


def _named(value: Any) -> Any:
    """Plain data with words for what is none: functions, handles."""
    if isinstance(value, dict):  # by name: a Lua table has no order of its own
        ordered = sorted(value.items(), key=lambda pair: (isinstance(pair[0], str), str(pair[0])))
        return {str(key): _named(item) for key, item in ordered}
    if isinstance(value, list | tuple):
        return [_named(item) for item in value]
    plain = value is None or isinstance(value, bool | int | float | str)
    return value if plain else f"<{type(value).__name__.lower()}>"


def _as_json(runtime: Host, value: Any) -> str:
    import json

    return json.dumps(data_of(runtime, value), indent=2, ensure_ascii=False) + "\n"


def _as_yaml(runtime: Host, value: Any) -> str:
    from assay_shell.runtime.builtins.yaml.writing import dump

    return dump(data_of(runtime, value))


def _as_csv(runtime: Host, value: Any) -> str:
    import csv
    import io

    view = _view(runtime, value)
    if not isinstance(view, Table):
        raise BuiltinError(None, "only a table, such as a list of records, can be written as CSV")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.title for column in view.columns])
    writer.writerows(view.rows)
    return out.getvalue()


def _as_text(runtime: Host, value: Any) -> str:
    from assay_shell.runtime.views.text import render

    return render(_view(runtime, value), None) + "\n"


FORMS: dict[str, Callable[[Host, Any], str]] = {
    "csv": _as_csv, "json": _as_json, "yaml": _as_yaml, "yml": _as_yaml, "txt": _as_text,
}  # fmt: skip
"""What values can be written as."""

"""Values that Lua has no type for: bytes for a binary column, JSON documents, arrays.

Scripts make them with `db.blob`, `db.json` and `db.array`, and pass them where a parameter goes.
"""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from assay_shell.runtime.values import Value

    Bound: TypeAlias = bool | int | float | str | bytes | "Json" | "Array" | None
    """A parameter on its way to a database; text is valid UTF-8, bytes are binary."""


class Json:
    """A JSON document, as text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Array:
    """A list of values of one type; lists may nest."""

    __slots__ = ("items",)

    def __init__(self, items: list[object]) -> None:
        self.items = items

    def json(self) -> str:
        """The array as JSON text, for databases without arrays."""
        from json import dumps

        return dumps(self.items, ensure_ascii=False, separators=(",", ":"))

    def literal(self) -> str:
        """The array as PostgreSQL writes it: `{1,NULL,"a b"}`."""
        return _literal(self.items)


class Blob:
    """Bytes that stay bytes even where they happen to be valid text."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


def parse_json(raw: bytes | str) -> object:
    """What a JSON column holds, by the rules of `json.parse`; what is no JSON comes back as it is."""
    from assay_shell.runtime.builtins.json import parse_bytes

    try:
        return parse_bytes(raw.encode() if isinstance(raw, str) else raw, "json")
    except BuiltinError:
        return raw


def array_of(value: Value, where: str) -> Array:
    """The array that a script's list stands for; `n` in it says how long it is when it has holes.

    Raises:
        BuiltinError: it is no list, or holds something that is no scalar and no list.
    """
    return Array(_items(value, where, 0))


def _items(value: Value, where: str, depth: int) -> list[object]:
    from assay_shell.runtime.values import MAX_DEPTH, Table

    if not isinstance(value, Table) or value.object is not None or depth > MAX_DEPTH:
        raise BuiltinError(where, "first argument must be a list of values")
    given = value.get("n")
    count = given if type(given) is int else value.length()
    return [_item(value.get(index), where, depth) for index in range(1, count + 1)]


def _item(value: Value, where: str, depth: int) -> object:
    from assay_shell.runtime.values import Table

    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Table):
        return _items(value, where, depth + 1)
    raise BuiltinError(where, "first argument must be a list of values")


def _literal(items: list[object]) -> str:
    return "{" + ",".join(map(_element, items)) + "}"


def _element(item: object) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, bool):
        return "t" if item else "f"
    if isinstance(item, list):
        return _literal(item)
    if isinstance(item, int | float):
        return repr(item)
    escaped = str(item).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

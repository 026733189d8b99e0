"""Lua values as nodes of a tree that reads itself as far as somebody looks."""

from __future__ import annotations

from assay_shell.runtime.convert import number_text
from assay_shell.runtime.redact import MASK
from assay_shell.runtime.redact.data import SECRET_DATA, is_kubernetes_secret, is_secret_member
from assay_shell.runtime.values import from_raw
from assay_shell.runtime.views.model import LIST, MAP, Node
from assay_shell.runtime.views.reading import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from assay_shell.runtime.views.model import Key
    from assay_shell.runtime.views.reading import Member, Reader

_DEEPEST = 100
_KEY_SHOWN = 200
_NO, _YES, _MEMBERS = "", "yes", "members"
"""Whether a value is a secret; with MEMBERS what it contains is."""
_MARKS = {"object": MAP, "array": LIST}


def node_of(reader: Reader, raw: Any) -> Node:
    """The node of a raw value."""
    opened, whole = reader.opened(raw, reader.window)
    return _node(reader, opened, whole, _NO, ())


def _node(reader: Reader, raw: Any, whole: int | None, secret: str, above: tuple[str, ...]) -> Node:
    kind = kind_of(raw)
    if kind == "table":
        return _table_node(reader, raw, secret, above)
    if kind == "string":
        if secret == _YES and raw:
            return Node("masked", MASK)
        shown, left_out = reader.text(raw, whole)
        return Node("text", shown, (whole or len(raw)) if left_out else 0, exact=not left_out)
    if kind == "nil":
        return Node("nil", None)
    if kind in ("boolean", "number"):
        return Node("masked", MASK) if secret == _YES and kind == "number" else Node(kind, raw)
    return Node(kind if kind == "function" else "handle", describe(reader, raw))


def _table_node(reader: Reader, raw: Any, secret: str, above: tuple[str, ...]) -> Node:
    if reader.runtime.border.object_of(raw) is not None:
        return Node("handle", describe(reader, raw))
    identity = repr(raw)  # its address: each access makes a new Python object
    if identity in above or len(above) >= _DEEPEST:
        return Node("cycle", "(itself)" if identity in above else "...")
    kind, size, exact = reader.measure(raw)
    if size == 0 and (mark := reader.runtime.border.mark_of(raw)):
        return Node("null") if mark == "null" else Node(_MARKS[mark])
    above = (*above, identity)
    members = _items if kind == LIST else _members
    return Node(kind, None, size, exact, lambda count: members(reader, raw, min(count, size), secret, above))


def _items(
    reader: Reader, raw: Any, count: int, secret: str, above: tuple[str, ...]
) -> list[tuple[Key, Node]]:
    inner = _YES if secret else _NO
    return [
        (member.key, _node(reader, member.raw, member.whole, inner, above))
        for member in reader.items(raw, 1, count)
    ]


def _members(
    reader: Reader, raw: Any, count: int, secret: str, above: tuple[str, ...]
) -> list[tuple[Key, Node]]:
    members = reader.members(raw, count)
    bearings = bearings_of(reader, raw)
    return [
        (_key(reader, member), _node(reader, member.raw, member.whole, _secrecy(member, bearings, secret), above))
        for member in members
    ]


def bearings_of(reader: Reader, raw: Any) -> Mapping[str, Any]:
    """The members of a map that tell whether the others are secrets."""
    kind, metadata, class_, name = reader.lua["bearings"](raw)
    found = {"kind": kind, "type": class_, "name": name}
    return {**found, "metadata": {}} if metadata else found


def _secrecy(member: Member, bearings: Mapping[str, Any], secret: str) -> str:
    if secret == _MEMBERS:
        return _YES
    if member.key in SECRET_DATA and kind_of(member.raw) == "table" and is_kubernetes_secret(bearings):
        return _MEMBERS
    return _YES if is_secret_member(bearings, member.key, member.raw) else _NO


def _key(reader: Reader, member: Member) -> Key:
    key = member.key
    if isinstance(key, str):
        return reader.text(key, None, _KEY_SHOWN)[0]
    if isinstance(key, int | float) and not isinstance(key, bool):
        return key
    return {True: "true", False: "false"}.get(key) if isinstance(key, bool) else describe(reader, key)  # type: ignore[return-value]


def describe(reader: Reader, raw: Any) -> str:
    """One line about a value that has no members to show: a function, a handle, a thread."""
    kind = kind_of(raw)
    if kind == "function":
        origin = reader.lua["origin"](raw)
        if not isinstance(origin, tuple):
            return "function (builtin)"
        return f"function ({from_raw(origin[0])}:{origin[1]})"
    if kind == "table":
        name = reader.lua["class_name"](raw)
        return f"{from_raw(name)} (handle)" if name else "handle"
    return kind


def plain_node(value: object) -> Node:
    """The node of plain Python data, which is shown as it is: dicts, lists, scalars."""
    if isinstance(value, dict):
        return _plain_container(MAP, list(value.items()))
    if isinstance(value, list | tuple):
        return _plain_container(LIST, list(enumerate(value, 1)))
    if value is None or isinstance(value, bool):
        return Node("null" if value is None else "boolean", value)
    return Node("number", value) if isinstance(value, int | float) else Node("text", str(value))


def _plain_container(kind: str, pairs: list[tuple[Key, object]]) -> Node:
    return Node(
        kind, None, len(pairs), members=lambda count: [(key, plain_node(member)) for key, member in pairs[:count]]
    )


def scalar_text(node: Node) -> str:
    """What a node without members shows, in one line of its own."""
    if node.kind in (MAP, LIST):
        return "{}" if node.kind == MAP else "[]"
    value = node.value
    if value is None:
        return node.kind
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else str(value)



"""Nested data in text as JSON, a line at a time."""

from __future__ import annotations

from assay_shell.runtime.views.model import LIST, MAP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.runtime.views.model import Node

_DEEPEST = 60
_MOST_MEMBERS = 10_000


def json_lines(node: Node) -> Iterator[str]:
    """The lines of *node* as JSON, two blanks a level. What is no data stands as text."""
    yield from _value(node, "", "", "")


def _value(node: Node, indent: str, head: str, tail: str) -> Iterator[str]:
    if node.kind not in (MAP, LIST):
        yield f"{indent}{head}{_scalar(node)}{tail}"
        return
    opened, closed = "{}" if node.kind == MAP else "[]"
    if not node.nested:
        yield f"{indent}{head}{opened}{closed}{tail}"
        return
    if len(indent) >= 2 * _DEEPEST:
        yield f"{indent}{head}{opened} … {closed}{tail}"
        return
    yield f"{indent}{head}{opened}"
    members = node.members(_MOST_MEMBERS)
    left = node.size - len(members)
    for at, (key, member) in enumerate(members, 1):
        name = f"{_quoted(str(key))}: " if node.kind == MAP else ""
        yield from _value(member, f"{indent}  ", name, "," if at < len(members) else "")
    if left > 0:
        yield f"{indent}  … {left:,}{'' if node.exact else '+'} more"
    yield f"{indent}{closed}{tail}"


def _scalar(node: Node) -> str:
    value = node.value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    return repr(value) if value == value and abs(value) != float("inf") else _quoted(repr(value))


def _quoted(text: str) -> str:
    from json import dumps

    return dumps(text, ensure_ascii=False)

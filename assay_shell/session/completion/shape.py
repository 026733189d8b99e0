"""A live value in a few lines, for help: its kind, and what is in it, with secrets masked."""

from __future__ import annotations

from lupa.lua55 import lua_type

from assay_shell.runtime.values import brief, from_raw
from assay_shell.session.completion.live import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from assay_shell.runtime.vm import Runtime
    from assay_shell.session.completion.live import Live

_MOST_MEMBERS = 20
_MOST_TEXT = 200
_DEEPEST = 3
_OF_SECRETS = ("kind", "type", "metadata", "name")


class _Other:
    """What is no data: shown by its kind."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind


def shape_of(runtime: Runtime, live: Live, value: Any, path: Sequence[tuple[str, Any]]) -> tuple[str, str]:
    """The kind of *value* and a look at what is in it.

    *path* leads outwards from it: the name of each member and the table that has it, whose other members say whether
    it is a secret; None where there is no table.
    """
    kind = _kind(live, value)
    context = _data(live, value, _DEEPEST)
    for name, owner in path:
        around = {key: _data(live, live.member(owner, key), 1) for key in _OF_SECRETS if lua_type(owner) == "table"}
        context = {key: item for key, item in around.items() if item is not None} | {name: context}
    masked = runtime.redactor.value(context)
    for name, _ in reversed(path):
        masked = masked[name]
    if isinstance(masked, dict):
        return kind, "\n".join(f"{key} = {_line(item, 2)}" for key, item in masked.items())
    return kind, "" if isinstance(masked, _Other) else _line(masked, 0)


def _kind(live: Live, value: Any) -> str:
    kind = kind_of(value)
    if kind == "string":
        return f"string, {len(value)} byte{'s' * (len(value) != 1)}"
    if kind == "number":
        return "integer" if isinstance(value, int) else "float"
    if kind != "table":
        return kind
    count, length, more = live.size(value)
    named = live.class_name(value)
    what, noun = ("list", "item") if length and length == count else ("table", "member")
    counted = f"{what}, {'more than ' if more else ''}{count} {noun}{'s' * (count != 1)}"
    return f"{named}: {counted}" if named else counted


def _data(live: Live, value: Any, depth: int) -> Any:
    """Some of a value as plain data."""
    kind = lua_type(value)
    if kind == "table" and depth:
        found = live.members(value)[:_MOST_MEMBERS]
        return {key: _data(live, live.member(value, key), depth - 1) for key, _ in found}
    if kind is not None:
        return _Other(kind)
    return from_raw(value[:_MOST_TEXT]) if isinstance(value, str) else value


def _line(value: Any, depth: int) -> str:
    """A masked value on one line."""
    if isinstance(value, _Other):
        return "{...}" if value.kind == "table" else f"<{value.kind}>"
    if not isinstance(value, dict):
        return brief(value)
    if not value:
        return "{}"
    if depth == 0:
        return "{...}"
    shown = [_member(key, item, depth) for key, item in list(value.items())[:5]]
    return "{" + ", ".join(shown + ["..."] * (len(value) > 5)) + "}"


def _member(key: Any, value: Any, depth: int) -> str:
    return _line(value, depth - 1) if isinstance(key, int) else f"{key} = {_line(value, depth - 1)}"

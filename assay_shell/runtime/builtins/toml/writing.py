"""Writing TOML: sorted keys, plain values before tables, long lists over lines."""

from __future__ import annotations

import re
from decimal import Decimal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f]')
_ESCAPED_IN_BLOCK = re.compile(r'\\|"(?="")|"$(?!\n)')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}

_TYPES = {bool: "bool", int: "i64", float: "f64", str: "str", list: "array", dict: "table", type(None): "unit"}


class Unsupported(Exception):
    """TOML has no place for a value of this type here."""

    def __init__(self, value: object) -> None:
        super().__init__(f"unsupported {_TYPES[type(value)]} type")


def dump(value: Any) -> str:
    """The document of plain data.

    Raises:
        Unsupported: it is not a table, or holds null.
    """
    if not isinstance(value, dict):
        raise Unsupported(value)
    return "\n".join(_table(value, ())).removeprefix("\n")


def _table(members: dict[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """The text of a table below its header: its own values as one piece, then a piece for each table in it."""
    names = sorted(members)
    own = "".join(f"{_key(name)} = {_value(members[name])}\n" for name in names if not _has_header(members[name]))
    if own:
        yield own
    for name in names:
        member, inner = members[name], (*path, _key(name))
        if isinstance(member, dict):
            yield from _with_header(member, inner)
        elif _has_header(member):
            for item in member:
                pieces = [*_table(item, inner)]
                yield f"[[{'.'.join(inner)}]]\n" + (pieces.pop(0) if _own_first(item) else "")
                yield from pieces


def _with_header(members: dict[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """A table with its header, which is left out where the headers of the tables in it say enough."""
    pieces = [*_table(members, path)]
    if _own_first(members):
        pieces[0] = f"[{'.'.join(path)}]\n{pieces[0]}"
    elif not members:
        yield f"[{'.'.join(path)}]\n"
    yield from pieces


def _own_first(members: dict[str, Any]) -> bool:
    return not all(map(_has_header, members.values()))


def _has_header(value: Any) -> bool:
    """Whether the value is a table, or a list of nothing but tables."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, dict) for item in value)
    return isinstance(value, dict)


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _basic(name)


def _value(value: Any, indent: str = "") -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return _list(value, indent)
    if isinstance(value, dict):
        return _inline(value)
    raise Unsupported(value)


def _list(items: list[Any], indent: str) -> str:
    if len(items) < 2:
        return f"[{''.join(_value(item, indent) for item in items)}]"
    inner = indent + "    "
    return "[\n" + "".join(f"{inner}{_value(item, inner)},\n" for item in items) + f"{indent}]"


def _inline(members: dict[str, Any]) -> str:
    if not members:
        return "{}"
    return "{ " + ", ".join(f"{_key(name)} = {_on_one_line(members[name])}" for name in sorted(members)) + " }"


def _on_one_line(value: Any) -> str:
    """A value within an inline table, where older readers want no line breaks."""
    if isinstance(value, list):
        return f"[{', '.join(map(_on_one_line, value))}]"
    return _basic(value) if isinstance(value, str) and "\n" in value else _value(value)


def _float(value: float) -> str:
    """A float in decimals, without exponent."""
    if value - value != 0:
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else text + ".0"


def _string(text: str) -> str:
    if _CONTROL.search(text):
        return _basic(text)
    if "\n" in text:
        return '"""\n' + _ESCAPED_IN_BLOCK.sub(_escape, text) + '"""'
    if ('"' in text or "\\" in text) and "'" not in text:
        return f"'{text}'"
    return _basic(text)


def _basic(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}"

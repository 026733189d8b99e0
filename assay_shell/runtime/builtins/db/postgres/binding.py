"""Parameters as PostgreSQL takes them.

A value's type follows from its Lua type: integers are int8, floats float8, strings text. Where the server refuses a
text (a timestamp column, an enum) strings are sent without a type, which it then finds by itself, as it does for NULL
and for JSON documents (`json`, `jsonb` and `text` are all possible). Where it cannot, they are text and jsonb.
"""

from __future__ import annotations

from assay_shell.runtime.builtins.db.typed import Array, Json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_BOOL, _BYTEA, _INT8, _TEXT, _FLOAT8, _JSONB = 16, 17, 20, 25, 701, 3802
_UNTYPED = 0

_MISMATCHES = {"42804", "42846", "42883"}  # datatype mismatch, cannot coerce, undefined function or operator
_UNKNOWN = {"42P08", "42P18", "42725"}  # ambiguous parameter, indeterminate datatype, ambiguous function


class Typing:
    """How strings, NULL and JSON documents are declared."""

    __slots__ = ("json", "null", "text")

    def __init__(self, text: int, null: int, json: int) -> None:
        self.text = text
        self.null = null
        self.json = json


AS_TEXT = Typing(_TEXT, _UNTYPED, _UNTYPED)
UNTYPED = Typing(_UNTYPED, _UNTYPED, _UNTYPED)
ALL_TYPED = Typing(_TEXT, _TEXT, _JSONB)


def next_typing(sqlstate: object, tried: list[Typing]) -> Typing | None:
    """What to try after the server has refused with *sqlstate*; None where types are not the matter."""
    if sqlstate in _MISMATCHES:
        wanted = UNTYPED
    elif sqlstate in _UNKNOWN:
        wanted = ALL_TYPED
    else:
        return None
    return None if wanted in tried else wanted


def is_about_types(sqlstate: object) -> bool:
    """Whether the server's objection is to the types of parameters."""
    return sqlstate in _MISMATCHES or sqlstate in _UNKNOWN


def depends_on_typing(values: Sequence[Any]) -> bool:
    """Whether there is more than one way to declare *values*."""
    return any(value is None or isinstance(value, str | Array | Json) for value in values)


def type_of(value: Any, typing: Typing) -> int:
    """The number of the type that *value* is declared as."""
    kind = type(value)
    if value is None:
        return typing.null
    if kind is str:
        return _BYTEA if "\0" in value else typing.text
    return typing.json if kind is Json else _TYPES.get(kind, _UNTYPED)


def column_type(values: Sequence[Any], typing: Typing) -> int:
    """The type for all *values* of one parameter of a batch; without one where they differ."""
    found = {type_of(value, typing) for value in values if value is not None}
    if found == {_INT8, _FLOAT8}:
        return _FLOAT8
    if len(found) == 1:
        return found.pop()
    return _UNTYPED if found else typing.null


def encode(value: Any) -> bytes | None:
    """*value* in the server's text format."""
    if value is None:
        return None
    kind = type(value)
    if kind is bool:
        return b"t" if value else b"f"
    if kind is str:
        data: bytes = value.encode()
        return data if b"\0" not in data else _hex(data)
    if kind is bytes:
        return _hex(value)
    if isinstance(value, Json):
        return value.text.encode()
    if isinstance(value, Array):
        return value.literal().encode("utf-8", "surrogateescape")
    return repr(value).encode()


def _hex(data: bytes) -> bytes:
    return b"\\x" + data.hex().encode()


_TYPES = {bool: _BOOL, bytes: _BYTEA, int: _INT8, float: _FLOAT8}

"""What scripts pass as parameters, ready to be bound.

nil, boolean, number, string     as they are; a string that is not UTF-8 is binary
db.blob, db.json, db.array       what they say
json.null                        NULL
a date of rich types             its text
other tables                     a JSON document where the connection has rich types, else refused
"""

from __future__ import annotations

from assay_shell.runtime.builtins.db.typed import Array, Blob, Json
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import Function, Opaque, Table, as_bytes, from_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

    from assay_shell.runtime.builtins.db.typed import Bound
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

    Parameters: TypeAlias = list[Bound] | dict[str, Bound]
    """Values in order, or by the names of placeholders."""

_NAMED = -1
"""What Lua answers for the length of parameters by name."""

_NOT_A_LIST = "db: params must be a table (array) or nil"


def parameters_of(runtime: Runtime, params: Value, sql: str, *, rich: bool = False) -> Parameters:
    """The values in *params* for *sql*: 1 to `n`, or to `#params`, or by name where it has keys that are text.

    Raises:
        BuiltinError: it is no table, or holds what no database takes.
    """
    if params is None:
        return []
    if not isinstance(params, Table) or params.object is not None:
        raise BuiltinError(None, _NOT_A_LIST)
    from assay_shell.runtime.builtins.db.lua import lua_side

    raw = params.raw
    answer = lua_side(runtime)["parameters"](raw, ":n" in sql)
    count, values = (answer[0], answer[1:]) if isinstance(answer, tuple) else (answer, ())
    if count == _NAMED:
        named = {from_raw(key): value for key, value in raw.items() if type(key) is str}
        return {key: _bind_raw(runtime, value, rich=rich) for key, value in named.items()}
    if count != len(values):
        raise BuiltinError(None, f"db: {count} parameters are too many")
    try:
        return bound_list(runtime, values, rich=rich)
    except BuiltinError as exc:
        if lua_side(runtime)["holds_thread"](raw):  # Python sees the function of a coroutine that has not begun
            raise _unsupported("thread") from exc
        raise


def bound_list(runtime: Runtime, flat: Sequence[Any], *, rich: bool) -> list[Bound]:
    """Raw values as Lua handed them over, ready to be bound."""
    return [
        value
        if (kind := type(value)) is int or kind is float or value is None or (kind is str and value.isascii())
        else _bind_raw(runtime, value, rich=rich)
        for value in flat
    ]


def _bind_raw(runtime: Runtime, raw: Any, *, rich: bool) -> Bound:
    kind = type(raw)
    if raw is None or kind is int or kind is float or kind is bool:
        bound: Bound = raw
        return bound
    if kind is str:
        return _text_or_bytes(from_raw(raw))
    value = runtime.border.to_python(raw)
    if isinstance(value, Table):
        return _bind_table(runtime, value, rich=rich)
    refused = "function" if isinstance(value, Function) else value.kind if isinstance(value, Opaque) else "userdata"
    raise _unsupported(refused)


def _text_or_bytes(text: str) -> str | bytes:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return as_bytes(text)
    return text


def _bind_table(runtime: Runtime, table: Table, *, rich: bool) -> Bound:
    made = table.object
    if isinstance(made, Blob):
        return made.data
    if isinstance(made, Json | Array):
        return made
    if made is not None:
        raise _unsupported("userdata")
    from assay_shell.runtime.builtins.db.lua import lua_side
    from assay_shell.runtime.builtins.json import mark_of

    if mark_of(runtime, table.raw) == "null":
        return None
    date: str | None = lua_side(runtime)["moment_text"](table.raw)
    if date is not None:
        return date
    if not rich:
        raise _unsupported("table")
    return Json(runtime.encode_json(table).decode())


def _unsupported(kind: str) -> BuiltinError:
    return BuiltinError(None, f"db: unsupported parameter type: {kind}")

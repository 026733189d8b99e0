"""What scripts hold after `temporal.connect`, and how its methods read their arguments."""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError, ConversionError
from assay_shell.runtime.values import Function, Opaque, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from temporalio.client import Client

    from assay_shell.runtime.options import Options
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

_MISSING = "error converting Lua nil to String (expected string or number)"
_KINDS = {type(None): "nil", bool: "boolean", int: "integer", float: "number", str: "string", Function: "function"}


class TemporalClient:
    """A connection to a server, bound to a namespace."""

    __slots__ = ("wire",)

    def __init__(self, wire: Client) -> None:
        self.wire = wire


def options_of(runtime: Runtime, method: str, options: Options, value: Value, *required: str) -> dict[str, Any]:
    """The options that a method was given, with those *required*.

    Raises:
        ConversionError: it is no table, or a required option is missing.
        BuiltinError: an option is unknown, under `--strict`.
    """
    if not isinstance(value, Table):
        kind = value.kind if isinstance(value, Opaque) else _KINDS[type(value)]
        raise ConversionError(f"bad argument #2 to `TemporalClient.{method}`: error converting Lua {kind} to table")
    given = options.read(runtime, value)
    for name in required:
        if name not in given:
            raise ConversionError(_MISSING)
    return given


def id_or_options(runtime: Runtime, options: Options, value: Value, key: str) -> dict[str, Any]:
    """What a method was given that takes an id or a table with it.

    Raises:
        BuiltinError: it is neither.
        ConversionError: the table has no id.
    """
    if isinstance(value, str):
        return {key: value}
    if not isinstance(value, Table):
        raise BuiltinError(None, f"expected {key} string or table")
    given = options.read(runtime, value)
    if key not in given:
        raise ConversionError(_MISSING)
    return given


def shown(value: Value, *keys: str) -> str:
    """The id, or these members of the table, for the guard and its questions."""
    if isinstance(value, Table):
        return " ".join(str(value.get(key)) for key in keys if value.get(key) is not None)
    return value if isinstance(value, str) else ""

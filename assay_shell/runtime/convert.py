"""Argument conversion: from a Lua value to what a builtin's annotation asks for.

Texts and rules are the contract's (runtime.md 4.5). A converter takes the raw value and where it stands
(`bad argument #2: ` or nothing for options) and returns the Python value or raises ConversionError.
"""

from __future__ import annotations

from lupa.lua55 import lua_type

from assay_shell.runtime.errors import ConversionError
from assay_shell.runtime.values import Border, Function, Table, as_bytes, from_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Converter = Callable[[Any, str, Border], Any]

_STRING = "String (expected string or number)"
_NUMBER = "number (expected number or string coercible to number)"
_INTEGER = "integer (expected number or string coercible to number)"


def lua_kind(raw: Any) -> str:
    """The Lua type of a raw value, as messages name it: `integer` apart from `number`."""
    if raw is None:
        return "nil"
    kind = type(raw)
    if kind is str or kind is bytes:
        return "string"
    if kind is bool:
        return "boolean"
    if kind is int:
        return "integer"
    if kind is float:
        return "number"
    return lua_type(raw) or "userdata"


def _refuse(raw: Any, where: str, wanted: str) -> ConversionError:
    return ConversionError(f"{where}error converting Lua {lua_kind(raw)} to {wanted}")


def number_text(value: float) -> str:
    """A number as Lua's tostring writes it."""
    if type(value) is int:
        return str(value)
    if value != value:
        return "nan" if str(value)[0] != "-" else "-nan"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    text = f"{value:.15g}"
    if float(text) != value:
        text = f"{value:.17g}"
    return text if any(mark in text for mark in ".en") else text + ".0"


def _to_str(raw: Any, where: str, border: Border) -> str:
    kind = type(raw)
    if kind is str:
        return from_raw(raw)
    if kind is int or kind is float:
        return number_text(raw)
    raise _refuse(raw, where, _STRING)


def _to_bytes(raw: Any, where: str, border: Border) -> bytes:
    if type(raw) is str:
        return raw.encode("latin-1")
    return as_bytes(_to_str(raw, where, border))


def parse_number(text: str) -> int | float | None:
    """The number that *text* spells by Lua's rules, None when it is not one."""
    text = text.strip(" \t\n\v\f\r")
    low = text.lower()
    if "_" in low or not low or not low.isascii() or low.lstrip("+-") in ("inf", "nan", "infinity"):
        return None
    try:
        if "0x" in low:
            return float.fromhex(low) if "." in low or "p" in low else _wrapped(int(low, 16))
        value = int(low)
        return value if -(2**63) <= value < 2**63 else float(low)
    except ValueError:
        try:
            return float(low)
        except ValueError:
            return None


def _wrapped(value: int) -> int:
    """Hexadecimal integers wrap around 64 bits, as in Lua."""
    value &= 2**64 - 1
    return value - 2**64 if value >= 2**63 else value


def _to_number(raw: Any, where: str, wanted: str) -> int | float:
    kind = type(raw)
    if kind is int or kind is float:
        number: int | float = raw
        return number
    found = parse_number(raw) if kind is str else None
    if found is None:
        raise _refuse(raw, where, wanted)
    return found


def _to_float(raw: Any, where: str, border: Border) -> float:
    return float(_to_number(raw, where, _NUMBER))


def _to_int(raw: Any, where: str, border: Border) -> int:
    number = _to_number(raw, where, _INTEGER)
    if type(number) is int:
        return number
    if number != number or not -(2.0**63) <= number < 2.0**63:
        raise _refuse(raw, where, "integer (out of range)")
    return int(number)


def _to_bool(raw: Any, where: str, border: Border) -> bool:
    return raw is not None and raw is not False


def _to_table(raw: Any, where: str, border: Border) -> Table:
    if lua_type(raw) != "table":
        raise _refuse(raw, where, "table")
    return Table(border.adopt(raw), border)


def _to_function(raw: Any, where: str, border: Border) -> Function:
    value = border.to_python(raw)
    if not isinstance(value, Function):
        raise _refuse(raw, where, "function")
    return value


def _to_value(raw: Any, where: str, border: Border) -> Any:
    return border.to_python(raw)


CONVERTERS: dict[str, Converter] = {
    "str": _to_str,
    "bytes": _to_bytes,
    "float": _to_float,
    "int": _to_int,
    "bool": _to_bool,
    "Table": _to_table,
    "Function": _to_function,
    "Value": _to_value,
}


def converter_for(annotation: str) -> tuple[Converter, bool]:
    """The converter of an annotation, and whether nil is fine with it."""
    names = [name.strip() for name in annotation.split("|")]
    optional = "None" in names
    wanted = [name for name in names if name != "None"]
    if len(wanted) != 1:
        raise TypeError(f"annotation {annotation!r} names more than one type: use Value")
    name = wanted[0]
    if name in CONVERTERS:
        return CONVERTERS[name], optional or name in ("bool", "Value")
    return _handle_converter(name), optional


def _handle_converter(class_name: str) -> Converter:
    def convert(raw: Any, where: str, border: Border) -> Any:
        obj = border.object_of(raw) if lua_type(raw) == "table" else None
        if type(obj).__name__ != class_name:
            raise ConversionError(f"{where}{class_name.lower()} expected, got {lua_kind(raw)} (call methods with ':')")
        return obj

    return convert

"""The `format` filter: C's printf over template values. No Python formatting ever sees a pattern of the script."""

from __future__ import annotations

import math
import re

from assay_shell.runtime.builtins.template.failure import invalid
from assay_shell.runtime.builtins.template.model import UNDEFINED, get_attribute, kind_of
from assay_shell.runtime.builtins.template.text import display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.runtime.builtins.template.budget import Budget

FIELD = re.compile(
    r"%%|%(?:\((?P<key>[^)]*)\))?(?P<flags>[#0\- +]*)(?P<width>[0-9]*)"
    r"(?:\.(?P<precision>[0-9]*))?[hlL]?(?P<type>.?)",
    re.DOTALL,
)
NOTHING = object()
TYPES = "dioxXeEfFgGs"
LARGEST_SIZE = 1_000_000
"""The widest field and the most decimals; floats have at most 1075 decimals anyway."""


class Spec:
    """How one value is to be written."""

    __slots__ = ("alternate", "left", "plus", "precision", "space", "type", "width", "zero")

    def __init__(self, field: re.Match[str]) -> None:
        flags = field["flags"]
        self.type = "d" if field["type"] == "i" else field["type"]
        self.left = "-" in flags
        self.plus = "+" in flags
        self.space = " " in flags
        self.alternate = "#" in flags
        self.zero = "0" in flags and not self.left
        self.width = _size(field["width"] or "0")
        self.precision = _size(field["precision"] or "0") if field["precision"] else None

    def sign(self, *, negative: bool) -> str:
        """What stands before the digits."""
        if negative or self.type == "s":
            return "-" if negative else ""
        return "+" if self.plus else " " if self.space else ""


def _size(digits: str) -> int:
    if len(digits) > 7 or int(digits) > LARGEST_SIZE:
        raise invalid(f"a width or precision of the format is larger than {LARGEST_SIZE}")
    return int(digits)


def format_printf(budget: Budget, pattern: str, values: list[object]) -> str:
    """*pattern* with its fields filled in from *values*, in order or by key from the first one.

    Raises:
        Failure: a field is malformed, has no value, or one of the wrong kind.
    """
    in_order = iter(values)
    parts: list[str] = []
    position = 0
    for field in FIELD.finditer(pattern):
        parts.append(pattern[position : field.start()])
        parts.append("%" if field[0] == "%%" else _fill(budget, field, values, in_order))
        position = field.end()
    parts.append(pattern[position:])
    budget.make(sum(map(len, parts)))
    return "".join(parts)


def _fill(budget: Budget, field: re.Match[str], values: list[object], in_order: Iterator[object]) -> str:
    offset = field.start()
    if not field["type"]:
        raise invalid(f"incomplete format spec at offset {offset}; missing conversion type")
    if field["type"] not in TYPES:
        raise invalid(f"invalid conversion type '{field['type']}' in format spec at offset {offset}")
    value = next(in_order, NOTHING) if field["key"] is None else _member(values, field["key"])
    if value is NOTHING:
        raise invalid(f"missing an argument for format spec at offset {offset}")
    return _write(budget, Spec(field), value, offset)


def _member(values: list[object], key: str) -> object:
    if not values:
        return NOTHING
    if kind_of(values[0]) != "map":
        raise invalid("format argument must be a mapping")
    found = get_attribute(values[0], key)
    return NOTHING if found is UNDEFINED else found


def _write(budget: Budget, spec: Spec, value: object, offset: int) -> str:
    budget.make(spec.width + (spec.precision or 0))
    if isinstance(value, bool) and spec.type == "s":
        return _padded(spec, "true" if value else "false")
    if isinstance(value, int):
        return _numeral(spec, _integer_digits(spec, abs(value)), spec.sign(negative=value < 0))
    if isinstance(value, float):
        if spec.type in "doxX":
            raise invalid(f"format spec at offset {offset}: a float cannot be written as '{spec.type}'")
        negative = math.copysign(1, value) < 0
        sign = "" if value != value else spec.sign(negative=negative)
        return _numeral(spec, _float_digits(spec, abs(value)), sign)
    if spec.type != "s":
        raise invalid(f"format spec at offset {offset}: a {kind_of(value)} cannot be written as '{spec.type}'")
    text = display(budget, value)
    return _padded(spec, text if spec.precision is None else text[: spec.precision])


def _integer_digits(spec: Spec, number: int) -> str:
    if spec.type in "oxX":
        return format(number, spec.type)
    if spec.type in "ds":
        return str(number)
    return _float_digits(spec, number)


def _float_digits(spec: Spec, number: float) -> str:
    """The digits of a number that is not negative, in the notation of *spec*."""
    if not math.isfinite(number):
        word = "nan" if number != number else "inf"
        return word.upper() if spec.type in "EFG" else word
    general = spec.type in "gGs"
    if general and number == 0 and isinstance(number, float):
        return "0"
    notation = "g" if spec.type == "s" else spec.type
    precision = 6 if spec.precision is None else spec.precision
    mark = "#" if spec.alternate else ""
    digits = format(number, f"{mark}.{precision}{notation}")
    if spec.type == "s" and isinstance(number, float) and "." not in digits and "e" not in digits:
        digits += ".0"
    return digits


def _numeral(spec: Spec, digits: str, sign: str) -> str:
    prefix = {"o": "0o", "x": "0x", "X": "0X"}.get(spec.type, "") if spec.alternate else ""
    if spec.zero and spec.width:
        return sign + prefix + digits.rjust(spec.width - len(sign) - len(prefix), "0")
    return _padded(spec, sign + prefix + digits)


def _padded(spec: Spec, text: str) -> str:
    return text.ljust(spec.width) if spec.left else text.rjust(spec.width)

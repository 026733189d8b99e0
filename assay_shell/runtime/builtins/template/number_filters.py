"""Filters that make numbers."""

from __future__ import annotations

import math
import re

from assay_shell.runtime.builtins.template.arguments import takes
from assay_shell.runtime.builtins.template.arithmetic import LARGEST, SMALLEST, add
from assay_shell.runtime.builtins.template.failure import invalid
from assay_shell.runtime.builtins.template.model import UNDEFINED, is_true, iterate, kind_of, size_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.template.state import State

INTEGER = re.compile(r"[+-]?[0-9]{1,60}")
FLOAT = re.compile(r"[+-]?(?:inf|infinity|nan|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?)", re.IGNORECASE)


@takes("value")
def absolute(state: State, value: object) -> object:
    """Without its sign.

    Raises:
        Failure: it is no number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid("cannot get absolute value")
    return abs(value)


@takes("value", "integer?")
def round_number(state: State, value: object, precision: int | None) -> object:
    """A float rounded to *precision* decimals (0), halves away from zero; integers as they are.

    Raises:
        Failure: it is no number.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, float):
        raise invalid(f"cannot round value ({kind_of(value)})")
    scale = 10.0 ** max(-300, min(300, precision or 0))
    scaled = value * scale
    if not math.isfinite(scaled):
        return value
    whole = float(math.trunc(scaled))
    if abs(scaled - whole) >= 0.5:
        whole += math.copysign(1.0, scaled)
    return math.copysign(whole / scale, value)


@takes("value")
def integer(state: State, value: object) -> object:
    """As an integer: the fraction is cut off, texts are read, none and undefined are 0.

    Raises:
        Failure: it is no number and no text that is one.
    """
    if value is None or value is UNDEFINED:
        return 0
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str) and INTEGER.fullmatch(value) and SMALLEST <= int(value) <= LARGEST:
        return int(value)
    if isinstance(value, str | float):
        return _cut(_read(value) if isinstance(value, str) else value)
    raise invalid(f"cannot convert {kind_of(value)} to integer")


@takes("value")
def floating(state: State, value: object) -> object:
    """As a float: texts are read, none and undefined are 0.0.

    Raises:
        Failure: it is no number and no text that is one.
    """
    if value is None or value is UNDEFINED:
        return 0.0
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        return _read(value)
    raise invalid(f"cannot convert {kind_of(value)} to float")


def _read(text: str) -> float:
    if not FLOAT.fullmatch(text):
        raise invalid("cannot read an empty text as a number" if text == "" else "the text is no number")
    return float(text)


def _cut(number: float) -> int:
    """Towards zero; NaN is 0, and what is out of range the nearest integer that is not."""
    if number != number:
        return 0
    return LARGEST if number >= LARGEST else SMALLEST if number <= SMALLEST else int(number)


@takes("value")
def total(state: State, value: object) -> object:
    """The sum of the numbers of a list; undefined items are left out.

    Raises:
        Failure: it is no list, or holds something else than numbers.
    """
    result: object = 0
    for item in iterate(value):
        state.budget.spend()
        if item is UNDEFINED:
            continue
        if isinstance(item, bool) or not isinstance(item, int | float):
            raise invalid(f"can only sum numbers, got {kind_of(item)}")
        result = add(state.budget, result, item)
    return result


@takes("value")
def length(state: State, value: object) -> object:
    """How many characters, items or keys it has.

    Raises:
        Failure: it has none of those.
    """
    size = size_of(value)
    if size is None:
        raise invalid(f"cannot calculate length of value of type {kind_of(value)}")
    return size


@takes("value")
def boolean(state: State, value: object) -> object:
    """Whether it counts as true."""
    return is_true(value)

"""The tests: what may stand behind `is`, and be named to `select` and its like."""

from __future__ import annotations

import math

from assay_shell.runtime.builtins.template.arguments import takes
from assay_shell.runtime.builtins.template.failure import Failure
from assay_shell.runtime.builtins.template.model import (
    Items,
    Safe,
    Thing,
    index_of,
    kind_of,
)
from assay_shell.runtime.builtins.template.order import compare, contains, equal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.runtime.builtins.template.arguments import Callee
    from assay_shell.runtime.builtins.template.state import State


def of_value(holds: Callable[[object], bool]) -> Callee:
    """A test that looks at nothing but the value."""
    return takes("value")(lambda state, value: holds(value))


def of_kind(*kinds: str) -> Callee:
    """A test for values of these kinds."""
    return of_value(lambda value: kind_of(value) in kinds)


def of_order(holds: Callable[[int], bool]) -> Callee:
    """A test of how the value sorts against another."""
    return takes("value", "value")(lambda state, left, right: holds(compare(state.budget, left, right)))


def is_integer(value: object) -> bool:
    """Whether *value* is an integer, booleans aside."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_odd(value: object) -> bool:
    """Whether *value* is a whole number that two does not divide."""
    number = index_of(value)
    return number is not None and number % 2 == 1


def is_even(value: object) -> bool:
    """Whether *value* is a whole number that two divides."""
    number = index_of(value)
    return number is not None and number % 2 == 0


@takes("value", "value")
def is_divisible(state: State, value: object, divisor: object) -> object:
    """Whether nothing is left when *value* is divided; by zero nothing can be."""
    if not isinstance(value, int | float) or not isinstance(divisor, int | float) or not divisor:
        return False
    if isinstance(value, int) and isinstance(divisor, int):
        return value % divisor == 0
    return math.isfinite(value) and math.fmod(value, divisor) == 0


@takes("value", "value")
def is_equal(state: State, left: object, right: object) -> object:
    """Whether both are equal."""
    return equal(state.budget, left, right)


@takes("value", "value")
def is_unequal(state: State, left: object, right: object) -> object:
    """Whether they differ."""
    return not equal(state.budget, left, right)


@takes("value", "value")
def is_in(state: State, value: object, container: object) -> object:
    """Whether *container* holds the value; nothing is in what cannot hold anything."""
    try:
        return contains(state.budget, container, value)
    except Failure:
        if state.budget.left < 0:
            raise
        return False


@takes("value", "value")
def is_same(state: State, left: object, right: object) -> object:
    """Whether both are the same object, or equal values of one type."""
    if isinstance(left, list | dict | Items | Thing) or isinstance(right, list | dict | Items | Thing):
        return left is right
    same_type = kind_of(left) == kind_of(right) and is_integer(left) == is_integer(right)
    return same_type and equal(state.budget, left, right)


@takes("text", "text")
def starts_with(state: State, text: str, start: str) -> object:
    """Whether the text starts with another."""
    return text.startswith(start)


@takes("text", "text")
def ends_with(state: State, text: str, end: str) -> object:
    """Whether the text ends with another."""
    return text.endswith(end)


@takes("string")
def is_lower(state: State, text: str) -> object:
    """Whether every character is a small letter."""
    state.budget.make(len(text))
    return all(map(str.islower, text))


@takes("string")
def is_upper(state: State, text: str) -> object:
    """Whether every character is a capital."""
    state.budget.make(len(text))
    return all(map(str.isupper, text))


def is_safe(value: object) -> bool:
    """Whether *value* is marked as HTML."""
    return isinstance(value, Safe)

"""Arithmetic of the template language: integers of 128 bits, floats as in IEEE 754, texts and lists that repeat."""

from __future__ import annotations

import math

from assay_shell.runtime.builtins.template.failure import Failure, invalid
from assay_shell.runtime.builtins.template.model import Items, is_list, iterate, kind_of
from assay_shell.runtime.builtins.template.text import display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.template.budget import Budget

SMALLEST, LARGEST = -(2**127), 2**127 - 1


def add(budget: Budget, left: object, right: object) -> object:
    """`left + right`: numbers, two texts, or two lists.

    Raises:
        Failure: the values cannot be added, or the sum is out of range.
    """
    if isinstance(left, str) and isinstance(right, str):
        budget.make(len(left) + len(right))
        return str(left) + str(right)
    if is_list(left) and is_list(right):
        first, second = iterate(left), iterate(right)
        budget.make(len(first) + len(second))
        return Items(first + second)
    a, b = _numbers("+", left, right)
    return _bounded(budget, a + b, left, "+", right)


def subtract(budget: Budget, left: object, right: object) -> object:
    """`left - right`.

    Raises:
        Failure: the values are no numbers, or the difference is out of range.
    """
    a, b = _numbers("-", left, right)
    return _bounded(budget, a - b, left, "-", right)


def multiply(budget: Budget, left: object, right: object) -> object:
    """`left * right`: numbers, or a text or list repeated.

    Raises:
        Failure: the values cannot be multiplied, or the product is out of range.
    """
    for repeated, count in ((left, right), (right, left)):
        if isinstance(repeated, str):
            text = str(repeated)
            return text * _times(budget, len(text), count, "strings")
    for repeated, count in ((left, right), (right, left)):
        if is_list(repeated):
            items = iterate(repeated)
            return Items(items * _times(budget, len(items), count, "lists"))
    a, b = _numbers("*", left, right)
    return _bounded(budget, a * b, left, "*", right)


def _times(budget: Budget, size: int, count: object, what: str) -> int:
    times = int(count) if isinstance(count, int) or (isinstance(count, float) and count.is_integer()) else -1
    if times < 0:
        raise invalid(f"{what} can only be multiplied with integers that are not negative")
    budget.make(size * times)
    return times


def divide(budget: Budget, left: object, right: object) -> object:
    """`left / right`, always a float; by zero infinite or NaN.

    Raises:
        Failure: the values are no numbers.
    """
    a, b = map(float, _numbers("/", left, right))
    if b:
        return a / b
    return math.nan if a == 0 or a != a else math.copysign(math.inf, a) * math.copysign(1, b)


def floor_divide(budget: Budget, left: object, right: object) -> object:
    """`left // right`, rounded so that the remainder is not negative.

    Raises:
        Failure: the values are no numbers, or integers divided by zero or out of range.
    """
    a, b = _numbers("//", left, right)
    if isinstance(a, float) or isinstance(b, float):
        quotient = divide(budget, a, b)
        if not isinstance(quotient, float) or not math.isfinite(quotient):
            return quotient
        whole = float(math.trunc(quotient))
        return whole + (math.copysign(1, -b) if math.fmod(a, b) < 0 else 0.0)
    if b == 0:
        raise _failed(budget, left, "//", right)
    return _bounded(budget, (a - a % abs(b)) // b, left, "//", right)


def remainder(budget: Budget, left: object, right: object) -> object:
    """`left % right`: of integers never negative, of floats with the sign of *left*.

    Raises:
        Failure: the values are no numbers, or integers divided by zero.
    """
    a, b = _numbers("%", left, right)
    if isinstance(a, float) or isinstance(b, float):
        return math.fmod(a, b) if b and math.isfinite(a) else math.nan
    if b == 0:
        raise _failed(budget, left, "%", right)
    return a % abs(b)


def power(budget: Budget, left: object, right: object) -> object:
    """`left ** right`; of integers an integer.

    Raises:
        Failure: the values are no numbers, an integer has a negative exponent, or the power is out of range.
    """
    a, b = _numbers("**", left, right)
    if isinstance(a, float) or isinstance(b, float):
        return _float_power(float(a), float(b))
    if b < 0 or (b > 127 and abs(a) > 1):
        raise _failed(budget, left, "**", right)
    return _bounded(budget, a ** (b if abs(a) > 1 else min(b, 2 + b % 2)), left, "**", right)


def _float_power(base: float, exponent: float) -> float:
    odd = exponent.is_integer() and math.fmod(exponent, 2) != 0
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and odd else math.inf
    except ValueError:
        if base:
            return math.nan
        return math.copysign(math.inf, base) if odd else math.inf


def negate(value: object) -> object:
    """`-value`.

    Raises:
        Failure: it is no number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(f"cannot negate a value of type {kind_of(value)}")
    return -value


def concatenate(budget: Budget, left: object, right: object) -> str:
    """`left ~ right`: both as text."""
    first, second = display(budget, left), display(budget, right)
    budget.make(len(first) + len(second))
    return str(first) + second


def _numbers(operator: str, left: object, right: object) -> tuple[int | float, int | float]:
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left, right
    raise invalid(f"tried to use {operator} operator on unsupported types {kind_of(left)} and {kind_of(right)}")


def _bounded(budget: Budget, result: int | float, left: object, operator: str, right: object) -> int | float:
    if isinstance(result, int) and not SMALLEST <= result <= LARGEST:
        raise _failed(budget, left, operator, right)
    return result


def _failed(budget: Budget, left: object, operator: str, right: object) -> Failure:
    return invalid(f"unable to calculate {display(budget, left)} {operator} {display(budget, right)}")

"""Equality and order of template values: any two values can be compared, whatever their kinds."""

from __future__ import annotations

from functools import cmp_to_key
from math import copysign, isnan

from assay_shell.runtime.builtins.template.failure import invalid
from assay_shell.runtime.builtins.template.model import (
    KIND_ORDER,
    UNDEFINED,
    Thing,
    is_key,
    kind_of,
    members_of,
    pairs_of,
)
from assay_shell.runtime.builtins.template.text import display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.runtime.builtins.template.budget import Budget

RANK = {kind: rank for rank, kind in enumerate(KIND_ORDER)}
LISTS = ("sequence", "iterator")
NESTED_STEPS = 8
"""What a look into a list or map costs: nested ones can share parts, and then have far more of them than it seems."""

ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def equal(budget: Budget, left: object, right: object) -> bool:
    """Whether two values are equal: numbers and booleans by value, lists and maps by what they hold."""
    if left is right:
        return not isinstance(left, float) or not isnan(left)
    if isinstance(left, str | int | float) and isinstance(right, str | int | float):
        return left == right
    kinds = (kind_of(left), kind_of(right))
    if kinds == ("map", "map"):
        return _equal_maps(budget, left, right)
    if kinds[0] in LISTS and kinds[1] in LISTS:
        return _equal_lists(budget, members_of(left) or [], members_of(right) or [])
    return False


def _equal_lists(budget: Budget, left: list[object], right: list[object]) -> bool:
    budget.spend(NESTED_STEPS)
    return len(left) == len(right) and all(equal(budget, a, b) for a, b in zip(left, right, strict=True))


def _equal_maps(budget: Budget, left: object, right: object) -> bool:
    budget.spend(NESTED_STEPS)
    first, second = dict(pairs_of(left) or ()), dict(pairs_of(right) or ())
    return first.keys() == second.keys() and all(equal(budget, first[key], second[key]) for key in first)


def compare(budget: Budget, left: object, right: object) -> int:
    """Negative, zero or positive as *left* sorts before, with or after *right*: by kind first, then by value."""
    budget.spend()
    kind, other = kind_of(left), kind_of(right)
    if kind != other:
        return RANK[kind] - RANK[other]
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _compare_numbers(left, right)
    if left is right:
        return 0
    budget.spend(NESTED_STEPS)
    if kind == "map":
        return _compare_lists(budget, _flat(left), _flat(right))
    if kind in LISTS:
        return _compare_lists(budget, members_of(left) or [], members_of(right) or [])
    return _compare_labels(left, right)


def _compare_numbers(left: float, right: float) -> int:
    """Total order: -nan, the numbers with -0.0 before 0.0, nan."""
    if left != left or right != right:
        return _nan_side(left) - _nan_side(right)
    if left == right == 0:
        return int(copysign(1, left) - copysign(1, right))
    return (left > right) - (left < right)


def _nan_side(number: float) -> int:
    return 0 if number == number else int(copysign(1, number))


def _compare_lists(budget: Budget, left: list[object], right: list[object]) -> int:
    for a, b in zip(left, right, strict=False):
        result = compare(budget, a, b)
        if result:
            return result
    return len(left) - len(right)


def _flat(value: object) -> list[object]:
    return [part for pair in pairs_of(value) or () for part in pair]


def _compare_labels(left: object, right: object) -> int:
    if not isinstance(left, Thing) or not isinstance(right, Thing):
        return 0
    return (left.label() > right.label()) - (left.label() < right.label())


def contains(budget: Budget, container: object, value: object) -> bool:
    """`value in container`: part of a text, key of a map, item of a list; nothing is in an undefined value.

    Raises:
        Failure: *container* is neither.
    """
    if container is UNDEFINED:
        return False
    if isinstance(container, str):
        return display(budget, value) in container
    if isinstance(container, dict):
        return is_key(value) and value in container
    members = members_of(container)
    if members is None and not isinstance(container, Thing):
        raise invalid(f"cannot look for something in a value of type {kind_of(container)}")
    return any(equal(budget, member, value) for member in members or [])


def ordered(
    budget: Budget, values: list[object], key: Callable[[object], object], *, case_sensitive: bool, reverse: bool
) -> list[object]:
    """*values* sorted by what *key* gives for each; equal ones keep their order."""
    keys = [key(value) if case_sensitive else folded(key(value)) for value in values]
    budget.make(len(values) * 16)
    texts = [each for each in keys if type(each) is str]
    numbers = [each for each in keys if type(each) is int or (type(each) is float and each == each and each != 0)]
    order = list(range(len(values)))

    def compare_at(left: int, right: int) -> int:
        return compare(budget, keys[left], keys[right])

    def text_at(position: int) -> str:
        return texts[position]

    def number_at(position: int) -> float:
        return numbers[position]

    if len(texts) == len(keys):  # the usual cases, without a call of ours for each comparison
        order.sort(key=text_at, reverse=reverse)
    elif len(numbers) == len(keys):
        order.sort(key=number_at, reverse=reverse)
    else:
        order.sort(key=cmp_to_key(compare_at), reverse=reverse)
    return [values[position] for position in order]


def folded(value: object) -> object:
    """*value* as it sorts where case does not matter; only ASCII letters are folded."""
    return value.translate(ASCII_LOWER) if isinstance(value, str) else value


def identity(budget: Budget, value: object) -> object:
    """Something hashable that is equal for values that sort alike."""
    budget.spend(NESTED_STEPS)
    pairs = pairs_of(value)
    if pairs is not None:
        return ("map", *((identity(budget, key), identity(budget, item)) for key, item in pairs))
    members = members_of(value)
    if members is not None:
        return (kind_of(value), *(identity(budget, item) for item in members))
    if isinstance(value, float) and (value != value or value == 0):
        return ("number", str(value)) if value != value or copysign(1, value) < 0 else ("number", 0)
    return (kind_of(value), value.label() if isinstance(value, Thing) else value)


def make_map(budget: Budget, pairs: list[tuple[object, object]]) -> dict[object, object]:
    """A map of *pairs*, sorted by key; of equal keys the last one wins.

    Raises:
        Failure: a key is neither none nor a boolean, number or string.
    """
    budget.make(len(pairs))
    for key, _ in pairs:
        if not is_key(key):
            raise invalid(f"a value of type {kind_of(key)} cannot be a key")
    last = dict(pairs)
    keys = ordered(budget, list(last), lambda key: key, case_sensitive=True, reverse=False)
    return {key: last[key] for key in keys}

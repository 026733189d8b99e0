"""Parts of texts and lists: `value[start:stop:step]`."""

from __future__ import annotations

from assay_shell.runtime.builtins.template.failure import invalid
from assay_shell.runtime.builtins.template.model import UNDEFINED, Items, index_of, is_list, iterate, kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.template.budget import Budget


def slice_of(budget: Budget, value: object, start: object, stop: object, step: object) -> object:
    """The part of *value* from *start* to *stop*, each None, or an integer that counts from the end if negative.

    Nothing is part of none and undefined.

    Raises:
        Failure: *value* is neither text nor list, a bound is no integer, or *step* is 0.
    """
    bounds = [None if bound is None else _bound(bound) for bound in (start, stop, step)]
    if bounds[2] == 0:
        raise invalid("cannot slice by step size of 0")
    if value is None or value is UNDEFINED:
        return []
    if isinstance(value, str):
        budget.make(len(value))
        return str(value)[slice(*bounds)]
    if not is_list(value):
        raise invalid(f"value of type {kind_of(value)} cannot be sliced")
    items = iterate(value)
    budget.make(len(items))
    return Items(items[slice(*bounds)])


def _bound(value: object) -> int:
    position = index_of(value)
    if position is None:
        raise invalid(f"cannot convert {kind_of(value)} to an integer")
    return position

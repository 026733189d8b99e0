"""The functions every template can call: range, dict, namespace and debug."""

from __future__ import annotations

from assay_shell.runtime.builtins.template.arguments import takes
from assay_shell.runtime.builtins.template.budget import RANGE_ITEMS
from assay_shell.runtime.builtins.template.failure import invalid
from assay_shell.runtime.builtins.template.model import UNDEFINED, Items, Namespace, kind_of, pairs_of
from assay_shell.runtime.builtins.template.order import make_map
from assay_shell.runtime.builtins.template.state import Function
from assay_shell.runtime.builtins.template.text import inspect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.template.state import State


@takes("integer", "integer?", "integer?")
def make_range(state: State, lower: int, upper: int | None, step: int | None) -> object:
    """The integers from *lower* (0) up to but not including *upper*, *step* (1) apart.

    Raises:
        Failure: *step* is 0, or there would be more than 100,000.
    """
    if step == 0:
        raise invalid("cannot create range with step of 0")
    numbers = range(0, lower, step or 1) if upper is None else range(lower, upper, step or 1)
    if numbers[RANGE_ITEMS:]:
        raise invalid(f"range has too many elements (more than {RANGE_ITEMS})")
    state.budget.make(len(numbers))
    return Items(list(numbers))


def make_dict(state: State, arguments: list[object]) -> object:
    """A map of the keyword arguments, on top of another map if one is given.

    Raises:
        Failure: it is given something else than a map.
    """
    pairs: list[tuple[object, object]] = []
    for argument in arguments[:2]:
        found = pairs_of(argument)
        if found is None and argument is not UNDEFINED:
            raise invalid(f"dict takes a map, got {kind_of(argument)}")
        pairs.extend(found or ())
    return make_map(state.budget, pairs)


@takes("value?")
def make_namespace(state: State, values: object) -> object:
    """An object whose attributes `{% set ns.name = value %}` can set, with those of a map or the keyword arguments.

    Raises:
        Failure: it is given something else.
    """
    pairs = pairs_of({} if values is None else values)
    if pairs is None:
        raise invalid(f"expected object or keyword arguments, got {kind_of(values)}")
    return Namespace({key: value for key, value in pairs if isinstance(key, str)})


@takes("*values")
def debug(state: State, *values: object) -> object:
    """The values, or else all variables in sight, as they print inside a list, one item a line."""
    if values:
        return inspect(state.budget, values[0] if len(values) == 1 else list(values), pretty=True)
    visible: dict[str, object] = {}
    for frame in state.frames:
        visible |= dict(frame.outer or {}) | frame.local | ({"loop": frame.loop} if frame.loop else {})
    return inspect(state.budget, {name: visible[name] for name in sorted(visible)}, pretty=True)


FUNCTIONS: dict[str, object] = {
    "range": Function("range", make_range),
    "dict": Function("dict", make_dict),
    "namespace": Function("namespace", make_namespace),
    "debug": Function("debug", debug),
}
"""By name; a variable of the same name hides them."""

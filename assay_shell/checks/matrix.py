"""One check written once for several targets: `matrix: {region: [eu, us]}` with `${matrix.region}`."""

from __future__ import annotations

from functools import partial
from itertools import product
from math import prod

from assay_shell.checks.errors import ConfigError
from assay_shell.checks.kinds import text_of, wrong
from assay_shell.checks.substitution import substitute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.checks.document import Node

    Lookup = Callable[[str], str]

MOST = 10_000
"""So many checks one matrix may make."""

_PREFIX = "matrix."


def spread(node: Node, path: str, lookup: Lookup) -> list[tuple[Node, str]]:
    """The checks that *node* stands for, variables put in, each with what tells it from the others ("" for one).

    Raises:
        ConfigError: the matrix is no map of lists, has nothing in it, or makes too many checks; a variable is not set.
    """
    matrix = node.get("matrix") if node.kind == "map" else None
    if matrix is None:
        return [(substitute(node, path, lookup), "")]
    axes = _axes(substitute(matrix, f"{path}.matrix", lookup), f"{path}.matrix")
    if prod(len(values) for values in axes.values()) > MOST:
        raise ConfigError(f"the matrix makes more than {MOST} checks", matrix.place(f"{path}.matrix"))
    named = node.get("name")
    mark = named is None or "${matrix." not in named.text
    made = []
    for values in product(*axes.values()):
        one = substitute(node, path, partial(_chosen, dict(zip(axes, values, strict=True)), lookup))
        made.append((one, f" [{', '.join(values)}]" if mark else ""))
    return made


def _axes(matrix: Node, path: str) -> dict[str, list[str]]:
    if matrix.kind != "map" or not matrix.fields:
        raise wrong(matrix, path, "a map of lists")
    axes = {}
    for name, (_, values) in matrix.fields.items():
        if values.kind != "list" or not values.items:
            raise wrong(values, f"{path}.{name}", "a list with at least one value")
        axes[name] = [text_of(item, f"{path}.{name}[{index}]") for index, item in enumerate(values.items)]
    return axes


def _chosen(chosen: dict[str, str], lookup: Lookup, name: str) -> str:
    return chosen[name.removeprefix(_PREFIX)] if name.startswith(_PREFIX) else lookup(name)

"""Nested data as JSON, and as HTML that folds without a script."""

from __future__ import annotations

from assay_shell.kernel.mime.markup import clean, markup
from assay_shell.runtime.views.model import LIST, MAP
from assay_shell.runtime.views.nodes import scalar_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.views.model import Node, Tree

_MOST_NODES = 10_000
"""Values that a notebook holds of a tree."""
_MOST_MEMBERS = 500
_OPEN = 2
"""Levels that are unfolded at first."""
_MORE = "…"


class _Budget:
    """How many more values there is room for."""

    def __init__(self) -> None:
        self._left = _MOST_NODES

    def members(self, node: Node) -> list[Any]:
        """The members that are shown of *node*."""
        found = node.members(max(0, min(_MOST_MEMBERS, self._left)))
        self._left -= len(found)
        return found


def tree_json(view: Tree) -> Any:
    """The data of *view*; what is left out of a container is said by a last member named `…`."""
    return _data(view.root, _Budget())


def _data(node: Node, budget: _Budget) -> Any:
    if node.kind not in (MAP, LIST):
        return _scalar(node)
    members = budget.members(node)
    left = node.size - len(members)
    if node.kind == LIST:
        items = [_data(member, budget) for _, member in members]
        return [*items, f"{_MORE} {left:,} more"] if left else items
    data = {clean(str(key)): _data(member, budget) for key, member in members}
    return {**data, _MORE: f"{left:,} more"} if left else data


def _scalar(node: Node) -> Any:
    value = node.value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return scalar_text(node)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)  # a browser would round it
    return value


def tree_html(view: Tree) -> str:
    """The HTML of *view*: `details` that fold."""
    title = f"<p><strong>{markup(view.title)}</strong></p>" if view.title else ""
    return f'<div class="assay-tree">{title}{"".join(_html("", view.root, _Budget(), 0))}</div>'


def _html(name: str, node: Node, budget: _Budget, depth: int) -> list[str]:
    label = f"<strong>{markup(name)}</strong> " if name else ""
    if not node.nested:
        return [f"<div>{label}<code>{markup(_shown(node))}</code></div>"]
    what = "item" if node.kind == LIST else "member"
    count = f"{node.size:,}{'' if node.exact else '+'} {what}{'' if node.size == 1 and node.exact else 's'}"
    members = budget.members(node)
    parts = [
        f"<details{' open' if depth < _OPEN else ''}><summary>{label}<small>{count}</small></summary>",
        '<div style="margin-left:1.5em">',
    ]
    for key, member in members:
        parts += _html(str(key), member, budget, depth + 1)
    if node.size > len(members):
        parts.append(f"<div><small>{_MORE} {node.size - len(members):,} more</small></div>")
    return [*parts, "</div></details>"]


def _shown(node: Node) -> str:
    text = scalar_text(node)
    return text if node.exact else f"{text}{_MORE}"

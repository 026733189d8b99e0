"""Nested data in text: an outline, one value a line, what is too much of it folded."""

from __future__ import annotations

from assay_shell.runtime.views.model import JSON, LIST, MAP
from assay_shell.runtime.views.nodes import scalar_text
from assay_shell.runtime.views.text.units import size
from assay_shell.runtime.views.text.width import pad, width_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.runtime.views.model import Key, Node, Tree
    from assay_shell.runtime.views.text.page import Page

_MOST_LINES = 10_000
_MOST_MEMBERS, _MOST_INNER = 1000, 100
"""Members that are shown of the outermost value, and of one within."""
_DEEPEST = 12
_WIDEST_KEY = 32
_INLINE = 60
"""A list of scalars stays on one line up to so many characters."""
_COLOURS = {"number": "36", "boolean": "35", "null": "2", "nil": "2", "masked": "33", "function": "2", "handle": "34"}


def tree_lines(tree: Tree, page: Page) -> Iterator[str]:
    """The lines of a tree, and what was left out of it."""
    if tree.title:
        yield page.paint(page.line(tree.title), "1")
    most = _MOST_LINES if page.limit is None else page.limit
    lines = _json(tree.root, page) if tree.syntax == JSON else _Outline(page).lines(tree.root)
    for _ in range(most):
        line = next(lines, None)
        if line is None:
            return
        yield line
    if next(lines, None) is not None:
        yield page.paint(f"{page.glyphs.ellipsis} more below", "2")


def _json(node: Node, page: Page) -> Iterator[str]:
    from assay_shell.runtime.views.text.documents import json_lines

    return (page.fit(page.line(line), page.width) if page.width else page.line(line) for line in json_lines(node))


class _Outline:
    """Writes nodes."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._room = page.width or 1000

    def lines(self, node: Node) -> Iterator[str]:
        if not node.nested:
            yield self._value(node, 0)
        else:
            yield from self._members(node, 0)

    def _members(self, node: Node, depth: int) -> Iterator[str]:
        members = node.members(_MOST_INNER if depth else _MOST_MEMBERS)
        functions = [str(key) for key, member in members if member.kind == "function"]
        if len(functions) > 1:
            members = [(key, member) for key, member in members if member.kind != "function"]
        widths = [width_of(self._key(key)) for key, member in members if not self._is_block(member, depth)]
        width = min(max(widths, default=0), _WIDEST_KEY)
        for key, member in members:
            yield from self._member(key, member, depth, width)
        if len(functions) > 1:
            names = self._page.line(", ".join(functions))
            text = f"{'  ' * depth}{len(functions)} functions  {names}"
            yield self._page.paint(self._page.fit(text, self._room), "2")
        left = node.size - len(members) - (len(functions) if len(functions) > 1 else 0)
        if left > 0:
            more = f"{'  ' * depth}{self._page.glyphs.ellipsis} {left:,}{'' if node.exact else '+'} more"
            yield self._page.paint(more, "2")

    def _member(self, key: Key, node: Node, depth: int, width: int) -> Iterator[str]:
        indent, name = "  " * depth, self._key(key)
        if not self._is_block(node, depth):
            head = f"{indent}{self._page.paint(pad(name, width), '34')}  "
            yield f"{head}{self._value(node, len(indent) + max(width, width_of(name)) + 2)}".rstrip()
            return
        if node.nested and depth >= _DEEPEST:
            yield f"{indent}{self._page.paint(name, '34')}  {_folded(node, self._page.glyphs.ellipsis)}"
            return
        count = f"  [{node.size:,}{'' if node.exact else '+'}]" if node.kind == LIST else ""
        yield f"{indent}{self._page.paint(name, '34')}{self._page.paint(count, '2')}"
        yield from self._members(node, depth + 1)

    def _is_block(self, node: Node, depth: int) -> bool:
        """Whether the members of *node* stand below it."""
        return node.nested and self._inline(node) is None

    def _inline(self, node: Node) -> str | None:
        """A short list of scalars as one line, None for all else."""
        if node.kind != LIST or node.size > _INLINE // 2:
            return None
        items = [item for _, item in node.members(node.size)]
        if any(item.nested or (item.kind == "text" and "\n" in str(item.value)) for item in items):
            return None
        text = ", ".join(map(scalar_text, items))
        return f"[{text}]" if len(text) <= _INLINE else None

    def _value(self, node: Node, column: int) -> str:
        if node.nested:
            return self._page.fit(self._page.line(self._inline(node) or ""), max(8, self._room - column))
        text = scalar_text(node)
        lines = text.rstrip("\n").split("\n", 3) if node.kind == "text" else [text]
        shown = lines[0] if len(lines) == 1 else "\n".join(lines)
        shown = '""' if node.kind == "text" and not text else self._page.line(shown)
        note = "" if node.exact else f" ({size(node.size)})"
        shown = self._page.fit(shown, max(8, self._room - column - len(note)))
        return self._page.paint(shown, _COLOURS.get(node.kind, "")) + self._page.paint(note, "2")

    def _key(self, key: Key) -> str:
        text = self._page.line(str(key)) or '""'
        return self._page.fit(text, _WIDEST_KEY * 2)


def _folded(node: Node, ellipsis: str) -> str:
    count = f"{node.size:,}{'' if node.exact else '+'}"
    return f"{{{ellipsis} {count} members}}" if node.kind == MAP else f"[{ellipsis} {count} items]"

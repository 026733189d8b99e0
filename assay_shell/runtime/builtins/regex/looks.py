"""Word boundaries of one side, written with the plain ones where the neighbouring parts allow it.

RE2 knows `\\b` and `\\B` only. Between parts whose nearest characters are known, `\\b{start}` and the others
say the same as one of those, always or never: `\\b{start}\\w+` is `\\b\\w+`.
"""

from __future__ import annotations

from assay_shell.runtime.builtins.regex.charset import WORD, CharSet, single, union
from assay_shell.runtime.builtins.regex.syntax import (
    CRLF_LINE_END,
    CRLF_LINE_START,
    LINE_END,
    LINE_START,
    NO_WORD_EDGE,
    TEXT_END,
    TEXT_START,
    WORD_EDGE,
    WORD_END,
    WORD_END_HALF,
    WORD_START,
    WORD_START_HALF,
    Alternate,
    Capture,
    Chars,
    Concat,
    Literal,
    Look,
    Node,
    Repeat,
)

ALWAYS = "always"
NEVER = "never"

INSIDE = "word character"
OUTSIDE = "other character or none"

EDGES_BEFORE = frozenset({TEXT_START, LINE_START, CRLF_LINE_START})
EDGES_AFTER = frozenset({TEXT_END, LINE_END, CRLF_LINE_END})
REACH = 8
"""How many parts to look at on each side: conditions may stand in a row, and each of them asks."""

# For each boundary, what it comes to when a side is known: (side, what is there) -> the plain form.
PLAIN = {
    WORD_START: {
        ("after", INSIDE): WORD_EDGE,
        ("before", OUTSIDE): WORD_EDGE,
        ("after", OUTSIDE): NEVER,
        ("before", INSIDE): NEVER,
    },
    WORD_END: {
        ("before", INSIDE): WORD_EDGE,
        ("after", OUTSIDE): WORD_EDGE,
        ("before", OUTSIDE): NEVER,
        ("after", INSIDE): NEVER,
    },
    WORD_START_HALF: {
        ("after", INSIDE): WORD_EDGE,
        ("after", OUTSIDE): NO_WORD_EDGE,
        ("before", OUTSIDE): ALWAYS,
        ("before", INSIDE): NEVER,
    },
    WORD_END_HALF: {
        ("before", INSIDE): WORD_EDGE,
        ("before", OUTSIDE): NO_WORD_EDGE,
        ("after", OUTSIDE): ALWAYS,
        ("after", INSIDE): NEVER,
    },
}


def plain_form(kind: str, before: list[Node], after: list[Node]) -> str | None:
    """Return what the boundary *kind* comes to between the parts *before* and *after* it.

    That is WORD_EDGE, NO_WORD_EDGE, ALWAYS, NEVER, or None where the neighbours do not tell.
    """
    forms = PLAIN[kind]
    sides = (
        ("before", _side(before[::-1], EDGES_BEFORE, last=True)),
        ("after", _side(after, EDGES_AFTER, last=False)),
    )
    return next((forms[side, what] for side, what in sides if what is not None), None)


def neighbours(parts: list[Node], place: int) -> tuple[list[Node], list[Node]]:
    """Return the nearest of *parts* before and after the one at *place*, in their order."""
    return parts[max(0, place - REACH) : place], parts[place + 1 : place + 1 + REACH]


def _side(parts: list[Node], edges: frozenset[str], *, last: bool) -> str | None:
    for part in parts:
        if isinstance(part, Look):
            if part.kind in edges:
                return OUTSIDE
            continue
        nearest = _nearest(part, last=last)
        if nearest is None:
            return None
        if nearest.is_within(WORD):
            return INSIDE
        return OUTSIDE if nearest.is_apart(WORD) else None
    return None


def _nearest(node: Node, *, last: bool) -> CharSet | None:
    """The characters that *node* can start with (or end with, for *last*); None if it may match no text."""
    if isinstance(node, Literal):
        return single(node.code)
    if isinstance(node, Chars):
        return node.members
    if isinstance(node, Capture):
        return _nearest(node.part, last=last)
    if isinstance(node, Repeat):
        return _nearest(node.part, last=last) if node.low else None
    if isinstance(node, Alternate):
        found = [_nearest(part, last=last) for part in node.parts]
        known = [members for members in found if members is not None]
        return union(known) if len(known) == len(found) else None
    if isinstance(node, Concat):
        solid = [part for part in node.parts if not isinstance(part, Look)]
        return _nearest(solid[-1 if last else 0], last=last) if solid else None
    return None

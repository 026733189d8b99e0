"""Which candidates fit what was typed, and in which order they are shown."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay_shell.session.completion.answers import Candidate

_MOST = 200
"""Nobody reads longer menus."""

METAMETHODS = frozenset(
    (
        "__index", "__newindex", "__call", "__pairs", "__ipairs", "__len", "__tostring", "__name", "__metatable",
        "__mode", "__gc", "__close", "__eq", "__lt", "__le", "__concat", "__unm", "__add", "__sub", "__mul", "__div",
        "__mod", "__pow", "__idiv", "__band", "__bor", "__bxor", "__shl", "__shr", "__bnot",
    )
)  # fmt: skip
"""Keys that are the machinery of a table and no members of it."""

EXACT, ANY_CASE, PART, INSIDE, SCATTERED = range(5)


def fit(typed: str, name: str) -> int | None:
    """How well *name* fits: it begins so, begins so in another case, a part of it does, it holds it, or its letters.

    Smaller is better, None is no fit.
    """
    if name.startswith(typed):
        return EXACT
    small, wanted = name.lower(), typed.lower()
    at = small.find(wanted)
    if at == 0:
        return ANY_CASE
    if at > 0:
        return PART if _begins_part(name, at) or _later_part(name, small, wanted, at) else INSIDE
    return SCATTERED if _has_in_order(small, wanted) else None


def best(typed: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The *candidates* that fit what was *typed*: best first, equals by name, private names last."""
    found = []
    for candidate in candidates:
        name = candidate.shown
        if name in METAMETHODS:
            continue
        how = fit(typed, name)
        if how is not None:
            private = name.startswith("_") and not typed.startswith("_")
            found.append((private, how, name.lower(), name, candidate))
    if typed and any(how <= INSIDE for _, how, *_ in found):  # scattered letters are a guess for want of better
        found = [entry for entry in found if entry[1] <= INSIDE or entry[3][:1].lower() == typed[:1].lower()]
    found.sort(key=lambda entry: entry[:4])
    return [entry[4] for entry in found[:_MOST]]


def _begins_part(name: str, at: int) -> bool:
    """Whether a word of a name starts at that place: behind `_`, `-`, `.`, or with a capital."""
    return name[at - 1] in "_-./" or (name[at].isupper() and not name[at - 1].isupper())


def _later_part(name: str, small: str, wanted: str, at: int) -> bool:
    while (at := small.find(wanted, at + 1)) > 0:
        if _begins_part(name, at):
            return True
    return False


def _has_in_order(name: str, letters: str) -> bool:
    at = -1
    for letter in letters:
        at = name.find(letter, at + 1)
        if at < 0:
            return False
    return True

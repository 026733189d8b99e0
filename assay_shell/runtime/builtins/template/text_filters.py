"""Filters that make text: case, blanks, splitting and joining, escaping."""

from __future__ import annotations

import re

from assay_shell.runtime.builtins.template.arguments import takes
from assay_shell.runtime.builtins.template.failure import invalid
from assay_shell.runtime.builtins.template.model import Items, Safe, is_iterable, iterate, kind_of
from assay_shell.runtime.builtins.template.printf import format_printf
from assay_shell.runtime.builtins.template.text import display, escape_html, inspect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.template.state import State

BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""White space as Unicode defines it; Python's own idea has four control characters more."""

PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
BLANK = re.compile(f"[{BLANKS}]+")
WORD = re.compile(f"[^{re.escape(PUNCTUATION)}{BLANKS}]+")


@takes("text")
def upper(state: State, text: str) -> object:
    """In capitals."""
    state.budget.make(len(text))
    return text.upper()


@takes("text")
def lower(state: State, text: str) -> object:
    """In small letters."""
    state.budget.make(len(text))
    return text.lower()


@takes("text")
def capitalize(state: State, text: str) -> object:
    """With the first letter in upper case and the others in lower case."""
    state.budget.make(len(text))
    return text[:1].upper() + text[1:].lower()


@takes("text")
def title(state: State, text: str) -> object:
    """With every word as `capitalize` writes it; a word ends at a blank or an ASCII punctuation mark."""
    state.budget.make(len(text))
    return WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), text)


@takes("text", "text", "text")
def replace(state: State, text: str, old: str, new: str) -> object:
    """With *new* in place of every *old*."""
    state.budget.make(len(text) + text.count(old) * len(new))
    return str(text).replace(old, new)


@takes("text", "text?")
def trim(state: State, text: str, characters: str | None) -> object:
    """Without blanks, or without *characters*, at both ends."""
    state.budget.make(len(text))
    return str(text) if characters == "" else str(text).strip(characters or BLANKS)


@takes("value", "text?")
def join(state: State, value: object, joiner: str | None) -> object:
    """The items of a list, keys of a map or characters of a text as one text, with *joiner* between them.

    Raises:
        Failure: *value* cannot be looped over.
    """
    if not is_iterable(value):
        raise invalid(f"cannot join value of type {kind_of(value)}")
    parts = [display(state.budget, item) for item in iterate(value)]
    state.budget.make(sum(map(len, parts)) + len(joiner or "") * len(parts) + len(parts))
    return (joiner or "").join(parts)


@takes("string", "string?", "integer?")
def split(state: State, text: str, separator: str | None, limit: int | None) -> object:
    """The parts of *text* between *separator*s or blanks; after *limit* splits the rest stays whole."""
    state.budget.make(len(text) + 2)
    splits = -1 if limit is None or limit < 0 else limit
    if separator is None:
        return Items(_words(text, splits))
    if separator:
        return Items(list(text.split(separator, splits)))
    parts = ["", *text, ""]
    if 0 <= splits < len(parts) - 1:
        parts[splits:] = ["".join(parts[splits:])]
    return Items(list(parts))


def _words(text: str, splits: int) -> list[object]:
    stripped = text.strip(BLANKS) if splits < 0 else text.lstrip(BLANKS)
    if splits == 0:
        return [stripped] if stripped else []
    words = BLANK.split(stripped, max(splits, 0))
    return list(words if words[-1] else words[:-1])


@takes("string")
def lines(state: State, text: str) -> object:
    """The lines of *text*, without their ends."""
    state.budget.make(len(text))
    parts = text.split("\n")
    if not parts[-1]:
        parts.pop()
    return [part.removesuffix("\r") for part in parts]


@takes("text", "size", "flag?", "flag?")
def indent(state: State, text: str, width: int, first: bool | None, blank: bool | None) -> object:  # noqa: FBT001
    """Every line but the first moved *width* blanks to the right; *first* moves it too, *blank* also empty lines."""
    rows = text.removesuffix("\n").removesuffix("\r").split("\n")
    state.budget.make(len(text) + width * len(rows))
    margin = " " * width
    moved = [margin + row if row or blank else row for row in rows]
    result = "\n".join(moved if first else [rows[0], *moved[1:]])
    return result.removesuffix("\r")


@takes("value")
def string(state: State, value: object) -> object:
    """As text, as it prints."""
    return value if isinstance(value, str) else display(state.budget, value)


@takes("value")
def escape(state: State, value: object) -> object:
    """With `& < > " ' /` as HTML entities, unless it is marked as safe."""
    return escape_html(state.budget, value)


@takes("text")
def safe(state: State, text: str) -> object:
    """Marked as HTML that is not to be escaped again."""
    return Safe(text)


@takes("value")
def pprint(state: State, value: object) -> object:
    """As it prints inside a list, each item on a line of its own."""
    return inspect(state.budget, value, pretty=True)


@takes("string", "*values")
def format_text(state: State, pattern: str, *values: object) -> object:
    """*pattern* filled in as C's printf does: `"%05.1f %s"|format(x, y)`, or `%(name)s` from one map.

    Raises:
        Failure: the pattern is wrong, or does not fit the values.
    """
    return format_printf(state.budget, pattern, list(values))

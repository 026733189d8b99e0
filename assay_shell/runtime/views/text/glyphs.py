"""The signs that drawings in text are made of, by what an output can carry."""

from __future__ import annotations

from dataclasses import dataclass

from assay_shell.runtime.redact import MASK


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Signs of one column each; *levels* rise from the lowest to the highest."""

    ellipsis: str
    levels: str
    full: str
    empty: str
    corner: str
    bar: str
    mask: str
    between: str


RICH = Glyphs("…", "▁▂▃▄▅▆▇█", "█", "░", "┌─", "│", MASK, "·")
ASCII = Glyphs("...", "_.-~=+*#", "#", "-", "--", "|", "*" * len(MASK), "-")


def glyphs_for(encoding: str) -> Glyphs:
    """The signs that *encoding* can carry; plain ones where it is unknown."""
    try:
        "…▁▂▃▄▅▆▇█░┌─│•·".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return RICH

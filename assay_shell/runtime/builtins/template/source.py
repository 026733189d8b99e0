"""Template text before anything has read it."""

from __future__ import annotations

TAGS = ("{{", "{%", "{#")


def has_tags(source: str) -> bool:
    """Whether anything in *source* is more than text."""
    return any(tag in source for tag in TAGS)


def without_last_line_end(source: str) -> str:
    """*source* without the one line end that a template may finish with."""
    return source.removesuffix("\n").removesuffix("\r")

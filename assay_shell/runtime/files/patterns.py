"""Patterns for one path component: `*`, `?`, `[a-z]`, `[!x]`.

A pattern is cut at its stars into segments: the first must stand at the start of a name, the last at its end,
and each of the others at the leftmost place where it fits, so that no pattern can make matching slow. The
standard library's way, `fnmatch`, imports `re` and also knows other rules for what is invalid.
"""

from __future__ import annotations

from assay_shell.runtime.errors import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SPECIAL = frozenset("*?[")


class PatternError(ValueError):
    """The pattern means nothing."""


class CharacterSet:
    """What `[...]` accepts: some characters, or with `!` all others."""

    __slots__ = ("_negated", "_ranges")

    def __init__(self, members: str, *, negated: bool) -> None:
        self._negated = negated
        self._ranges = tuple(_ranges(members))

    def __contains__(self, character: str) -> bool:
        return any(low <= character <= high for low, high in self._ranges) is not self._negated


def _ranges(members: str) -> Iterator[tuple[str, str]]:
    """The pairs that *members* spells; a `-` at either end stands for itself."""
    index = 0
    while index < len(members):
        if members[index + 1 : index + 2] == "-" and index + 2 < len(members):
            yield members[index], members[index + 2]
            index += 3
        else:
            yield members[index], members[index]
            index += 1


ANY = CharacterSet("", negated=True)
"""What `?` accepts."""

if TYPE_CHECKING:
    Segment = str | tuple[str | CharacterSet, ...]


class NamePattern:
    """A compiled component with wildcards."""

    __slots__ = ("_first", "_last", "_middle")

    def __init__(self, text: str) -> None:
        """Compile *text*.

        Raises:
            PatternError: a `[` is never closed, or `**` has company.
        """
        segments = _segments(text)
        self._first = segments[0]
        self._middle = segments[1:-1]
        self._last = segments[-1] if len(segments) > 1 else None

    def matches(self, name: str) -> bool:
        """Whether the whole of *name* fits. A leading dot is nothing special."""
        if self._last is None:
            return len(name) == len(self._first) and _stands(self._first, name, 0)
        at, end = len(self._first), len(name) - len(self._last)
        if end < at or not _stands(self._first, name, 0) or not _stands(self._last, name, end):
            return False
        for segment in self._middle:
            at = _find(segment, name, at, end)
            if at < 0:
                return False
            at += len(segment)
        return True


def _segments(text: str) -> list[Segment]:
    if "**" in text:
        raise PatternError(f'"**" has to stand alone between slashes, not as in {quoted(text)}')
    segments: list[Segment] = []
    current: list[str | CharacterSet] = []
    index = 0
    while index < len(text):
        character = text[index]
        if character == "*":
            segments.append(_segment(current))
            current = []
        elif character == "?":
            current.append(ANY)
        elif character == "[":
            members, index = _character_set(text, index)
            current.append(members)
        else:
            current.append(character)
        index += 1
    segments.append(_segment(current))
    return segments


def _segment(parts: Sequence[str | CharacterSet]) -> Segment:
    """Text where there is nothing but text: the fast case."""
    text = [part for part in parts if isinstance(part, str)]
    return "".join(text) if len(text) == len(parts) else tuple(parts)


def _character_set(text: str, opened: int) -> tuple[CharacterSet, int]:
    """The set that opens at *opened*, and where it closes; a `]` right after the opening is a member."""
    negated = text[opened + 1 : opened + 2] == "!"
    start = opened + 2 if negated else opened + 1
    closed = text.find("]", start + 1)
    if closed < 0:
        raise PatternError(f'a "[" is never closed in {quoted(text)}')
    return CharacterSet(text[start:closed], negated=negated), closed


def _stands(segment: Segment, name: str, at: int) -> bool:
    if isinstance(segment, str):
        return name.startswith(segment, at)
    return all(
        character == part if isinstance(part, str) else character in part
        for part, character in zip(segment, name[at : at + len(segment)], strict=True)
    )


def _find(segment: Segment, name: str, start: int, end: int) -> int:
    """Where *segment* first fits between *start* and *end*; -1 where it does not."""
    if isinstance(segment, str):
        return name.find(segment, start, end)
    last = end - len(segment)
    return next((at for at in range(start, last + 1) if _stands(segment, name, at)), -1)

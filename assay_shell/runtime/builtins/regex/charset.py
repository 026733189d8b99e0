"""Sets of code points, kept as sorted ranges, with the named classes of the dialect."""

from __future__ import annotations

from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LAST_CODE = 0x10FFFF
CASE_GAP = 0x20
"""Distance between an ASCII capital and its small letter."""


class CharSet:
    """An immutable set of code points."""

    __slots__ = ("_starts", "ranges")

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self.ranges = _merged(ranges)
        self._starts = [low for low, _ in self.ranges]

    def __contains__(self, code: int) -> bool:
        place = bisect_right(self._starts, code) - 1
        return place >= 0 and code <= self.ranges[place][1]

    def negated(self) -> CharSet:
        """Return every code point that is not in this set."""
        gaps = []
        follow = 0
        for low, high in self.ranges:
            if low > follow:
                gaps.append((follow, low - 1))
            follow = high + 1
        if follow <= LAST_CODE:
            gaps.append((follow, LAST_CODE))
        return CharSet(gaps)

    def folded(self) -> CharSet:
        """Return this set and the other case of its ASCII letters."""
        extra = [
            *_shifted(self.ranges, ord("A"), ord("Z"), CASE_GAP),
            *_shifted(self.ranges, ord("a"), ord("z"), -CASE_GAP),
        ]
        return CharSet([*self.ranges, *extra])

    def is_within(self, other: CharSet) -> bool:
        """Return whether *other* holds every member of this set."""
        return self.is_apart(other.negated())

    def is_apart(self, other: CharSet) -> bool:
        """Return whether no code point is in both sets."""
        return not any(low <= end and start <= high for low, high in self.ranges for start, end in other.ranges)


def union(sets: Iterable[CharSet]) -> CharSet:
    """Return the set of what is in any of *sets*."""
    return CharSet([pair for members in sets for pair in members.ranges])


def single(code: int) -> CharSet:
    """Return the set that holds *code* alone."""
    return CharSet([(code, code)])


def _merged(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _shifted(ranges: Iterable[tuple[int, int]], first: int, last: int, by: int) -> list[tuple[int, int]]:
    cut = ((max(low, first), min(high, last)) for low, high in ranges)
    return [(low + by, high + by) for low, high in cut if low <= high]


def _of(*spans: str) -> CharSet:
    return CharSet([(ord(span[0]), ord(span[-1])) for span in spans])


ANY = CharSet([(0, LAST_CODE)])
NOT_NEWLINE = _of("\n").negated()
NOT_LINE_BREAK = _of("\n", "\r").negated()
DIGIT = _of("09")
WORD = _of("09", "AZ", "az", "_")
SPACE = _of("\t\r", " ")  # \v and \f lie between

PERL = {
    "d": DIGIT,
    "D": DIGIT.negated(),
    "s": SPACE,
    "S": SPACE.negated(),
    "w": WORD,
    "W": WORD.negated(),
}

POSIX = {
    "alnum": _of("09", "AZ", "az"),
    "alpha": _of("AZ", "az"),
    "ascii": _of("\0\x7f"),
    "blank": _of("\t", " "),
    "cntrl": _of("\0\x1f", "\x7f"),
    "digit": DIGIT,
    "graph": _of("!~"),
    "lower": _of("az"),
    "print": _of(" ~"),
    "punct": _of("!/", ":@", "[`", "{~"),
    "space": SPACE,
    "upper": _of("AZ"),
    "word": WORD,
    "xdigit": _of("09", "AF", "af"),
}

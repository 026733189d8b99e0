"""Compiled patterns: how they are searched for, one match after the other, and the cache of them.

Everything here works on UTF-8 and byte offsets. RE2's Python wrapper spends most of its time on encoding text and
counting characters, so its extension module is called directly.
"""

from __future__ import annotations

from _thread import allocate_lock

from re2._re2 import RE2

from assay_shell.runtime.builtins.regex.machine import Machine
from assay_shell.runtime.builtins.regex.parser import parse
from assay_shell.runtime.builtins.regex.syntax import PatternError
from assay_shell.runtime.builtins.regex.translate import Translation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Span = tuple[int, int]
    Find = Callable[[bytes, int], list[Span] | None]

CACHE_ROOM = 128
"""How many ordinary patterns stay compiled."""
LARGE_WEIGHT = 8
"""How many ordinary patterns a large one counts for."""

MEMORY = 8 << 20
"""Bytes that RE2 may use for one pattern."""
LARGE_MEMORY = 16 << 20

ANYWHERE = RE2.Anchor.UNANCHORED
UNSET = (-1, -1)


class Program:
    """A compiled pattern.

    Attributes:
        group_count: how many groups it has.
        names: the numbers of its named groups.
        weight: what it counts for in the cache.
    """

    def __init__(self, text: str) -> None:
        """Compile *text*.

        Raises:
            PatternError: the pattern is not valid, not supported, or too big.
        """
        pattern = parse(text)
        self.group_count = pattern.group_count
        self.names = pattern.names
        self._translation = Translation(pattern.root)
        self._match, self.weight = _compiled(self._translation.text, capture=False)
        self._match_groups: Callable[..., list[Span]] | None = None
        self._machine = None if self._translation.exact else Machine(pattern.root, self.group_count, self._candidate)

    def find(self, text: bytes, place: int = 0) -> list[Span] | None:
        """Return the span of the first match in *text* from *place* on, as the only item of a list, or None."""
        if self._machine is not None:
            found = self._machine.find(text, place)
            return found and found[:1]
        return _search(self._match, text, place)

    def find_groups(self, text: bytes, place: int = 0) -> list[Span] | None:
        """Return the spans of the first match and of its groups, (-1, -1) for a group without part in it, or None."""
        if self._machine is not None:
            return self._machine.find(text, place)
        if self._match_groups is None:
            self._match_groups, _ = _compiled(self._translation.text, capture=True)
        spans = _search(self._match_groups, text, place)
        if spans is None or len(spans) == self.group_count + 1:
            return spans
        return self._gathered(spans)

    def _gathered(self, spans: list[Span]) -> list[Span]:
        """Give each group the span of the last of its copies in the translation that took part."""
        gathered = [spans[0], *[UNSET] * self.group_count]
        for index, span in zip(self._translation.groups, spans[1:], strict=True):
            if span != UNSET:
                gathered[index] = span
        return gathered

    def _candidate(self, text: bytes, place: int) -> int | None:
        spans = _search(self._match, text, place)
        return None if spans is None else spans[0][0]


def each(find: Find, text: bytes) -> Iterator[list[Span]]:
    """Yield what *find* finds in *text*, one match after the other without overlap.

    An empty match right behind the match before it does not count.
    """
    place = 0
    last = -1
    while place <= len(text):
        spans = find(text, place)
        if spans is None:
            return
        start, end = spans[0]
        if start != end:
            yield spans
            place = last = end
        else:
            if start != last:
                yield spans
            place = _next_character(text, end)


class Cache:
    """Compiled patterns by their text; those compiled first make room for new ones."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._used = 0
        self._programs: dict[bytes, Program] = {}
        self._lock = allocate_lock()  # several runtimes may live in several threads

    def program(self, pattern: bytes) -> Program:
        """Return the program of *pattern*.

        Raises:
            PatternError: it cannot be compiled.
            UnicodeDecodeError: it is not UTF-8.
        """
        return self._programs.get(pattern) or self._add(pattern)

    def _add(self, pattern: bytes) -> Program:
        program = Program(pattern.decode())
        with self._lock:
            if pattern not in self._programs:
                self._programs[pattern] = program
                self._used += program.weight
            while self._used > self._room:
                oldest = next(iter(self._programs))
                self._used -= self._programs.pop(oldest).weight
        return program


CACHE = Cache(CACHE_ROOM)
"""The one cache of the process: a program depends on nothing but the text of its pattern."""


def _search(match: Callable[..., list[Span]], text: bytes, place: int) -> list[Span] | None:
    while True:
        spans = match(ANYWHERE, text, place, len(text))
        start, end = spans[0]
        if start < 0:
            return None
        if start != end or not _splits_character(text, start):
            return spans
        # RE2 sees bytes: \B holds for it between those of one character.
        place = _next_character(text, start)


def _splits_character(text: bytes, place: int) -> bool:
    return place < len(text) and text[place] & 0xC0 == 0x80


def _next_character(text: bytes, place: int) -> int:
    """The start of the next character behind *place*; behind the last one, one more than the length."""
    place += 1
    while _splits_character(text, place):
        place += 1
    return place


def _compiled(pattern: str, *, capture: bool) -> tuple[Callable[..., list[Span]], int]:
    """The search function of RE2 for *pattern*, and its weight in the cache."""
    for memory, weight in ((MEMORY, 1), (LARGE_MEMORY, LARGE_WEIGHT)):
        found = _regexp(pattern, memory, capture=capture)
        if found.ok():
            return found.Match, weight
        if b"too large" not in found.error():
            raise PatternError(found.error().decode())
    raise PatternError("the pattern is too big once it is compiled")


def _regexp(pattern: str, memory: int, *, capture: bool) -> RE2:
    options = RE2.Options()
    options.max_mem = memory
    options.never_capture = not capture  # the span of the whole match alone is found faster
    options.log_errors = False
    return RE2(pattern.encode(), options)

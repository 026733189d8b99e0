"""A small matcher for the few patterns that RE2 cannot express exactly.

It follows all ways through the pattern at once, one character of text at a time, so its time grows with the length
of the text times the size of the pattern, whatever the pattern is. Ways are kept in order of preference; the first
to reach the end of the pattern cuts off those behind it.
"""

from __future__ import annotations

from assay_shell.runtime.builtins.regex import syntax
from assay_shell.runtime.builtins.regex.charset import WORD, single
from assay_shell.runtime.builtins.regex.syntax import (
    Alternate,
    Capture,
    Chars,
    Concat,
    Literal,
    Look,
    Node,
    PatternError,
    Repeat,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.runtime.builtins.regex.charset import CharSet

    Span = tuple[int, int]
    Marks = tuple[int, ...]
    Start = Callable[[bytes, int], int | None]

COST_LIMIT = 20_000
"""Largest pattern this matcher takes on; it is some hundred times slower than RE2."""

CHARS, LOOK, MARK, FORK, JUMP, DONE = range(6)

WORD_BYTES = frozenset(code for code in range(128) if code in WORD)
NONE = -1
"""Stands for the byte before the text and after it."""
CR, LF = 0x0D, 0x0A

# Each condition on a place, from the byte before it and the byte after it.
CONDITIONS: dict[str, Callable[[int, int], bool]] = {
    syntax.TEXT_START: lambda before, after: before == NONE,
    syntax.TEXT_END: lambda before, after: after == NONE,
    syntax.LINE_START: lambda before, after: before in (NONE, LF),
    syntax.LINE_END: lambda before, after: after in (NONE, LF),
    syntax.CRLF_LINE_START: lambda before, after: before in (NONE, LF) or (before == CR and after != LF),
    syntax.CRLF_LINE_END: lambda before, after: after in (NONE, CR) or (after == LF and before != CR),
    syntax.WORD_EDGE: lambda before, after: (before in WORD_BYTES) != (after in WORD_BYTES),
    syntax.NO_WORD_EDGE: lambda before, after: (before in WORD_BYTES) == (after in WORD_BYTES),
    syntax.WORD_START: lambda before, after: before not in WORD_BYTES and after in WORD_BYTES,
    syntax.WORD_END: lambda before, after: before in WORD_BYTES and after not in WORD_BYTES,
    syntax.WORD_START_HALF: lambda before, after: before not in WORD_BYTES,
    syntax.WORD_END_HALF: lambda before, after: after not in WORD_BYTES,
}


class _Step:
    """One instruction: what *kind* says, and the operands that this kind has."""

    __slots__ = ("condition", "kind", "members", "other", "target")

    def __init__(
        self,
        kind: int,
        target: int = 0,
        *,
        members: CharSet | None = None,
        condition: Callable[[int, int], bool] | None = None,
    ) -> None:
        self.kind = kind
        self.target = target
        self.other = 0
        self.members = members
        self.condition = condition


class Machine:
    """A pattern made ready for this matcher."""

    def __init__(self, root: Node, group_count: int, start: Start) -> None:
        """Prepare the pattern *root*; *start* gives the next place where a match may begin, None when there is none.

        Raises:
            PatternError: the pattern is too big.
        """
        if root.cost > COST_LIMIT:
            raise PatternError("the pattern is too big for the boundaries or lazy repetitions in it")
        self.steps = _assembled(root)
        self.unset: Marks = (NONE,) * (2 * group_count + 2)
        self.start = start

    def find(self, text: bytes, place: int) -> list[Span] | None:
        """Return the spans of all groups, the whole match first, of the first match from *place* on, or None."""
        found: Marks | None = None
        ways: dict[int, Marks] = {}
        while True:
            if found is None:
                start = place if ways else self.start(text, place)
                if start is None:
                    return None
                place = start
                self._follow(ways, 0, text, place, self.unset)
            if not ways:
                break
            code, width = _character(text, place)
            ways, done = self._advance(ways, code, text, place + width)
            found = done or found
            if code == NONE:
                break
            place += width
        return None if found is None else list(zip(found[::2], found[1::2], strict=True))

    def _advance(
        self, ways: dict[int, Marks], code: int, text: bytes, place: int
    ) -> tuple[dict[int, Marks], Marks | None]:
        """Take every way over *code* to *place*; the second result is the way that was at the end, if one was."""
        further: dict[int, Marks] = {}
        for at, marks in ways.items():
            step = self.steps[at]
            if step.kind == DONE:
                return further, marks
            if step.members is not None and code in step.members:
                self._follow(further, at + 1, text, place, marks)
        return further, None

    def _follow(self, ways: dict[int, Marks], at: int, text: bytes, place: int, marks: Marks) -> None:
        """Add to *ways* all steps that can be reached from *at* without taking up text, the preferred ones first."""
        before = text[place - 1] if place else NONE
        after = text[place] if place < len(text) else NONE
        waiting = [(at, marks)]
        while waiting:
            at, marks = waiting.pop()
            while at not in ways:
                ways[at] = marks
                step = self.steps[at]
                if step.kind == FORK:
                    waiting.append((step.other, marks))
                    at = step.target
                elif step.kind == JUMP:
                    at = step.target
                elif step.kind == MARK:
                    marks = (*marks[: step.target], place, *marks[step.target + 1 :])
                    at += 1
                elif step.condition is not None and step.condition(before, after):
                    at += 1
                else:
                    break


def _assembled(root: Node) -> list[_Step]:
    assembler = _Assembler()
    assembler.add(Capture(0, root))
    assembler.steps.append(_Step(DONE))
    return assembler.steps


class _Assembler:
    """Turns a tree into steps."""

    def __init__(self) -> None:
        self.steps: list[_Step] = []
        self.adders: dict[type[Node], Callable[..., None]] = {
            Literal: lambda node: self._step(_Step(CHARS, members=single(node.code))),
            Chars: lambda node: self._step(_Step(CHARS, members=node.members)),
            Look: lambda node: self._step(_Step(LOOK, condition=CONDITIONS[node.kind])),
            Capture: self._capture,
            Concat: self._concat,
            Alternate: self._alternate,
            Repeat: self._repeat,
        }

    def add(self, node: Node) -> None:
        self.adders[type(node)](node)

    def _step(self, step: _Step) -> None:
        self.steps.append(step)

    def _capture(self, node: Capture) -> None:
        self._step(_Step(MARK, 2 * node.index))
        self.add(node.part)
        self._step(_Step(MARK, 2 * node.index + 1))

    def _concat(self, node: Concat) -> None:
        for part in node.parts:
            self.add(part)

    def _alternate(self, node: Alternate) -> None:
        exits = []
        for part in node.parts[:-1]:
            fork = self._fork()
            self.add(part)
            exits.append(_Step(JUMP))
            self._step(exits[-1])
            self._aim(fork, len(self.steps), greedy=True)
        self.add(node.parts[-1])
        for leave in exits:
            leave.target = len(self.steps)

    def _repeat(self, node: Repeat) -> None:
        for _ in range(node.low if node.high is not None else node.low - 1):
            self.add(node.part)
        forks = []
        if node.high is None:
            # x* is (x+)?: a part that can match no text then counts as one round, not as none.
            forks += [self._fork()] if node.low == 0 else []
            start = len(self.steps)
            self.add(node.part)
            forks.append(self._fork(start))
        for _ in range(0 if node.high is None else node.high - node.low):
            forks.append(self._fork())
            self.add(node.part)
        for fork in forks:
            self._aim(fork, len(self.steps), greedy=node.greedy)

    def _fork(self, target: int | None = None) -> _Step:
        """Add a fork that enters the part after it, or the one at *target*; the other way is set by `_aim`."""
        fork = _Step(FORK)
        self._step(fork)
        fork.target = len(self.steps) if target is None else target
        return fork

    def _aim(self, fork: _Step, other: int, *, greedy: bool) -> None:
        fork.other = other
        if not greedy:
            fork.target, fork.other = fork.other, fork.target


def _character(text: bytes, place: int) -> tuple[int, int]:
    """The code point at *place* and how many bytes it takes; NONE and 0 at the end."""
    if place >= len(text):
        return NONE, 0
    lead = text[place]
    if lead < 0x80:
        return lead, 1
    width = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    return ord(text[place : place + width].decode()), width

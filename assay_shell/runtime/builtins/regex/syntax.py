"""The parts a parsed pattern is made of, and the two ways it can be refused."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.regex.charset import CharSet

COST_LIMIT = 250_000
"""Largest number of single-character steps a pattern may unfold to."""

HEIGHT_LIMIT = 200
"""Deepest nesting; what walks the tree recurses, so this keeps it off Python's own limit."""

TEXT_START = "text start"
TEXT_END = "text end"
LINE_START = "line start"
LINE_END = "line end"
CRLF_LINE_START = "line start, CR LF counts as one break"
CRLF_LINE_END = "line end, CR LF counts as one break"
WORD_EDGE = "word edge"
NO_WORD_EDGE = "no word edge"
WORD_START = "word start"
WORD_END = "word end"
WORD_START_HALF = "no word character before"
WORD_END_HALF = "no word character after"


class PatternError(ValueError):
    """A pattern that cannot be used; the text of the error is the reason."""


class Node:
    """A part of a pattern.

    *height* counts the levels below and including this one, *cost* the steps that matching it once can take.
    """

    __slots__ = ("cost", "height")

    def __init__(self, cost: int, *parts: Node) -> None:
        self.height: int = 1 + max((part.height for part in parts), default=0)
        self.cost = cost
        if cost > COST_LIMIT:
            raise PatternError("the pattern is too big once its repetitions are unfolded")
        if self.height > HEIGHT_LIMIT:
            raise PatternError("the pattern is nested too deeply")


class Literal(Node):
    """One given code point."""

    __slots__ = ("code",)

    def __init__(self, code: int) -> None:
        super().__init__(1)
        self.code = code


class Chars(Node):
    """Any one code point of a set."""

    __slots__ = ("members",)

    def __init__(self, members: CharSet) -> None:
        super().__init__(max(1, len(members.ranges)))
        self.members = members


class Look(Node):
    """A condition on the place, which takes up no text: one of the constants above."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        super().__init__(1)
        self.kind = kind


class Capture(Node):
    """A numbered group."""

    __slots__ = ("index", "part")

    def __init__(self, index: int, part: Node) -> None:
        super().__init__(part.cost + 2, part)
        self.index = index
        self.part = part


class Concat(Node):
    """Parts one after the other; none at all matches the empty text."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[Node]) -> None:
        super().__init__(1 + sum(part.cost for part in parts), *parts)
        self.parts = parts


class Alternate(Node):
    """The first of several parts that leads to a match."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[Node]) -> None:
        super().__init__(sum(part.cost + 1 for part in parts), *parts)
        self.parts = parts


class Repeat(Node):
    """A part *low* to *high* times (None: without end), as often or as seldom as possible."""

    __slots__ = ("greedy", "high", "low", "part")

    def __init__(self, part: Node, low: int, high: int | None, *, greedy: bool) -> None:
        most = max(low, 1) if high is None else high
        super().__init__(1 + most * (part.cost + 1), part)
        self.part = part
        self.low = low
        self.high = high
        self.greedy = greedy


class Pattern:
    """A whole parsed pattern: its tree, how many groups it has, and the numbers of the named ones."""

    __slots__ = ("group_count", "names", "root")

    def __init__(self, root: Node, group_count: int, names: dict[str, int]) -> None:
        self.root = root
        self.group_count = group_count
        self.names = names

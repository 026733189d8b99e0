"""Translation of a parsed pattern into the syntax of RE2.

Classes and letters without case are written out as ranges, since those of RE2 follow other tables. A repetition
beyond RE2's limit is cut into several: `a{2000}` is `a{1000}a{1000}`, so that one group of the pattern may become
several groups of RE2; the last of them that took part holds its text.

Where RE2 has no exact form, the translation is a wider one that matches wherever the pattern does; it then only
tells where to start looking.
"""

from __future__ import annotations

from assay_shell.runtime.builtins.regex import syntax
from assay_shell.runtime.builtins.regex.looks import ALWAYS, NEVER, PLAIN, neighbours, plain_form
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
    from collections.abc import Callable, Iterable

    from assay_shell.runtime.builtins.regex.charset import CharSet

REPEAT_LIMIT = 1000
"""RE2's limit for a repetition, those inside it multiplied in."""
LINK_LIMIT = 500_000
"""How many ways out the steps of a cut repetition may have together: RE2 writes out each of them."""

EMPTY = "(?:)"
NOTHING = r"[^\x{0}-\x{10FFFF}]"
LOOKS = {
    syntax.TEXT_START: r"\A",
    syntax.TEXT_END: r"\z",
    syntax.LINE_START: "(?m:^)",
    syntax.LINE_END: "(?m:$)",
    syntax.WORD_EDGE: r"\b",
    syntax.NO_WORD_EDGE: r"\B",
    ALWAYS: EMPTY,
    NEVER: NOTHING,
}
WIDER_LOOKS = {
    syntax.WORD_START: r"\b",
    syntax.WORD_END: r"\b",
    syntax.WORD_START_HALF: EMPTY,
    syntax.WORD_END_HALF: EMPTY,
    syntax.CRLF_LINE_START: EMPTY,
    syntax.CRLF_LINE_END: EMPTY,
}


class Translation:
    """A pattern in the syntax of RE2.

    Attributes:
        text: the translation.
        groups: for each group of RE2, in order, the number of the pattern's group it stands for.
        exact: whether it finds the same matches; otherwise it matches wherever the pattern does, and maybe elsewhere.
    """

    __slots__ = ("exact", "groups", "text")

    def __init__(self, root: Node) -> None:
        writer = _Writer()
        piece = writer.write(root)
        self.text = piece.text
        self.groups = piece.groups
        self.exact = writer.exact


class _Piece:
    """A part of the translation, and how its repetitions multiply up."""

    __slots__ = ("atomic", "groups", "text", "weight")

    def __init__(self, text: str, *, atomic: bool, weight: int = 1, groups: tuple[int, ...] = ()) -> None:
        self.text = text
        self.atomic = atomic
        self.weight = weight
        self.groups = groups

    @property
    def unit(self) -> str:
        """The text so that an operator after it applies to all of it."""
        return self.text if self.atomic else f"(?:{self.text})"


class _Writer:
    def __init__(self) -> None:
        self.exact = True
        self.writers: dict[type[Node], Callable[..., _Piece]] = {
            Literal: lambda node: _Piece(_letter(node.code), atomic=True),
            Chars: lambda node: _Piece(_bracket(node.members), atomic=True),
            Look: lambda node: self._look(node, [], []),
            Capture: self._capture,
            Concat: self._concat,
            Alternate: self._alternate,
            Repeat: self._repeat,
        }

    def write(self, node: Node) -> _Piece:
        return self.writers[type(node)](node)

    def _look(self, node: Look, before: list[Node], after: list[Node]) -> _Piece:
        kind = node.kind
        if kind in PLAIN:
            kind = plain_form(kind, before, after) or kind
        if kind in LOOKS:
            return _Piece(LOOKS[kind], atomic=True)
        self.exact = False
        return _Piece(WIDER_LOOKS[kind], atomic=True)

    def _capture(self, node: Capture) -> _Piece:
        inner = self.write(node.part)
        return _Piece(f"({inner.text})", atomic=True, weight=inner.weight, groups=(node.index, *inner.groups))

    def _concat(self, node: Concat) -> _Piece:
        pieces = []
        for place, part in enumerate(node.parts):
            if isinstance(part, Look):
                pieces.append(self._look(part, *neighbours(node.parts, place)))
            else:
                pieces.append(self.write(part))
        texts = (
            piece.unit if isinstance(part, Alternate) else piece.text
            for part, piece in zip(node.parts, pieces, strict=True)
        )
        return _joined("".join(texts) or EMPTY, pieces)

    def _alternate(self, node: Alternate) -> _Piece:
        pieces = [self.write(part) for part in node.parts]
        return _joined("|".join(piece.text for piece in pieces), pieces)

    def _repeat(self, node: Repeat) -> _Piece:
        inner = self.write(node.part)
        most = node.low if node.high is None else node.high
        if max(most, 1) * inner.weight <= REPEAT_LIMIT:
            text = inner.unit + _operator(node.low, node.high, greedy=node.greedy)
            weight = inner.weight * max(most, 1)
            return _Piece(text, atomic=False, weight=weight, groups=inner.groups)
        return self._cut(node, inner)

    def _cut(self, node: Repeat, inner: _Piece) -> _Piece:
        """A repetition in as many steps as keep each of them within the limit."""
        size = REPEAT_LIMIT // inner.weight
        required = node.low if node.high is not None else node.low - 1
        texts = [inner.unit + _operator(count, count, greedy=True) for count in _steps(required, size)]
        if node.high is None:
            texts.append(inner.unit + _operator(1, None, greedy=node.greedy))
        else:
            texts += self._optional(node, inner, node.high - node.low, size)
        return _Piece("".join(texts), atomic=False, weight=size * inner.weight, groups=inner.groups * len(texts))

    def _optional(self, node: Repeat, inner: _Piece, count: int, size: int) -> list[str]:
        """What may come *count* times or less, in steps of at most *size*."""
        if count > size and isinstance(node.part, Literal | Chars):
            return [_optional_letters(inner.text, count, greedy=node.greedy)]
        if count > size and not node.greedy:
            self.exact = False  # in steps, a lazy repetition tries its choices in another order
        steps = list(_steps(count, size))
        if count * len(steps) > LINK_LIMIT:
            raise PatternError("the pattern is too big once its repetitions are unfolded")
        return [inner.unit + _operator(0, step, greedy=node.greedy) for step in steps]


def _optional_letters(unit: str, count: int, *, greedy: bool) -> str:
    """Up to *count* times one letter, nested so that leaving takes one jump, not one for each step.

    Whole steps come first, then what is left. A letter leaves no choice but the number, and the numbers still
    come in falling order (lazy: rising).
    """
    size = REPEAT_LIMIT // 2
    whole = (count - size + 1) // size
    operator = _operator(0, 1, greedy=greedy)
    rest = unit + _operator(0, count - whole * size, greedy=greedy)
    return f"(?:{unit}{{{size}}}" * whole + f"){operator}" * whole + rest


def _joined(text: str, pieces: list[_Piece]) -> _Piece:
    weight = max((piece.weight for piece in pieces), default=1)
    return _Piece(text, atomic=False, weight=weight, groups=tuple(index for piece in pieces for index in piece.groups))


def _steps(count: int, size: int) -> Iterable[int]:
    for start in range(0, count, size):
        yield min(size, count - start)


def _operator(low: int, high: int | None, *, greedy: bool) -> str:
    simple = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((low, high))
    if simple is None:
        simple = f"{{{low}}}" if low == high else f"{{{low},{'' if high is None else high}}}"
    return simple if greedy else simple + "?"


def _bracket(members: CharSet) -> str:
    if not members.ranges:
        return NOTHING
    return "[" + "".join(f"{_letter(low)}-{_letter(high)}" for low, high in members.ranges) + "]"


def _letter(code: int) -> str:
    letter = chr(code)
    return letter if letter.isascii() and letter.isalnum() else f"\\x{{{code:x}}}"

"""The words of Lua source, finished or not: kind, place, and how deep each stands in blocks and brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

KEYWORDS = frozenset(
    (
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
        "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
    )
)

_WORDS = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>--(?!\[=*\[)[^\n]*)
  | (?P<long>(?:--)?\[(?P<level>=*)\[)
  | (?P<string>"(?:\\z\s*|\\[\s\S]|[^"\\\n])*"? | '(?:\\z\s*|\\[\s\S]|[^'\\\n])*'?)
  | (?P<number>0[xX][0-9a-fA-F.]*(?:[pP][+-]?[0-9]+)? | (?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<symbol>\.\.\.|\.\.|==|~=|<=|>=|<<|>>|//|::|[-+*/%^\#&~|<>=(){}\[\];:,.]|[\s\S])
    """,
    re.VERBOSE,
)
_OPENING = frozenset("({[")
_CLOSING = frozenset(")}]")
_HEADS = frozenset({"while", "for"})
_OPENERS = frozenset({"function", "if", "repeat", *_HEADS})
_ENDS = frozenset({"end", "until"})


@dataclass(frozen=True, slots=True)
class Token:
    """One word.

    *kind* is `keyword`, `name`, `string`, `number`, `symbol` or `comment`; *start* and *end* are places in the source.
    *depth* counts the blocks and brackets around it; what opens or closes one stands outside of it.
    """

    kind: str
    text: str
    start: int
    end: int
    depth: int


def tokens(source: str, *, comments: bool = False) -> list[Token]:
    """Return the words of *source*; what is unfinished reaches to its end."""
    return _scan(source, comments=comments)[0]


def depth_at_end(source: str) -> int:
    """Return how many blocks and brackets *source* leaves open."""
    return len(_scan(source, comments=False)[1])


def _scan(source: str, *, comments: bool) -> tuple[list[Token], list[str]]:
    """The words, and what is still open behind the last."""
    found: list[Token] = []
    stack: list[str] = []
    for kind, text, start in _words(source):
        if kind == "comment" and not comments:
            continue
        closes = text in _CLOSING if kind == "symbol" else kind == "keyword" and text in _ENDS
        if closes and stack:
            stack.pop()
        found.append(Token(kind, text, start, start + len(text), len(stack)))
        _open(stack, kind, text)
    return found, stack


def _open(stack: list[str], kind: str, text: str) -> None:
    """Note what *text* opens. The `do` of a loop opens nothing: its head did."""
    if text in (_OPENING if kind == "symbol" else _OPENERS if kind == "keyword" else ()):
        stack.append(text)
    elif kind == "keyword" and text == "do":
        if stack and stack[-1] in _HEADS:
            stack[-1] = "do"
        else:
            stack.append("do")


def _words(source: str) -> Iterator[tuple[str, str, int]]:
    at = 0
    while at < len(source):
        match = _WORDS.match(source, at)
        assert match is not None  # the last alternative takes any character
        kind, end = match.lastgroup, match.end()
        if match["long"]:
            comment = match["long"].startswith("--")
            closing = source.find(f"]{match['level']}]", end)
            end = len(source) if closing < 0 else closing + len(match["level"]) + 2
            yield ("comment" if comment else "string"), source[at:end], at
        elif kind == "name":
            yield ("keyword" if match[0] in KEYWORDS else "name"), match[0], at
        elif kind is not None and kind != "space":
            yield kind, match[0], at
        at = end

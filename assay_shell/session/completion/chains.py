"""Expressions that lead from a name to a value (`pods.items[1].metadata`, `k8s.client():pods("shop")`), in tokens."""

from __future__ import annotations

from typing import NamedTuple

from assay_shell.session.completion.literals import literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.tokens import Token

_PAIRS = {")": "(", "]": "[", "}": "{"}
_CLOSING = {opening: closing for closing, opening in _PAIRS.items()}


class Step(NamedTuple):
    """One step of a chain.

    *kind* is `field` (`.key`), `method` (`:key`), `index` (`[...]`) or `call`; *inner* are the words within brackets.
    """

    kind: str
    key: str = ""
    inner: tuple[Token, ...] = ()


class Chain(NamedTuple):
    """A root and the steps from it. The root is a name, or "" with *text* where it is a string in brackets."""

    root: str
    steps: tuple[Step, ...]
    start: int
    text: str | None = None


def chain_before(words: list[Token], end: int) -> Chain | None:
    """The chain whose last word is the one before index *end*, None where there is no such expression."""
    steps: list[Step] = []
    at = end
    while at > 0:
        word = words[at - 1]
        if word.kind == "name":
            separator = words[at - 2].text if at > 1 and words[at - 2].kind == "symbol" else ""
            if separator not in (".", ":"):
                return Chain(word.text, tuple(reversed(steps)), at - 1)
            steps.append(Step("field" if separator == "." else "method", word.text))
            at -= 2
        elif word.text in _PAIRS and word.kind == "symbol":
            found = _bracket(words, at - 1)
            if found is None:
                return None
            opening, step = found
            if step is None or not _follows_value(words, opening):
                return _in_brackets(words, opening, at, steps)
            steps.append(step)
            at = opening
        elif word.kind == "string" and _follows_value(words, at - 1):
            steps.append(Step("call", inner=(word,)))
            at -= 1
        else:
            return None
    return None


def _bracket(words: list[Token], closing: int) -> tuple[int, Step | None] | None:
    """Where the bracket was opened that closes at *closing*, and the step it is; None where it was not opened."""
    depth = 0
    for at in range(closing, -1, -1):
        word = words[at]
        if word.kind != "symbol":
            continue
        if word.text in _PAIRS:
            depth += 1
        elif word.text in _CLOSING:
            depth -= 1
            if depth == 0:
                inner = tuple(words[at + 1 : closing])
                if word.text == "{":
                    inner = tuple(words[at : closing + 1])
                return at, Step("index" if word.text == "[" else "call", inner=inner)
    return None


def _follows_value(words: list[Token], at: int) -> bool:
    """Whether what stands before index *at* can be called or indexed."""
    if at == 0:
        return False
    before = words[at - 1]
    return before.kind == "name" or (before.kind in ("symbol", "string") and before.text[-1:] in ")]}\"'")


def _in_brackets(words: list[Token], opening: int, end: int, steps: list[Step]) -> Chain | None:
    """The chain of `(...)` with further *steps*."""
    if words[opening].text != "(":
        return None
    rest = tuple(reversed(steps))
    inner = words[opening + 1 : end - 1]
    if len(inner) == 1 and inner[0].kind == "string":
        return Chain("", rest, opening, text=literal(inner[0].text))
    chain = chain_before(words, end - 1)
    if chain is None or chain.start != opening + 1:
        return None
    return Chain(chain.root, (*chain.steps, *rest), opening, chain.text)


def chain_from(words: list[Token], start: int) -> Chain | None:
    """The chain that begins at index *start* and is a whole operand, None where something else stands there."""
    at = start + 1
    if start >= len(words) or (words[start].kind != "name" and words[start].text != "("):
        return None
    if words[start].text == "(":
        at = _closed(words, start)
    while at < len(words):
        word = words[at]
        if word.text in (".", ":") and word.kind == "symbol" and at + 1 < len(words) and words[at + 1].kind == "name":
            at += 2
        elif word.text in ("(", "[", "{") and word.kind == "symbol":
            at = _closed(words, at)
        elif word.kind == "string":
            at += 1
        else:
            break
    chain = chain_before(words, at)
    return chain if chain is not None and chain.start == start else None


def _closed(words: list[Token], opening: int) -> int:
    """The index behind the bracket that closes the one at *opening*; the end where none does."""
    depth = 0
    for at in range(opening, len(words)):
        if words[at].kind == "symbol":
            depth += (words[at].text in _CLOSING) - (words[at].text in _PAIRS)
            if depth == 0:
                return at + 1
    return len(words)

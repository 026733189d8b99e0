"""What stands at the cursor of half-typed code: a name, a member, a string, a key of an option table, or nothing."""

from __future__ import annotations

from typing import NamedTuple

from assay_shell.session.completion.chains import Chain, chain_before
from assay_shell.session.completion.literals import is_finished, literal, opening

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.completion.reading import Reader
    from assay_shell.session.tokens import Token

_CLOSERS = {")": "(", "]": "[", "}": "{"}
_HEADS = frozenset(("while", "for"))
_OPENERS = frozenset(("function", "if", "repeat", *_HEADS))


class Frame:
    """A bracket or block that is open at the cursor: its word, and the words behind which its parts begin."""

    __slots__ = ("opener", "parts", "text")

    def __init__(self, opener: int, text: str) -> None:
        self.opener = opener
        self.text = text
        self.parts = [opener]


class Call(NamedTuple):
    """A call that is open at the cursor.

    *position* is the number of the argument, from 0; *arguments* are the words of those before it. In a table that is
    an argument *options* holds the keys that lead to the cursor: `("headers", "")` for a key position in `headers`.
    *given* are the keys that the innermost table has already.
    """

    callee: Chain
    position: int
    arguments: tuple[tuple[Token, ...], ...]
    options: tuple[str, ...] = ()
    given: frozenset[str] = frozenset()


class Place(NamedTuple):
    """The cursor's place. *typed* is what is there of a word, from *start* on.

    *kind* is `name`, `member` (of *chain*, behind *separator*), `key` (in the brackets of an index), `string` or
    `nothing`. *quote* is what a string began with.
    """

    kind: str
    typed: str
    start: int
    words: list[Token]
    call: Call | None = None
    chain: Chain | None = None
    separator: str = ""
    quote: str = ""


def place_at(source: str, cursor: int, reader: Reader) -> Place:
    """What stands at *cursor*."""
    words, before, offset = reader.words(source, cursor)
    last = words[-1] if words and words[-1].end == len(before) else None
    words = [word for word in words if word.kind != "comment"]
    start = (last.start if last is not None else len(before)) + offset
    if last is None or last.kind == "symbol":
        return _at(words, "", cursor)
    if last.kind in ("name", "keyword"):
        return _at(words[:-1], last.text, start)
    if last.kind == "comment" and (last.text.startswith("--[") and is_finished(last.text)):
        return _at(words, "", cursor)
    if last.kind == "string":
        if is_finished(last.text):
            return _at(words, "", cursor)
        return _in_string(words[:-1], last, offset)
    return Place("nothing", "", cursor, words[:-1], open_call(words[:-1]))


def _at(words: list[Token], typed: str, start: int) -> Place:
    """The place of a word that follows *words*."""
    before = words[-1] if words else None
    call = open_call(words)
    if before is not None and before.kind == "symbol":
        if before.text in (".", ":"):
            chain = chain_before(words, len(words) - 1)
            return Place("member", typed, start, words, call, chain, before.text)
        if before.text == "[":
            chain = chain_before(words, len(words) - 1)
            if chain is not None:
                return Place("key", typed, start, words, call, chain)
        if before.text == "::":
            return Place("nothing", typed, start, words)
    return Place("name", typed, start, words, call)


def _in_string(words: list[Token], string: Token, offset: int) -> Place:
    quote = opening(string.text)
    typed = literal(string.text)
    start = string.start + len(quote) + offset
    if words and words[-1].text == "[" and words[-1].kind == "symbol":
        chain = chain_before(words, len(words) - 1)
        if chain is not None:
            return Place("key", typed, start, words, None, chain, quote=quote)
    call = open_call(words) or _called_with_string(words)
    return Place("string", typed, start, words, call, quote=quote)


def _called_with_string(words: list[Token]) -> Call | None:
    """The call of `require "..."`."""
    chain = chain_before(words, len(words)) if words and words[-1].kind == "name" else None
    return Call(chain, 0, ()) if chain is not None else None


# Open brackets --------------------------------------------------------------------------------------------


def open_frames(words: list[Token]) -> list[Frame]:
    """The brackets and blocks that are open behind *words*, the outermost first."""
    frames: list[Frame] = []
    for index, word in enumerate(words):
        text = word.text
        if word.kind == "symbol":
            if text in ("(", "[", "{"):
                frames.append(Frame(index, text))
            elif text in _CLOSERS:
                _close(frames, _CLOSERS[text])
            elif frames and (text == "," or (text == ";" and frames[-1].text == "{")):
                frames[-1].parts.append(index)
        elif word.kind == "keyword":
            _block(frames, index, text)
    return frames


def _close(frames: list[Frame], opener: str) -> None:
    """Close the innermost bracket of that kind, and what was left open in it."""
    for at in range(len(frames) - 1, -1, -1):
        if frames[at].text == opener:
            del frames[at:]
            return


def _block(frames: list[Frame], index: int, text: str) -> None:
    if text in _OPENERS:
        frames.append(Frame(index, text))
    elif text == "do":
        if frames and frames[-1].text in _HEADS:
            frames[-1].text = "do"
        else:
            frames.append(Frame(index, text))
    elif text in ("end", "until") and frames and frames[-1].text not in ("(", "[", "{"):
        frames.pop()


def open_call(words: list[Token]) -> Call | None:
    """The call whose arguments are being typed behind *words*, None where none is open."""
    frames = open_frames(words)
    keys: list[str] = []
    given: frozenset[str] | None = None
    while frames:
        frame = frames.pop()
        if frame.text == "(":
            return _call(words, frame, tuple(reversed(keys)), given or frozenset())
        if frame.text != "{":
            return None
        key = _key_before(words, frame)
        if given is None:
            given = _given(words, frame)
        keys.append(key)
        chain = _sugared(words, frame.opener)
        if chain is not None:
            return Call(chain, 0, (), tuple(reversed(keys)), given)
    return None


def _call(words: list[Token], frame: Frame, options: tuple[str, ...], given: frozenset[str]) -> Call | None:
    callee = chain_before(words, frame.opener)
    if callee is None or (callee.start > 0 and words[callee.start - 1].text == "function"):
        return None
    ends = [*frame.parts[1:], len(words)]
    arguments = tuple(tuple(words[start + 1 : end]) for start, end in zip(frame.parts, ends, strict=True))
    return Call(callee, len(frame.parts) - 1, arguments[:-1], options, given)


def _sugared(words: list[Token], opener: int) -> Chain | None:
    """The callee of `f{...}`."""
    if opener == 0 or words[opener - 1].kind not in ("name", "symbol") or words[opener - 1].text in ("{", "(", ","):
        return None
    return chain_before(words, opener)


def _key_before(words: list[Token], frame: Frame) -> str:
    """The key whose value is being typed in the table of *frame*, "" at the place of a key."""
    part = words[frame.parts[-1] + 1 :]
    if len(part) >= 2 and part[0].kind == "name" and part[1].text == "=":
        return part[0].text
    return "" if len(part) == 0 else "?"


def _given(words: list[Token], frame: Frame) -> frozenset[str]:
    """The keys that a table has so far."""
    starts = (index + 1 for index in frame.parts)
    return frozenset(
        words[at].text
        for at in starts
        if at + 1 < len(words) and words[at].kind == "name" and words[at + 1].text == "="
    )

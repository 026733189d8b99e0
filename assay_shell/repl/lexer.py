"""Lua and the shell's own commands in colour while they are typed."""

from __future__ import annotations

from prompt_toolkit.lexers import Lexer

from assay_shell.session.tokens import tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prompt_toolkit.document import Document
    from prompt_toolkit.formatted_text import StyleAndTextTuples

    from assay_shell.session.tokens import Token

_STYLES = {
    "keyword": "class:pygments.keyword",
    "string": "class:pygments.literal.string",
    "number": "class:pygments.literal.number",
    "comment": "class:pygments.comment",
    "symbol": "class:pygments.operator",
    "name": "class:pygments.name",
}
_CONSTANTS = frozenset(("nil", "true", "false"))
_COMMAND = "class:pygments.name.function"
_MOST = 100_000
"""Characters beyond which a pasted text stays plain: each key press colours it anew."""


class LuaLexer(Lexer):
    """Colours by the words of the text as far as it is typed."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The coloured pieces of each line."""
        lines = _lines(document.text)

        def line(number: int) -> StyleAndTextTuples:
            return lines[number] if number < len(lines) else []

        return line


def _lines(text: str) -> list[StyleAndTextTuples]:
    lines: list[StyleAndTextTuples] = [[]]
    for style, piece in pieces(text):
        for index, part in enumerate(piece.split("\n")):
            if index:
                lines.append([])
            if part:
                lines[-1].append((style, part))
    return lines


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """Style and text of each piece of *text*, which they make up together."""
    if len(text) > _MOST:
        yield "", text
        return
    if text[:1] in (".", "?", "!", "%") and not text[1:2].isdigit():
        head, blank, rest = text.partition(" ")
        yield _COMMAND, head
        yield "", blank + rest
        return
    at = 0
    words = tokens(text, comments=True)
    for index, word in enumerate(words):
        yield "", text[at : word.start]
        following = words[index + 1].text if index + 1 < len(words) else ""
        yield _style(word, following), word.text
        at = word.end
    yield "", text[at:]


def _style(word: Token, following: str) -> str:
    if word.kind == "name" and following[:1] in ("(", "{", '"', "'"):
        return "class:pygments.name.function"
    if word.kind == "keyword" and word.text in _CONSTANTS:
        return "class:pygments.keyword.constant"
    return _STYLES[word.kind]

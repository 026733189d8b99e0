"""Jinja's lexer, made exact: every byte of the text between tags survives, and literals follow this dialect."""

from __future__ import annotations

import re

from jinja2 import Environment
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import Lexer, Token, operators

from assay_shell.runtime.builtins.template.failure import BAD_ESCAPE, Failure
from assay_shell.runtime.builtins.template.source import without_last_line_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Jinja turns every kind of line end into one. A carriage return therefore travels as another blank that Jinja
# leaves alone, and that one as a code point no text can contain.
HIDE = str.maketrans({"\r": "\u2028", "\u2028": "\ud800"})
SHOW = str.maketrans({"\u2028": "\r", "\ud800": "\u2028"})

ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"  # two halves of one character
    r"|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))",
    re.DOTALL,
)
SIMPLE = {'"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
LONGEST_INTEGER = 39
IGNORED = {"comment_begin", "comment", "comment_end", "whitespace", "raw_begin", "raw_end"}


class ExactLexer(Lexer):
    """The tokens of a template."""

    def tokeniter(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        hidden = without_last_line_end(source).translate(HIDE)
        line, kind = 1, ""
        for line, kind, text in super().tokeniter(hidden, name, filename, state):
            yield line, kind, text.translate(SHOW)
        if kind in ("raw_begin", "comment_begin"):  # Jinja does not notice when nothing follows
            raise TemplateSyntaxError(f"unexpected end of {kind.removesuffix('_begin')}", line)

    def wrap(
        self, stream: Iterable[tuple[int, str, str]], name: str | None = None, filename: str | None = None
    ) -> Iterator[Token]:
        for line, kind, text in stream:
            if kind not in IGNORED:
                yield _token(line, kind, text)


def _token(line: int, kind: str, text: str) -> Token:
    if kind == "operator":
        return Token(line, operators[text], text)
    if kind == "name" and not (text.isascii() and text.isidentifier()):
        raise TemplateSyntaxError(f"unexpected character in {text}", line)
    if kind == "string":
        return Token(line, kind, unescape(text[1:-1], line))
    if kind == "integer":
        # Token declares its value as text, but the parser takes numbers from it, as Jinja's own lexer hands them over.
        return Token(line, kind, _integer(text.replace("_", ""), line))  # type: ignore[arg-type]
    if kind == "float":
        return Token(line, kind, float(text.replace("_", "")))  # type: ignore[arg-type]
    return Token(line, kind, text)


def _integer(digits: str, line: int) -> int:
    prefixed = digits[:2].lower() in ("0x", "0o", "0b")
    number = int(digits, 0) if prefixed and len(digits) <= 130 else None
    if not prefixed and len(digits.lstrip("0")) <= LONGEST_INTEGER:
        number = int(digits)
    if number is None or number >= 2**128:
        raise TemplateSyntaxError("invalid integer (too large)", line)
    return number


def unescape(text: str, line: int) -> str:
    """The text that the inside of a string literal stands for.

    Raises:
        Failure: an escape is unknown or names no character.
    """

    def replace(escape: re.Match[str]) -> str:
        high, low, unicode, byte, octal, simple = escape.groups()
        if simple in SIMPLE:
            return SIMPLE[simple]
        if high:
            return chr(0x10000 + (int(high, 16) - 0xD800) * 0x400 + int(low, 16) - 0xDC00)
        code = int(octal, 8) if octal else int(unicode or byte or "-1", 16)
        if code < 0 or 0xD800 <= code <= 0xDFFF or (octal and code > 255):
            raise Failure(BAD_ESCAPE, f"{escape[0]} stands for no character", line)
        return chr(code)

    return ESCAPE.sub(replace, text)


class Dialect(Environment):
    """What Jinja's parser needs to know: the usual delimiters, no extensions, and the lexer above."""

    def __init__(self) -> None:
        super().__init__(keep_trailing_newline=True)
        self._exact = ExactLexer(self)

    @property
    def lexer(self) -> Lexer:
        return self._exact

"""Strings as they are written in Lua source, finished or not."""

from __future__ import annotations

import re

_LONG = re.compile(r"\[(=*)\[")
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|([0-9]{1,3})|z\s*|([\s\S]))", re.ASCII
)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_FINISHED = re.compile(r"""\"(?:\\z\s*|\\[\s\S]|[^"\\\n])*\"|'(?:\\z\s*|\\[\s\S]|[^'\\\n])*'""")


def is_finished(token: str) -> bool:
    """Whether the string or long comment *token* has its end."""
    if token.startswith("--"):
        token = token[2:]
    if long := _LONG.match(token):
        return len(token) >= 2 * len(long[0]) and token.endswith(f"]{long[1]}]")
    return _FINISHED.fullmatch(token) is not None


def literal(token: str) -> str:
    """The text that a string token means; of an unfinished one what is there."""
    if long := _LONG.match(token):
        body = token[long.end() :].removesuffix(f"]{long[1]}]") if is_finished(token) else token[long.end() :]
        return body.removeprefix("\n")
    body = token[1:-1] if is_finished(token) else token[1:]
    return _ESCAPE.sub(_meant, body) if "\\" in body else body


def opening(token: str) -> str:
    """The marks that begin a string token: a quote, or `[[` with its level."""
    long = _LONG.match(token)
    return long[0] if long else token[:1]


def written(text: str, quote: str) -> str:
    """*text* as it stands between quotes; in long brackets as it is."""
    if quote not in ("'", '"'):
        return text
    shown = text.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n").replace("\r", "\\r")
    return shown if shown.isprintable() else "".join(_byte(character) for character in shown)


def closing(quote: str) -> str:
    """The marks that end a string which begins with *quote*."""
    return quote.replace("[", "]")


def _byte(character: str) -> str:
    """Bytes that are no text, and control characters, by number."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x20 or code == 0x7F else character


def _meant(match: re.Match[str]) -> str:
    hexadecimal, code, decimal, other = match.groups()
    if hexadecimal:
        return _one_byte(int(hexadecimal, 16))
    if code:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else ""
    if decimal:
        return _one_byte(min(int(decimal), 255))
    return _PLAIN.get(other, other) if other else ""


def _one_byte(value: int) -> str:
    return chr(value) if value < 0x80 else chr(0xDC00 + value)

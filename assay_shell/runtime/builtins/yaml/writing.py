"""Writing YAML in block style: sorted keys, lists level with their key, no line ever wrapped."""

from __future__ import annotations

import re

from assay_shell.runtime.builtins.yaml.scalars import needs_quotes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# Printable text on one line that cannot be mistaken for a sign of YAML.
_PLAIN = re.compile(
    r"(?!---|\.\.\.)(?:[A-Za-z0-9_/.$(^;+<=~\\\xa1-\u1fff\u3000-\ud7ff\U00010000-\U0010ffff]|-(?=[^\s]))"
    r"(?:[^\x00-\x20:#\x7f-\xa0\u2000-\u200f\u2028-\u202f\ud800-\uf8ff\ufeff\ufff0-\uffff]"
    r"| (?=[^ #])|:(?=[^ ])|(?<=[^ ])\#)*"
)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_BLOCK_MISREAD = re.compile(r"\A[ \t\n]|[ \t]$", re.MULTILINE)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]')

_LONGEST_KEY = 1000
"""Characters; readers refuse a longer key that is not announced by `? `."""


def dump(value: Any) -> str:
    """The document of plain data, with its final newline."""
    return "".join(_node(value, "", at_top=True))


def _node(value: Any, indent: str, *, at_top: bool = False) -> Iterator[str]:
    """The text of a value that starts where the line stands, with its newline; *indent* is that of its lines."""
    if isinstance(value, dict) and value:
        yield from _mapping(value, indent)
    elif isinstance(value, list) and value:
        yield from _sequence(value, indent)
    else:
        yield _scalar(value, indent if not at_top else "  ") + "\n"


def _sequence(items: list[Any], indent: str) -> Iterator[str]:
    inner = indent + "  "
    for number, item in enumerate(items):
        yield f"{indent if number else ''}- "
        yield from _node(item, inner)


def _mapping(members: dict[str, Any], indent: str) -> Iterator[str]:
    for number, key in enumerate(sorted(members)):
        text = _flow(key)
        if number:
            yield indent
        yield f"? {text}\n{indent}:" if len(text) > _LONGEST_KEY else f"{text}:"
        yield from _member(members[key], indent)


def _member(value: Any, indent: str) -> Iterator[str]:
    """What follows the colon."""
    if isinstance(value, dict) and value:
        yield f"\n{indent}  "
        yield from _mapping(value, indent + "  ")
    elif isinstance(value, list) and value:
        yield f"\n{indent}"
        yield from _sequence(value, indent)
    else:
        yield f" {_scalar(value, indent + '  ')}\n"


def _scalar(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return _literal(value, indent) if "\n" in value and _fits_block(value) else _flow(value)
    if isinstance(value, float):
        return _float(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    return "{}" if isinstance(value, dict) else "[]" if isinstance(value, list) else str(value)


def _float(value: float) -> str:
    if value - value != 0:
        return ".nan" if value != value else ".inf" if value > 0 else "-.inf"
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}" if exponent else mantissa


def _flow(text: str) -> str:
    """A string on one line."""
    if _PLAIN.fullmatch(text) and not needs_quotes(text):
        return text
    if _UNPRINTABLE.search(text) or "\n" in text:
        return f'"{_ESCAPED.sub(_escape, text)}"'
    return "'" + text.replace("'", "''") + "'"


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return _ESCAPES.get(character) or f"\\u{ord(character):04X}"


def _fits_block(text: str) -> bool:
    """Whether a block scalar keeps *text*: nothing to escape, no blanks that a reader takes for indentation."""
    return not _UNPRINTABLE.search(text) and not _BLOCK_MISREAD.search(text)


def _literal(text: str, indent: str) -> str:
    body = text.rstrip("\n")
    newlines = len(text) - len(body)
    chomping = "-" if newlines == 0 else "" if newlines == 1 else "+"
    lines = "".join(f"\n{indent}{line}" if line else "\n" for line in body.split("\n"))
    return f"|{chomping}{lines}" + "\n" * max(0, newlines - 1)

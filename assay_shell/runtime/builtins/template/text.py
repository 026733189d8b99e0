"""How values print: as they are at the top, JSON-like with double quotes inside lists and maps."""

from __future__ import annotations

from math import isinf

from assay_shell.runtime.builtins.template.model import UNDEFINED, Safe, Thing, members_of, pairs_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay_shell.runtime.builtins.template.budget import Budget

HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "/": "&#x2f;"})
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
WORDS = {True: "true", False: "false", None: "none", UNDEFINED: "undefined"}
INDENT = "    "
NESTED_STEPS = 8
"""What a list or map costs to print, beyond its characters."""


def display(budget: Budget, value: object) -> str:
    """*value* as `{{ value }}` prints it; an undefined value prints as nothing."""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, float):
        return _plain_float(value)
    if value is UNDEFINED:
        return ""
    return inspect(budget, value)


def escape_html(budget: Budget, value: object) -> Safe:
    """*value* as text in HTML; text that is marked as safe is left alone."""
    if isinstance(value, Safe):
        return value
    text = display(budget, value)
    budget.make(len(text) * 6)
    return Safe(text.translate(HTML))


def inspect(budget: Budget, value: object, *, pretty: bool = False) -> str:
    """*value* as it prints inside a list: strings in quotes; *pretty* gives each item a line of its own."""
    parts: list[str] = []
    _write(budget, parts, value, "\n" if pretty else "")
    return "".join(parts)


def _write(budget: Budget, parts: list[str], value: object, line: str) -> None:
    """Append the parts of *value*; *line* starts a new line at the current depth, or is empty for one line."""
    if isinstance(value, str):
        text = quote(value)
        budget.make(len(text))
        parts.append(text)
    elif isinstance(value, bool) or value is None or value is UNDEFINED:
        parts.append(WORDS[value])
    elif isinstance(value, int):
        parts.append(str(value))
    elif isinstance(value, float):
        parts.append(_short_float(value))
    elif isinstance(value, Thing) and value.label():
        parts.append(value.label())
    else:
        _write_members(budget, parts, value, line)


def _write_members(budget: Budget, parts: list[str], value: object, line: str) -> None:
    pairs = pairs_of(value)
    rows: Iterable[tuple[object, ...]] = ((member,) for member in members_of(value) or []) if pairs is None else pairs
    opening, closing = "[]" if pairs is None else "{}"
    inner = line + INDENT if line else ""
    budget.spend(NESTED_STEPS)
    parts.append(opening)
    empty = True
    for row in rows:
        budget.make(len(inner))
        parts.append(inner if line or empty else ", ")
        empty = False
        _write(budget, parts, row[0], inner)
        if len(row) > 1:
            parts.append(": ")
            _write(budget, parts, row[1], inner)
        if line:
            parts.append(",")
    parts.append(closing if empty else line + closing)


def quote(text: str) -> str:
    """*text* in double quotes; what cannot be seen is escaped, bytes that are no text stay what they are."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_quoted_character, text)) + '"'


def _quoted_character(character: str) -> str:
    if character in ESCAPES:
        return ESCAPES[character]
    if (character.isascii() and character.isprintable()) or "\udc80" <= character <= "\udcff":
        return character
    from unicodedata import category  # its tables are loaded only for text outside ASCII

    invisible = not character.isprintable() or category(character) in ("Mn", "Me")
    return f"\\u{{{ord(character):x}}}" if invisible else character


def _plain_float(number: float) -> str:
    """The shortest digits that read back, without an exponent and with a fraction: 1.0, 0.0000001, inf, NaN."""
    text = repr(number)
    if "e" in text:
        from decimal import Decimal  # huge and tiny numbers only

        text = format(Decimal(text), "f")
    return _named_float(number) or (text if "." in text else text + ".0")


def _short_float(number: float) -> str:
    """The same with an exponent where the number is below 0.0001 or above 10 to the 16th: 1e-7, 1.5e16."""
    mantissa, _, exponent = repr(number).partition("e")
    text = f"{mantissa}e{int(exponent)}" if exponent else mantissa
    return _named_float(number) or text


def _named_float(number: float) -> str:
    if number != number:
        return "NaN"
    return ("inf" if number > 0 else "-inf") if isinf(number) else ""

"""What a plain YAML scalar means, by the core rules of YAML 1.2, and which texts had better be quoted."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INFINITIES = {f"{sign}.{name}": float(f"{sign}inf") for sign in ("", "+", "-") for name in ("inf", "Inf", "INF")}
_NOT_NUMBERS = (".nan", ".NaN", ".NAN")

_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_PREFIXED = re.compile(r"([-+]?)0(?:x([0-9a-fA-F]+)|o([0-7]+)|b([01]+))", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_DIGITS = re.compile(r"[-+]?[0-9]+", re.ASCII)

# What older readers (YAML 1.1) take for a number, a date, a time or a boolean.
_OLD_BOOLEANS = {"y", "n", "yes", "no", "on", "off"}
_OLD_SPECIAL = re.compile(
    r"[-+]?[0-9][0-9_,:.]*(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.[0-9_]+(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?0[xob][0-9a-fA-F_]+"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?"
    r"|[-+]?\.(?:inf|nan)|<<|=",
    re.ASCII | re.IGNORECASE,
)


class OutOfRange(ValueError):
    """An integer beyond 64 bits."""


def resolve(text: str) -> bool | int | float | str | None:
    """The value of a plain scalar; integers between signed and unsigned 64 bits are floats.

    Raises:
        OutOfRange: it is an integer beyond unsigned, or below signed, 64 bits.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "+-.0123456789":
        return text
    number = integer(text)
    if number is None:
        number = decimal(text)
    return text if number is None else number


def integer(text: str) -> int | float | None:
    """The integer that *text* spells, None when it is none.

    Raises:
        OutOfRange: it is beyond unsigned, or below signed, 64 bits.
    """
    if _DECIMAL.fullmatch(text):
        if len(text) > 21:
            raise OutOfRange(text)
        return _fitting(int(text), text)
    prefixed = _PREFIXED.fullmatch(text)
    if prefixed is None:
        return None
    sign, hexadecimal, octal, binary = prefixed.groups()
    digits, base = (hexadecimal, 16) if hexadecimal else (octal, 8) if octal else (binary, 2)
    value = int(digits, base)
    return _fitting(-value if sign == "-" else value, text)


def _fitting(value: int, text: str) -> int | float:
    if -(2**63) <= value < 2**63:
        return value
    if 0 < value < 2**64:
        return float(value)
    raise OutOfRange(text)


def decimal(text: str) -> float | None:
    """The float that *text* spells, None when it is none, or one beyond the range of floats."""
    if text in _INFINITIES:
        return _INFINITIES[text]
    if text in _NOT_NUMBERS:
        return float("nan")
    if not _FLOAT.fullmatch(text) or _DIGITS.fullmatch(text):
        return None
    value = float(text)
    return value if abs(value) != float("inf") else None


def needs_quotes(text: str) -> bool:
    """Whether *text* as a plain scalar would be read as something else than this string, here or by older readers."""
    if text in _CONSTANTS or text.lower() in _OLD_BOOLEANS:
        return True
    return _OLD_SPECIAL.fullmatch(text) is not None

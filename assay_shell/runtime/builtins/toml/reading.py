"""Reading TOML 1.1: tomli's data in the shapes of the JSON model, and faults with an excerpt of the text."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from tomli import TOMLDecodeError, loads

from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 128
"""Tables and arrays may nest this deep."""

# Strings and comments first: what looks like a number in them is none.
_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"""'
    r"|'''.*?'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'|\#[^\n]*"
    r"|(?<![\w.+-])([+-]?(?:0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*))(?![\w.:+-])",
    re.DOTALL,
)


class _OutOfRange(ValueError):
    """An integer beyond 64 bits."""


def parse_text(text: str, name: str) -> dict[str, Any]:
    """The table that *text* spells; dates and times are strings.

    Raises:
        BuiltinError: it is not TOML; the message starts with *name*.
    """
    try:
        return {key: _plain(item, 1) for key, item in loads(text).items()}
    except TOMLDecodeError as error:
        raise BuiltinError(name, _excerpt(error.doc, error.pos, error.msg)) from None
    except _OutOfRange:
        raise BuiltinError(name, _excerpt(text, _out_of_range(text), "integer beyond 64 bits")) from None
    except RecursionError:
        raise BuiltinError(name, f"tables and arrays are nested deeper than {MAX_DEPTH} levels") from None


def _plain(value: Any, depth: int) -> Any:
    if isinstance(value, str | bool | float):
        return value
    if isinstance(value, int):
        if -(2**63) <= value < 2**63:
            return value
        raise _OutOfRange
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    return _moment(value)


def size_in_vm(value: Any) -> int:
    """An upper bound, in bytes, of what plain data takes in the VM."""
    if isinstance(value, str):
        return 64 + (len(value) if value.isascii() else len(value.encode()))
    if isinstance(value, dict):
        return 64 + sum(size_in_vm(key) + size_in_vm(item) + 72 for key, item in value.items())
    if isinstance(value, list):
        return 64 + sum(size_in_vm(item) + 28 for item in value)
    return 0


def _moment(value: datetime | date | time) -> str:
    """A date, a time or both as TOML writes them: fractions without trailing zeros, UTC as Z."""
    if not isinstance(value, datetime | time):
        return value.isoformat()
    offset = value.utcoffset()
    text = value.replace(tzinfo=None).isoformat()
    if value.microsecond:
        text = text.rstrip("0")
    if offset is None:
        return text
    return text + ("Z" if offset == timedelta(0) else value.isoformat()[-6:])


def _out_of_range(text: str) -> int:
    """Where the integer beyond 64 bits stands."""
    for token in _TOKEN.finditer(text):
        if token[1] and not -(2**63) <= int(token[1], 0) < 2**63:
            return token.start(1)
    return 0


def _excerpt(text: str, position: int, reason: str) -> str:
    line_start = text.rfind("\n", 0, position) + 1
    line_end = text.find("\n", position)
    line = text[line_start : line_end if line_end >= 0 else len(text)].rstrip("\r")
    number, column = text.count("\n", 0, position) + 1, position - line_start + 1
    margin = " " * len(str(number))
    return (
        f"TOML parse error at line {number}, column {column}\n"
        f"{margin} |\n{number} | {line}\n{margin} | {' ' * (column - 1)}^\n{reason}"
    )

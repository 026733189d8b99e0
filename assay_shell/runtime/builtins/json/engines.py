"""The two parsers behind `json.parse`, made to agree.

orjson is the fastest for large texts, but its import costs more than reading most scripts: it pulls in
dataclasses, inspect, uuid and enum. Texts up to SMALL bytes go through the interpreter's own scanner, the C half
of the standard library's json, which is there for the price of a lookup.

Both raise ValueError, StopIteration or RecursionError for a text that is not JSON; the words are not theirs to say.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

SMALL = 1 << 16

_WHITE_SPACE = " \t\n\r"
_BEFORE_VALUE = {"", ":", "[", ",", *_WHITE_SPACE}
_IN_NUMBER = {*".0123456789eE"}
_INFINITE = (float("inf"), float("-inf"))


def loads_small(text: str) -> Any:
    """Parse with the interpreter's scanner."""
    text = text.strip(_WHITE_SPACE)
    value, end = _scan(text, 0)
    if end != len(text):
        raise ValueError("trailing characters")
    if "\\u" in text and "\\ud" in text.lower():
        _refuse_lone_surrogates(text)
    return value


def loads_large(text: str) -> Any:
    """Parse with orjson."""
    from orjson import loads

    return loads(_with_float_zeros(text) if _has_minus_zero(text) else text)


def rewritten(value: Any) -> Any:
    """*value* with its strings in the VM's form: orjson writes them as raw UTF-8, which is read byte by byte."""
    from orjson import dumps

    return loads_large(dumps(value).decode("latin-1"))


class _Rules:
    """What the scanner asks for; the names are its own."""

    strict = True
    object_hook = object_pairs_hook = None
    memo: dict[str, str]

    def __init__(self) -> None:
        self.memo = {}

    @staticmethod
    def parse_int(text: str) -> int | float:
        if len(text) < 19:
            return int(text) if text != "-0" else -0.0
        if len(text) <= 20:
            value = int(text)
            if -(2**63) <= value < 2**63:
                return value
        return _Rules.parse_float(text)

    @staticmethod
    def parse_float(text: str) -> float:
        value = float(text)
        if value in _INFINITE:
            raise ValueError("number out of range")
        return value

    @staticmethod
    def parse_constant(text: str) -> NoReturn:
        raise ValueError(text)


def _new_scanner() -> Callable[[str, int], tuple[Any, int]]:
    try:
        from _json import make_scanner
    except ImportError:  # an interpreter without the C half
        from json.scanner import py_make_scanner as make_scanner  # type: ignore[attr-defined, no-redef]

    rules: Any = _Rules()
    return make_scanner(rules)


_scan = _new_scanner()


def _refuse_lone_surrogates(text: str) -> None:
    from assay_shell.runtime.builtins.json.faults import Fault, check

    try:
        check(text.encode(), len(text))
    except Fault as fault:
        raise ValueError("lone surrogate") from fault


def _has_minus_zero(text: str) -> bool:
    """Whether `-0` seems to stand in *text* as a number; orjson makes it the integer 0."""
    if "-0" not in text:
        return False
    from itertools import pairwise

    pieces = pairwise(text.split("-0"))
    return any(before[-1:] in _BEFORE_VALUE and after[:1] not in _IN_NUMBER for before, after in pieces)


def _with_float_zeros(text: str) -> str:
    from re import sub

    return sub(r'"[^"\\]*(?:\\.[^"\\]*)*"?|-0(?![.0-9eE])', _float_zero, text)


def _float_zero(found: Any) -> str:
    matched: str = found[0]
    return "-0.0" if matched == "-0" else matched

"""Parsing JSON with orjson, by the contract's rules.

Strings for Lua are wanted in the VM's form, one character a byte. Reading each byte of the text as a character
before it is parsed gives just that for free: JSON's own signs are ASCII, so the grammar does not notice.
"""

from __future__ import annotations

from assay_shell.runtime.builtins.json.faults import MAX_DEPTH
from assay_shell.runtime.errors import BuiltinError, ConversionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b'[]{}"')
_SQUARE = bytes.maketrans(b"{}", b"[]")
_BEFORE_VALUE = (b":", b"[", b",", b" ", b"\n", b"\t", b"\r")


def parse_text(data: bytes, name: str) -> Any:
    """Python data with real text; integers beyond 64 bits come as floats, null as None.

    Raises:
        BuiltinError: *data* is not JSON; the message starts with *name*.
    """
    return _parse(data, data, name)


def parse_for_vm(data: bytes, name: str) -> Any:
    """Python data whose strings are in the VM's form.

    Raises:
        BuiltinError: *data* is not JSON; the message starts with *name*.
        ConversionError: *data* is not UTF-8.
    """
    if data.isascii():
        value = _parse(data, data, name)
    else:
        require_utf8(data)
        if b"\\u" not in data:
            return _parse(data.decode("latin-1"), data, name)
        value = _parse(data, data, name)
    return _written_out(value) if b"\\u" in data else value


def require_utf8(data: bytes) -> None:
    """Check the text argument of a parser.

    Raises:
        ConversionError: *data* is not UTF-8.
    """
    try:
        data.decode()
    except UnicodeDecodeError as exc:
        size = f"invalid utf-8 sequence of {exc.end - exc.start} bytes"
        what = "incomplete utf-8 byte sequence" if exc.reason == "unexpected end of data" else size
        reason = f"bad argument #1: error converting Lua string to String ({what} from index {exc.start})"
        raise ConversionError(reason) from None


def _parse(text: bytes | str, original: bytes, name: str) -> Any:
    from orjson import JSONDecodeError, loads

    if _has_minus_zero(original):
        text = _with_float_zeros(text)
    try:
        value = loads(text)
    except JSONDecodeError as exc:
        raise BuiltinError(name, _reason(original) or str(exc)) from None
    if isinstance(value, list | dict) and nests_deeper(original, MAX_DEPTH):
        raise BuiltinError(name, _reason(original) or "recursion limit exceeded")
    return value


def _reason(data: bytes) -> str | None:
    from assay_shell.runtime.builtins.json.faults import Fault, check

    try:
        check(data)
    except Fault as fault:
        return str(fault)
    return None


def _written_out(value: Any) -> Any:
    """*value* with its strings in the VM's form: written again, its escapes are raw UTF-8."""
    from orjson import dumps, loads

    return loads(dumps(value).decode("latin-1"))


def nests_deeper(data: bytes, depth: int) -> bool:
    """Whether the brackets of the valid JSON text *data* nest deeper than *depth* levels."""
    if data.count(b"[") + data.count(b"{") <= depth:
        return False
    if b'\\"' in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = data.translate(_SQUARE, _NOT_BRACKETS).replace(b'""', b"")
    if b'"' in brackets:  # strings with brackets in them: every second piece lies outside of strings
        brackets = b"".join(brackets.split(b'"')[::2])
    for _ in range(depth):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")  # takes one level off everywhere
    return bool(brackets)


def _has_minus_zero(data: bytes) -> bool:
    """Whether `-0` seems to stand in *data* as a number; orjson makes it the integer 0."""
    if b"-0" not in data:
        return False
    if not data.startswith(b"-0") and not any(sign + b"-0" in data for sign in _BEFORE_VALUE):
        return False
    from re import search

    return search(rb"-0(?![.0-9eE])", data) is not None


def _with_float_zeros(text: bytes | str) -> bytes | str:
    from re import sub

    if isinstance(text, bytes):
        return str(_with_float_zeros(text.decode("latin-1"))).encode("latin-1")
    return sub(r'"[^"\\]*(?:\\.[^"\\]*)*"?|-0(?![.0-9eE])', _float_zero, text)


def _float_zero(found: Any) -> str:
    matched: str = found[0]
    return "-0.0" if matched == "-0" else matched

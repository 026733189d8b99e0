"""Parsing JSON by the contract's rules.

Strings for Lua are wanted in the VM's form, one character a byte. Reading each byte of the text as a character
before it is parsed gives just that for free: JSON's own signs are ASCII, so the grammar does not notice.
"""

from __future__ import annotations

from assay_shell.runtime.builtins.json.engines import SMALL, loads_large, loads_small, rewritten
from assay_shell.runtime.errors import BuiltinError, ConversionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 127
"""Containers may nest this deep in a text."""

_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b'[]{}"')
_SQUARE = bytes.maketrans(b"{}", b"[]")


def parse_text(data: bytes, name: str) -> Any:
    """Python data with real text; null is None.

    Raises:
        BuiltinError: *data* is not JSON; the message starts with *name*.
    """
    fault = utf8_fault(data)
    if fault:
        raise BuiltinError(name, fault)
    return _parse(data, data.decode(), name)


def parse_for_vm(data: bytes, name: str) -> Any:
    """Python data whose strings are in the VM's form.

    Raises:
        BuiltinError: *data* is not JSON; the message starts with *name*.
        ConversionError: *data* is not UTF-8.
    """
    require_utf8(data)
    if b"\\u" not in data:
        return _parse(data, data.decode("latin-1"), name)
    value = _parse(data, data.decode(), name)
    return _vm_form(value) if len(data) <= SMALL else rewritten(value)


def require_utf8(data: bytes) -> None:
    """Check the text argument of a parser.

    Raises:
        ConversionError: *data* is not UTF-8.
    """
    fault = utf8_fault(data)
    if fault:
        raise ConversionError(f"bad argument #1: error converting Lua string to String ({fault})")


def utf8_fault(data: bytes) -> str | None:
    """What keeps *data* from being UTF-8, and from which byte (from 0) on; None where nothing does."""
    if data.isascii():
        return None
    try:
        data.decode()
    except UnicodeDecodeError as exc:
        size = f"invalid utf-8 sequence of {exc.end - exc.start} bytes"
        cut_off = exc.reason == "unexpected end of data"
        return f"{'incomplete utf-8 byte sequence' if cut_off else size} from index {exc.start}"
    return None


def _parse(data: bytes, text: str, name: str) -> Any:
    """The value of *text*, which is *data* in one form or the other."""
    try:
        value = loads_small(text) if len(data) <= SMALL else loads_large(text)
    except (ValueError, StopIteration, RecursionError) as exc:
        raise BuiltinError(name, _reason(data) or f"{exc}") from None
    if isinstance(value, list | dict) and nests_deeper(data, MAX_DEPTH):
        raise BuiltinError(name, _reason(data) or "recursion limit exceeded")
    return value


def _reason(data: bytes) -> str | None:
    from assay_shell.runtime.builtins.json.faults import Fault, check

    try:
        check(data, MAX_DEPTH)
    except Fault as fault:
        return str(fault)
    return None


def _vm_form(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode().decode("latin-1")
    if isinstance(value, dict):
        return {_vm_form(key): _vm_form(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_vm_form(item) for item in value]
    return value


def nests_deeper(data: bytes, depth: int) -> bool:
    """Whether the brackets of the valid JSON text *data* nest deeper than *depth* levels."""
    if data.count(b"[") + data.count(b"{") <= depth:
        return False
    if b'\\"' in data:
        if b"\\\\" in data:
            data = data.replace(b"\\\\", b"")
        data = data.replace(b'\\"', b"")
    brackets = data.translate(_SQUARE, _NOT_BRACKETS).replace(b'""', b"")
    if b'"' in brackets:  # strings with brackets in them: every second piece lies outside of strings
        brackets = b"".join(brackets.split(b'"')[::2])
    for _ in range(depth):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")  # takes one level off everywhere
    return bool(brackets)

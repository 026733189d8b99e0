"""Percent-encoding, of bytes: what scripts send need not be UTF-8."""

from __future__ import annotations

from assay_shell.runtime.values import as_bytes, as_text

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_COMPONENT = [chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in range(256)]
_FORM = [*_COMPONENT]
_FORM[ord(" ")] = "+"
_HEX = frozenset(b"0123456789abcdefABCDEF")


def encode(text: str) -> str:
    """*text* as part of an address; a blank becomes `%20`."""
    return "".join(map(_COMPONENT.__getitem__, as_bytes(text)))


def encode_form(text: str) -> str:
    """*text* as part of a form; a blank becomes `+`."""
    return "".join(map(_FORM.__getitem__, as_bytes(text)))


def decode(text: str) -> str:
    """*text* with each `%XX` replaced by its byte; other percent signs stay."""
    first, *rest = as_bytes(text).split(b"%")
    decoded = [first]
    for part in rest:
        code = part[:2]
        valid = len(code) == 2 and _HEX.issuperset(code)
        decoded.append(bytes([int(code, 16)]) + part[2:] if valid else b"%" + part)
    return as_text(b"".join(decoded))

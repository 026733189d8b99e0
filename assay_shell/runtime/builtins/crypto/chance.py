"""Random values from the system's cryptographic source."""

from __future__ import annotations

import os

from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

ALPHABET = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_USABLE = len(ALPHABET) * 4  # bytes from here on would make some characters more likely than others
_CHARACTER_OF = bytes(ALPHABET[byte % len(ALPHABET)] for byte in range(256))
_UNUSABLE = bytes(range(_USABLE, 256))
_CHUNK = 1 << 16


def random(runtime: Runtime, length: Value = None) -> bytes:
    """Return *length* random letters and digits (not hex), 32 by default; each carries almost 6 bits.

    Example: `crypto.random(20)`

    Raises:
        BuiltinError: *length* is no integer (`5.0` and `"5"` are none), not positive, or more than memory holds.
    """
    if length is None:
        length = 32
    if not isinstance(length, int) or isinstance(length, bool):
        raise BuiltinError("crypto.random", "first argument must be a positive integer or nil")
    if length <= 0:
        raise BuiltinError("crypto.random", f"length must be positive, got {length}")
    runtime.border.reserve(length)
    text = bytearray()
    while len(text) < length:
        missing = min(length - len(text), _CHUNK)
        text += os.urandom(missing).translate(_CHARACTER_OF, _UNUSABLE)
    return bytes(text)


def uuid() -> str:
    """Return a random UUID (version 4) in lower case.

    Example: `crypto.uuid()`
    """
    raw = bytearray(os.urandom(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

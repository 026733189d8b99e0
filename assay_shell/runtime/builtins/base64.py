"""Base64 in the standard and the URL-safe alphabet.

@module base64
@description Base64 encoding and decoding
@keywords base64, encoding, decode, encode, binary
@quickref base64.encode(data) -> str | Standard alphabet, padded, on one line
@quickref base64.decode(text) -> str | The bytes behind padded standard base64; strict
@quickref base64.encode_url(data) -> str | URL-safe alphabet without padding, as in a JWT
@quickref base64.decode_url(text) -> str | The bytes behind URL-safe base64, padded or not; strict
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

from assay_shell.runtime.declare import pure
from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime

ALPHANUMERIC = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
STANDARD = ALPHANUMERIC + b"+/"
URL_SAFE = ALPHANUMERIC + b"-_"
TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
TO_STANDARD = bytes.maketrans(b"-_", b"+/")


def register(runtime: Runtime) -> None:
    runtime.define(
        "base64",
        {
            "encode": pure(encode),
            "decode": pure(decode),
            "encode_url": pure(encode_url),
            "decode_url": pure(decode_url),
        },
    )


def encode(data: bytes) -> bytes:
    """Return *data*, any bytes, as padded base64 without line breaks.

    Example: `base64.encode("user:password")`
    """
    return b2a_base64(data, newline=False)


def decode(text: bytes) -> bytes:
    """Return the bytes that padded base64 stands for; an empty string for an empty one.

    Only what `base64.encode` could have written is read: no blanks, no line breaks, no missing padding.

    Example: `base64.decode("aGk=")`

    Raises:
        BuiltinError: the length is no multiple of four, a byte is outside the alphabet, or the spare bits of
            the last symbol are not zero. The message gives the offset, counted from 0.
    """
    if len(text) % 4:
        raise BuiltinError("base64.decode", f"invalid length at {len(text) - len(text) % 4}")
    _refuse_foreign_bytes("base64.decode", text, STANDARD)
    return _decode_canonical("base64.decode", text)


def encode_url(data: bytes) -> bytes:
    """Return *data*, any bytes, as base64 that is safe in URLs and file names: `-` and `_`, no padding.

    Example: `base64.encode_url(json.encode({ alg = "none" }))`
    """
    return encode(data).translate(TO_URL_SAFE).rstrip(b"=")


def decode_url(text: bytes) -> bytes:
    """Return the bytes that URL-safe base64 stands for. Padding may be left out, half of it may not.

    Example: `base64.decode_url(token:match("^[^.]+"))`

    Raises:
        BuiltinError: as for `base64.decode`; `+` and `/` are outside this alphabet.
    """
    symbols = text.rstrip(b"=")
    unpadded = len(symbols) == len(text)
    if len(symbols) % 4 == 1 if unpadded else len(text) % 4:
        raise BuiltinError("base64.decode_url", f"invalid length at {len(text) - len(text) % 4}")
    _refuse_foreign_bytes("base64.decode_url", text, URL_SAFE)
    return _decode_canonical("base64.decode_url", symbols.translate(TO_STANDARD) + b"=" * (-len(symbols) % 4))


def _refuse_foreign_bytes(function: str, text: bytes, alphabet: bytes) -> None:
    """Raise for the first byte that is neither a symbol nor padding its last block needs."""
    symbols = text.rstrip(b"=")
    foreign = symbols.translate(None, alphabet)
    if foreign:
        raise BuiltinError(function, f"invalid symbol at {symbols.index(foreign[:1])}")
    needed = (0, 0, 2, 1)[len(symbols) % 4]
    if len(text) - len(symbols) > needed:
        raise BuiltinError(function, f"invalid symbol at {len(symbols) + needed}")


def _decode_canonical(function: str, text: bytes) -> bytes:
    """Decode well-formed *text*; the way back shows whether the spare bits were zero."""
    data = a2b_base64(text)
    if encode(data) != text:
        raise BuiltinError(function, f"non-zero trailing bits at {len(text.rstrip(b'=')) - 1}")
    return data

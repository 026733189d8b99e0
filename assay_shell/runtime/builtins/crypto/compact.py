"""The compact form of a token: `header.claims.signature`, each part base64url without padding."""

from __future__ import annotations

from assay_shell.runtime.builtins.base64 import decode_url, encode_url
from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Malformed(Exception):
    """The text is no token; it says what is wrong and has nothing of the text in it."""


class Token:
    """A token taken apart; nothing about it has been verified."""

    __slots__ = ("claims", "header", "signature", "signed")

    def __init__(self, text: bytes) -> None:
        """Take *text* apart.

        Raises:
            Malformed: it has other than three parts, or one is not what it should be, to the last bit.
        """
        parts = text.split(b".")
        if len(parts) != 3:
            raise Malformed(f"three parts expected, got {len(parts)}")
        self.header = _object("header", parts[0])
        self.claims = _object("payload", parts[1])
        self.signature = _decoded("signature", parts[2])
        self.signed = text[: text.rindex(b".")]


def signing_input(header: bytes, claims: bytes) -> bytes:
    """Return what gets signed: both JSON texts encoded and joined."""
    return encode_url(header) + b"." + encode_url(claims)


def _decoded(name: str, part: bytes) -> bytes:
    if b"=" in part:
        raise Malformed(f"the {name} is padded")
    try:
        return decode_url(part)
    except BuiltinError:
        raise Malformed(f"the {name} is not base64url") from None


def _object(name: str, part: bytes) -> dict[str, Any]:
    """Return the JSON object in *part*; an empty list counts as one, since that is what an empty table becomes."""
    import orjson

    try:
        found = orjson.loads(_decoded(name, part))
    except orjson.JSONDecodeError:
        raise Malformed(f"the {name} is not JSON") from None
    if found == []:
        return {}
    if not isinstance(found, dict):
        raise Malformed(f"the {name} is not a JSON object")
    return found

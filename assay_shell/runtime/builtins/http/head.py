"""The text of requests: methods and headers as bytes, checked before anything is sent."""

from __future__ import annotations

from assay_shell.runtime.builtins.http.engine import BadRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.http.engine import Headers

_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers as bytes; what is illegal is refused before a connection is made, as the other engine does."""
    pairs = [(token(name.lower(), "header name"), value.strip(" \t")) for name, value in headers]
    try:
        sent = [(name, value.encode()) for name, value in pairs]
    except UnicodeEncodeError as exc:
        raise BadRequest("a header value is not UTF-8") from exc
    if any((byte < 32 and byte != 9) or byte == 127 for _, value in sent for byte in value):
        raise BadRequest("failed to parse header value")
    return sent


def token(text: str, what: str) -> bytes:
    """*text* as a method or header name.

    Raises:
        BadRequest: it has characters that these may not have.
    """
    if not text or not _TOKEN.issuperset(text):
        raise BadRequest(f"invalid HTTP {what}")
    return text.encode("ascii")

"""The spellings under which a registered value may turn up."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST = 6
_KEY_LINE = 16  # shorter lines of a key block are shared with too much else
_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_JSON_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def spellings(secret: str) -> tuple[str, ...]:
    """Return *secret* and each of its encoded forms, without repetitions."""
    found: dict[str, None] = {}
    for value in (secret, *_key_lines(secret)):
        raw = value.encode("utf-8", "surrogatepass" if _has_high_surrogates(value) else "surrogateescape")
        plain = not raw.translate(None, _UNRESERVED)  # nothing that an encoder of text would touch
        for form in (value, *_hexadecimal(raw), *_base64(raw), *(() if plain else (*_percent(raw), *_json(value)))):
            if len(form) >= _SHORTEST:
                found[form] = None
    return tuple(found)


def _has_high_surrogates(text: str) -> bool:
    """Tell whether *text* holds surrogates that do not stand for a stray byte."""
    return not text.isascii() and any("\ud800" <= char < "\udc80" or "\udd00" <= char < "\ue000" for char in text)


def _key_lines(secret: str) -> list[str]:
    """Return the lines of a PEM block, which tools like to show one by one or joined with something else."""
    if "-----BEGIN" not in secret:
        return []
    lines = (line.strip() for line in secret.splitlines())
    return [line for line in lines if len(line) >= _KEY_LINE and not line.startswith("-----")]


def _hexadecimal(raw: bytes) -> Iterator[str]:
    yield raw.hex()
    yield raw.hex().upper()


def _base64(raw: bytes) -> Iterator[str]:
    """Yield both alphabets, padded, and what *raw* looks like inside the base64 of something longer."""
    from binascii import b2a_base64

    yield from _both_alphabets(b2a_base64(raw, newline=False).decode())
    for shift in range(3):  # how its first byte may lie in a group of three
        encoded = b2a_base64(b"\0" * shift + raw, newline=False).decode()
        # Only symbols made of its own bits alone: those at the ends depend on the neighbours.
        yield from _both_alphabets(encoded[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6])


def _both_alphabets(encoded: str) -> Iterator[str]:
    yield encoded
    yield encoded.replace("+", "-").replace("/", "_")


def _percent(raw: bytes) -> Iterator[str]:
    """Yield what the usual encoders of paths, queries and forms write; they differ in what they leave alone."""
    for left_alone in (b"", b"/", b"!*'()", b"!$&'()*+,;=:@", b"!$&'()*+,;=:@/"):
        kept = frozenset(_UNRESERVED + left_alone)
        encoded = "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in raw)
        yield encoded
        yield encoded.replace("%20", "+")
        yield "".join(chr(byte) if byte in kept else f"%{byte:02x}" for byte in raw)


def _json(value: str) -> Iterator[str]:
    """Yield the inside of JSON strings as different encoders write it, and of JSON within JSON."""
    for also in ("", "<>&", "/"):  # raw, what Go escapes for the sake of HTML, what PHP escapes
        for last in ("\U0010ffff", "~"):
            escaped = _escaped(value, also, last)
            yield escaped
            yield _escaped(escaped, "", last)


def _escaped(value: str, also: str, last: str) -> str:
    """Escape quotes, control characters, the characters of *also* and all that come after *last*."""
    return "".join(
        _JSON_SHORT.get(char) or (_special(char) if char < " " or char in also or char > last else char)
        for char in value
    )  # fmt: skip


def _special(char: str) -> str:
    return "\\/" if char == "/" else _units(char)


def _units(char: str) -> str:
    """Return *char* as one `\\uXXXX`, or two beyond the basic plane."""
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"

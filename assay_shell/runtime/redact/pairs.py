"""Secrets that stand after their name: JSON, YAML, ini files, source code, headers, queries, command lines."""

from __future__ import annotations

from functools import cache

from assay_shell.runtime.redact import MASK
from assay_shell.runtime.redact.names import ENDINGS, LONGEST_NAME, QUERY_ENDINGS, kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern

_IN_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.[]%"


class Pair:
    """A name that announces a secret and the place where its value starts."""

    __slots__ = ("before", "closed", "kind", "name", "sign", "start", "text")

    def __init__(self, text: str, before: str, name: str, kind: str) -> None:
        self.text = text
        self.before = before
        """What stands before the name; its end only."""
        self.name = name
        self.kind = kind
        self.sign = ""
        """`=`, `:`, `>`; a blank after an option of a command."""
        self.closed = False
        """Whether a quote follows the name, so that the value is one of a data format."""
        self.start = 0


def mask(text: str, lowered: str) -> str:
    """Return *text* with the values of secret names masked; *lowered* is *text* in lower case."""
    ends = _name_ends(lowered)
    if not ends:
        return text
    from assay_shell.runtime.redact.extent import secret_of

    pieces, done = [], 0
    for end in ends:
        pair = _pair_at(text, end) if end >= done else None
        span = secret_of(pair) if pair else None
        if span and span[0] >= done:
            pieces += [text[done : span[0]], MASK]
            done = span[1]
    return "".join([*pieces, text[done:]])


def _name_ends(lowered: str) -> list[int]:
    """Return where names may end that announce a secret, in order."""
    ends: set[int] = set()
    for ending in ENDINGS + QUERY_ENDINGS:
        length = len(ending.rstrip("="))
        at = lowered.find(ending)
        while at >= 0:
            ends.add(at + length)
            at = lowered.find(ending, at + length)
    return sorted(ends)


def _pair_at(text: str, end: int) -> Pair | None:
    """Return the pair whose name ends at *end*, None when no value follows or the name is an innocent one."""
    separator = _separator().match(text, end)
    if not separator and not (text.startswith(" ", end) and text.rfind("-", max(end - LONGEST_NAME, 0), end) >= 0):
        return None
    window = text[max(end - LONGEST_NAME, 0) : end]
    before = window.rstrip(_IN_NAMES)
    name = window[len(before) :].lstrip("[")
    if not separator and not name.startswith("-"):
        return None
    kind = kind_of(name)
    if kind is None:
        return None
    pair = Pair(text, before, name, kind)
    pair.closed = bool(separator and separator["close"])
    pair.sign = separator["sign"][-1:] if separator else " "
    pair.start = separator.end() if separator else end + 1
    return _rocket(pair, separator["sign"]) if separator else pair


def _rocket(pair: Pair, sign: str) -> Pair | None:
    """Take `=>` for a colon, and a `>` for the end of an element's name only."""
    if sign == "=>":
        pair.sign = ":"
    return None if sign == ">" and not pair.before.endswith("<") else pair


@cache
def _separator() -> Pattern[str]:
    import re  # text without any suspicious name never needs it

    after_name = r"(?P<close>\\*[\"'`])?(?:\]|%5D)?"
    name_and_value = r"(?:,?\s{0,80}\\*[\"']?[Vv]alue\\*[\"']?)?"  # {"name": "DB_PASSWORD", "value": "..."}
    return re.compile(after_name + name_and_value + r"[ \t]*(?P<sign>=>|:=|=(?!=|~ )|:(?![:/])|>)[ \t]*")

"""How many columns of a terminal text fills."""

from __future__ import annotations

from assay_shell.runtime.redact import MASK


def width_of(text: str) -> int:
    """The columns that *text* fills; it holds no control characters."""
    if text.isascii():
        return len(text)
    return len(text) if _is_narrow(text) else _measured(text)


def _is_narrow(text: str) -> bool:
    """Whether each character of *text* surely fills one column."""
    return (max(text) < "\u0300" and "\xad" not in text) or max(text.replace(MASK, " ").replace("…", " ")) < "\xa0"


def _measured(text: str) -> int:
    from wcwidth import wcswidth  # its tables take 10 ms to load

    return max(0, int(wcswidth(text)))


def cut(text: str, width: int, ellipsis: str) -> str:
    """The head of *text* that fills *width* columns with *ellipsis* at its end."""
    if width <= len(ellipsis):
        return ellipsis[: max(0, width)]
    room = width - len(ellipsis)
    if text.isascii():
        return text[:room] + ellipsis
    head = text[:room]
    while width_of(head) > room:
        head = head[:-1]
    while len(head) < len(text) and width_of(head + text[len(head)]) <= room:
        head += text[len(head)]
    return head + ellipsis


def pad(text: str, width: int, *, right: bool = False) -> str:
    """*text* with blanks up to *width* columns, before it where it stands at the right edge."""
    blanks = " " * (width - width_of(text))
    return blanks + text if right else text + blanks

"""The first lines of a response: status, framing, date, connection."""

from __future__ import annotations

OWN_DATE, CLOSE, OWN_CONNECTION = 1, 2, 4
"""What the Lua side says about the header lines it made: a date, a wish to close, a connection header stand in them."""

PLAIN_TEXT = "content-type: text/plain\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class _StatusLines(dict[int, str]):
    """Status -> its line, without the version of a client that speaks 1.0: ours is the same either way."""

    def __missing__(self, status: int) -> str:
        from http import HTTPStatus

        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = ""
        line = self[status] = f"HTTP/1.1 {status} {phrase}\r\n"
        return line


STATUS_LINES = _StatusLines()


def date_line(now: float) -> str:
    """The date header for a Unix time in seconds."""
    from email.utils import formatdate

    return f"date: {formatdate(now, usegmt=True)}\r\n"


def without_body(status: int) -> bool:
    """Whether a response with that status never has a body."""
    return status == 204 or status == 304


def head_text(status: int, lines: str, date: str, flags: int, *, framing: str, http10: bool, keep: bool) -> str:
    """The whole head of a response as the VM's text, one character a byte.

    *lines* are the handler's header lines, *framing* says how the body ends.
    """
    connection = ""
    if not keep:
        connection = "connection: close\r\n"
        lines = lines.replace("connection: keep-alive\r\n", "")
    elif http10 and not flags & OWN_CONNECTION:
        connection = "connection: keep-alive\r\n"
    return f"{STATUS_LINES[status]}{lines}{framing}{'' if flags & OWN_DATE else date}{connection}\r\n"

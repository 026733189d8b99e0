"""The screen of a script without a front end: text on standard output, progress on standard error."""

from __future__ import annotations

import os
import sys
from time import monotonic

from assay_shell.runtime.views.model import Progress, Text
from assay_shell.runtime.views.text import lines, render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.runtime.host import Host
    from assay_shell.runtime.views.model import View
    from assay_shell.runtime.views.screen import Place

_REDRAWN = 0.1
"""Seconds between two drawings of a progress bar."""
_WIDTH = 80


class PlainScreen:
    """Writes views as text. On a terminal they fit its width and have colours, in a pipe they are as wide as they are.

    *terminal* tells whether a descriptor (1 or 2) is one.
    """

    def __init__(self, runtime: Host, terminal: Callable[[int], bool] = os.isatty) -> None:
        self._runtime = runtime
        self._terminal = terminal

    def show(self, view: View) -> None:
        """Write *view* to standard output."""
        terminal = self._is_terminal(1)
        colour = terminal and _colours_wanted()
        encoding = _encoding() if terminal else "utf-8"
        for line in lines(view, _columns(1) if terminal else None, colour=colour, encoding=encoding):
            self._runtime.write_out(f"{line}\n".encode(encoding, "surrogateescape"))

    def open(self, view: View) -> Place:
        """A bar on standard error where that is a terminal; the items of a stream on standard output."""
        if isinstance(view, Progress):
            return _Bar(self._runtime, view) if self._is_terminal(2) else _Nowhere()
        return _Lines(self)

    def clear(self) -> None:
        """Empty a terminal."""
        if self._is_terminal(1):
            self._runtime.write_out(b"\x1b[2J\x1b[H")

    def _is_terminal(self, descriptor: int) -> bool:
        try:
            return self._terminal(descriptor) and os.environ.get("TERM") != "dumb"
        except OSError:
            return False


class _Nowhere:
    """Shows nothing: progress is no output of a script in a pipe."""

    def update(self, view: View) -> None:
        """Leave it."""

    def close(self, view: View) -> None:
        """Leave it."""


class _Bar:
    """One line of standard error that is written over."""

    def __init__(self, runtime: Host, view: Progress) -> None:
        self._runtime = runtime
        self._next = 0.0
        self.update(view)

    def update(self, view: View) -> None:
        """Draw the bar, not more often than anybody can see."""
        now = monotonic()
        if now >= self._next:
            self._next = now + _REDRAWN
            self._draw(view, "")

    def close(self, view: View) -> None:
        """Draw the bar for the last time, and go to the next line."""
        self._draw(view, "\n")

    def _draw(self, view: View, end: str) -> None:
        text = render(view, _columns(2) - 1, colour=_colours_wanted(), encoding=_encoding())
        self._runtime.flush()
        self._runtime.write_error(f"\r{text}\x1b[K{end}".encode(_encoding(), "backslashreplace"))
        sys.stderr.flush()


class _Lines:
    """The items of a stream, a line each, as they come."""

    def __init__(self, screen: PlainScreen) -> None:
        self._screen = screen

    def add(self, line: str) -> None:
        """Write one item."""
        self._screen.show(Text(line))

    def update(self, view: View) -> None:
        """Leave it: the items have been written."""

    def close(self, view: View) -> None:
        """Leave it: the items have been written."""


def _columns(descriptor: int) -> int:
    try:
        return max(20, os.get_terminal_size(descriptor).columns)
    except OSError:
        return _WIDTH


def _colours_wanted() -> bool:
    return not os.environ.get("NO_COLOR")


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"

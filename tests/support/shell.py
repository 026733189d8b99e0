"""The shell in a pseudo-terminal, and what its screen shows."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pexpect
import pyte

from tests.support.command import ASSAY, Command

PATIENCE = 15.0
"""Seconds that something may take to appear, on a machine that does much else."""
_CURSOR_QUESTION = b"\x1b[6n"
_STEP = 0.02
CTRL_C, CTRL_D, CTRL_R, CTRL_U = "\x03", "\x04", "\x12", "\x15"
ENTER, TAB, UP, DOWN, ESCAPE = "\r", "\t", "\x1b[A", "\x1b[B", "\x1b"


def new_home(folder: Path) -> Path:
    """Make a home in *folder*, with a place for settings."""
    home = folder / "home"
    (home / ".config/assay").mkdir(parents=True)
    return home


def variables(home: Path, folder: Path, extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The environment of a shell in *folder* whose files are in *home*; what is None in *extra* is not set."""
    wanted = extra or {}
    given = {
        "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PAGER": "cat",
        "XDG_CONFIG_HOME": str(home / ".config"), "XDG_DATA_HOME": str(home / ".local/share"),
        **{name: value for name, value in wanted.items() if value is not None},
    }  # fmt: skip
    environment = Command(folder).environment(given)
    for name in ("COLUMNS", "LINES", "COLORTERM", *(name for name, value in wanted.items() if value is None)):
        environment.pop(name, None)
    return environment


class Terminal:
    """A terminal of *columns* by *rows* in which a program runs."""

    def __init__(
        self, arguments: list[str], environment: Mapping[str, str], folder: Path, *, columns: int = 80, rows: int = 24
    ) -> None:
        self.raw = bytearray()
        self._screen = pyte.HistoryScreen(columns, rows, history=1_000_000)
        self._stream = pyte.ByteStream(self._screen)
        self._child: Any = pexpect.spawn(
            str(ASSAY), arguments, env=dict(environment), cwd=str(folder), dimensions=(rows, columns), echo=True
        )
        self._child.delaybeforesend = None

    def type(self, text: str) -> None:
        """Press keys."""
        self._child.send(text)

    def enter(self, text: str) -> None:
        """Type a line and press Enter."""
        self.type(text + ENTER)

    def wait_for(self, text: str, *, seconds: float = PATIENCE) -> None:
        """Wait until *text* is on the screen."""
        self._until(lambda: text in self.text, f"{text!r} is not on the screen", seconds)

    def wait_until(self, holds: Callable[[], bool], otherwise: str, *, seconds: float = PATIENCE) -> None:
        """Wait until something *holds* outside the terminal, which is read meanwhile."""
        self._until(holds, otherwise, seconds)

    def wait_until_gone(self, text: str, *, seconds: float = PATIENCE) -> None:
        """Wait until *text* is no longer on the screen."""
        self._until(lambda: text not in self.text, f"{text!r} is still on the screen", seconds)

    def wait_for_prompt(self, *, seconds: float = PATIENCE) -> None:
        """Wait until an empty prompt is the line of the cursor."""
        self._until(lambda: self.line.strip() in ("\u203a", ">"), "there is no prompt", seconds)

    def wait_for_match(self, pattern: str, *, seconds: float = PATIENCE) -> re.Match[str]:
        """Wait until *pattern* is found on the screen."""
        found: list[re.Match[str]] = []

        def look() -> bool:
            found[:] = [match for match in [re.search(pattern, self.text, re.MULTILINE)] if match]
            return bool(found)

        self._until(look, f"{pattern!r} matches nothing", seconds)
        return found[0]

    def run(self, line: str, *, seconds: float = PATIENCE) -> str:
        """Enter a line at the prompt, wait for the next one, and return what stands between them."""
        self.wait_for_prompt(seconds=seconds)
        mark = self.lines_so_far
        self.enter(line)
        self._until(
            lambda: self.lines_so_far > mark and self.line.strip() in ("\u203a", ">"), "there is no new prompt", seconds
        )
        return "\n".join(self._lines(mark + 1, self.lines_so_far))

    def end(self, *, seconds: float = PATIENCE) -> int:
        """Wait for the end of the program; its exit code, minus the signal that ended it."""
        deadline = time.monotonic() + seconds
        while self._child.isalive() and time.monotonic() < deadline:
            self.read()
        assert not self._child.isalive(), f"it still runs:\n{self.text}"
        return int(self._child.exitstatus if self._child.exitstatus is not None else -self._child.signalstatus)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal."""
        self._screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    @property
    def pid(self) -> int:
        """The program's process."""
        return int(self._child.pid)

    def send_signal(self, number: int) -> None:
        """Send a signal to the program."""
        self._child.kill(number)

    def close(self) -> None:
        """End the program whatever it does."""
        if self._child.isalive():
            self._child.kill(signal.SIGKILL)
            self._child.wait()
        self._child.close(force=True)

    # What is seen ----------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The lines of the screen, blanks at their ends removed."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    @property
    def line(self) -> str:
        """The line that the cursor is in."""
        return str(self._screen.display[self._screen.cursor.y])

    def _lines(self, first: int, end: int) -> list[str]:
        """Some of the lines that have left the screen, and of those on it."""
        above, columns = self._screen.history.top, range(self._screen.columns)
        gone = ["".join(line[x].data for x in columns) for line in islice(above, first, end)]
        shown = self._screen.display[max(first - len(above), 0) : max(end - len(above), 0)]
        return [line.rstrip() for line in (*gone, *shown)]

    @property
    def lines_so_far(self) -> int:
        """How many lines there are above the one of the cursor."""
        return len(self._screen.history.top) + int(self._screen.cursor.y)

    @property
    def cells(self) -> list[list[Any]]:
        """The cells of each line of the screen: `data` and what `style_of` gives."""
        return [[self._screen.buffer[y][x] for x in range(self._screen.columns)] for y in range(self._screen.lines)]

    def style_of(self, text: str) -> Any:
        """The cell where the lowest *text* on the screen begins: `fg`, `bg`, `bold`, `reverse`, `underscore`."""
        for y, line in reversed(list(enumerate(self._screen.display))):
            if (x := line.find(text)) >= 0:
                return self._screen.buffer[y][x]
        raise AssertionError(f"{text!r} is not on the screen")

    # Reading ---------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Take in what has been written, and answer when the cursor is asked for."""
        try:
            data = self._child.read_nonblocking(1 << 16, timeout=_STEP)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.raw += data
        self._stream.feed(data)
        if _CURSOR_QUESTION in data and self._child.isalive():
            self.type(f"\x1b[{self._screen.cursor.y + 1};{self._screen.cursor.x + 1}R")

    def _until(self, holds: Any, otherwise: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"{otherwise}:\n{self.text}"
            alive = self._child.isalive()
            self.read()
            assert alive or holds(), f"{otherwise}, and the program has ended:\n{self.text}"

"""The report for people: a line for each check, what runs at the bottom of the terminal, the counts at the end."""

from __future__ import annotations

import io
import sys
import unicodedata
from time import monotonic

from assay_shell.checks.run import Observer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from assay_shell.checks.results import Report, Result
    from assay_shell.checks.suite import Check, Suite

_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "bold red"), "skipped": ("-", "yellow")}
_MOST_SHOWN = 8
"""So many running checks are shown at once."""


def render(report: Report) -> str:
    """The report as plain text."""
    stream = io.StringIO()
    width = _name_width([result.check for result in report.results])
    for result in report.results:
        stream.write(_line(result, width) + "\n")
    stream.write(_summary(report) + "\n")
    return stream.getvalue()


class Pretty(Observer):
    """Writes each result as soon as it is known; with *progress*, on a terminal, also what is running."""

    def __init__(self, stream: TextIO | None = None, *, progress: bool = True) -> None:
        from rich.console import Console

        self._console: Console = Console(file=stream or sys.stdout, highlight=False, markup=False, emoji=False)
        self._progress = progress
        self._live: Live | None = None
        self._running: dict[int, tuple[Check, float, str]] = {}
        self._width = 0

    def begun(self, suite: Suite) -> None:
        self._width = _name_width(list(suite.checks))
        if self._progress and self._console.is_terminal and not self._console.is_dumb_terminal:
            from rich.live import Live

            self._live = Live(
                console=self._console, get_renderable=self._view, refresh_per_second=8, transient=True,
                redirect_stdout=False, redirect_stderr=False,
            )  # fmt: skip
            self._live.start()

    def started(self, check: Check) -> None:
        self._running[id(check)] = check, monotonic(), ""

    def retrying(self, check: Check, attempt: int, wait: float, message: str) -> None:
        note = f"retry {attempt}/{check.attempts - 1} in {wait:g} s: {_first_line(message)}"
        self._running[id(check)] = check, monotonic(), note

    def finished(self, result: Result) -> None:
        self._running.pop(id(result.check), None)

    def completed(self, result: Result) -> None:
        from rich.text import Text

        mark, style = _MARKS[result.state]
        line = Text(_line(result, self._width))
        line.stylize(style, 1, 1 + len(mark))
        self._console.print(line, soft_wrap=True)

    def aborted(self) -> None:
        if self._live is not None:
            self._live.stop()  # gives the cursor back
            self._live = None
        self._running.clear()

    def ended(self, report: Report) -> None:
        self.aborted()
        self._console.print(_summary(report), style="red" if not report.passed else "green", soft_wrap=True)

    def write(self, data: bytes) -> None:
        """Write what a script prints, above what is running."""
        self._console.out(data.decode("utf-8", "replace"), end="", highlight=False)

    def _view(self) -> Text:
        from rich.text import Text

        lines = []
        for check, since, note in list(self._running.values())[:_MOST_SHOWN]:
            shown = note or f"{monotonic() - since:.0f} s"
            lines.append(f" {'↻' if note else '…'} {_padded(check.name, self._width)}  {check.type:<10}  {shown}")
        if len(self._running) > _MOST_SHOWN:
            lines.append(f"   and {len(self._running) - _MOST_SHOWN} more")
        return Text("\n".join(lines), style="dim", overflow="ellipsis", no_wrap=True)


def _line(result: Result, width: int) -> str:
    mark, _ = _MARKS[result.state]
    told = result.detail if result.passed else _visible(result.message or "").replace("\n", "\n" + " " * 5)
    told = told or f"{result.milliseconds} ms"
    return f" {mark} {_padded(result.check.name, width)}  {result.check.type:<10}  {told}".rstrip()


def _summary(report: Report) -> str:
    counts = ", ".join(f"{report.count(state)} {state}" for state in ("passed", "failed", "skipped"))
    return f" {counts} in {report.milliseconds / 1000:.1f} s"


def _name_width(checks: list[Check]) -> int:
    return min(max((_cells(_visible(check.name)) for check in checks), default=0), 40)


def _padded(name: str, width: int) -> str:
    shown = _visible(name).replace("\n", " ")
    return shown + " " * (width - _cells(shown))


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char) for char in text)


def _first_line(text: str) -> str:
    return _visible(text.partition("\n")[0])


def _visible(text: str) -> str:
    from assay_shell.runtime.log import visible

    return visible(text)

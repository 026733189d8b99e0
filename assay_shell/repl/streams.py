"""A stream alone on a line: shown in place while it runs, the newest first. Its items stay in `_`."""

from __future__ import annotations

from asyncio import CancelledError
from collections import deque
from contextlib import suppress
from time import monotonic

from assay_shell.runtime.views.choose import choose
from assay_shell.runtime.views.live import Feed, follow
from assay_shell.runtime.views.model import Text
from assay_shell.runtime.views.text import render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.repl.screen import Screen
    from assay_shell.runtime.views.model import Live, View
    from assay_shell.runtime.vm import Runtime
    from assay_shell.session.session import Outcome
    from assay_shell.session.workspace import Workspace

_KEPT = 10_000
_AROUND = 4
"""Rows of the terminal that are no items: what stands above them, and the cursor's."""


class Items(Feed):
    """The items as they are in the VM. Their view is of the newest, as many as *screen* has room for."""

    def __init__(self, runtime: Runtime, title: str, screen: Screen) -> None:
        super().__init__(runtime, title)
        self._vm = runtime
        self._screen = screen
        self._raw: deque[Any] = deque(maxlen=_KEPT)

    def add(self, item: object) -> str:
        """Keep *item*; as text, where that is all that the screen can show."""
        raw = next(iter(self._vm.border.results(item)), None)
        self._raw.append(self._vm.border.adopt(raw))
        self.total += 1
        return drawn(choose(self._vm, raw), self._screen, 1) if self._screen.dumb else ""

    def view(self) -> View:
        """The newest."""
        newest = list(self._raw)[: -rows(self._screen) - 1 : -1]
        return choose(self._vm, self._vm.lua.table_from(newest)) if newest else Text("")

    def all(self) -> Any:
        """A raw list of those that are kept, the oldest first."""
        return self._vm.lua.table_from(list(self._raw))


class Below:
    """The lines below the input, where a stream is drawn."""

    def __init__(self, items: Items, title: str, screen: Screen) -> None:
        self._items = items
        self._title = title
        self._screen = screen
        self.update(items.view())

    def update(self, view: View) -> None:
        """Draw *view* in the place of the one before."""
        head = f"{self._title}  {self._items.total} so far  Ctrl-C ends it"
        lines = drawn(view, self._screen, rows(self._screen)).split("\n") if self._items.total else []
        self._screen.region([self._screen.dim(head), *lines[: rows(self._screen)]])

    def close(self, view: View) -> None:
        """Draw it for the last time; what comes next goes below."""
        self.update(view)
        self._screen.end_region()


class Lines:
    """A terminal that cannot draw in place: one item after the other."""

    def __init__(self, screen: Screen) -> None:
        self.add = screen.say

    def update(self, view: View) -> None:
        """Nothing: the items are there already."""

    close = update


def rows(screen: Screen) -> int:
    """How many items there is room for."""
    return max(screen.size[1] - _AROUND, 3)


def drawn(view: View, screen: Screen, limit: int) -> str:
    """*view* as text of at most *limit* rows."""
    return render(view, screen.size[0], limit, colour=screen.colour, encoding=screen.encoding)


async def show_stream(workspace: Workspace, live: Live, outcome: Outcome | None, screen: Screen) -> None:
    """Draw *live*, which *outcome* gave, until it ends or the user has seen enough, which is no error.

    Raises:
        AssayError: the stream failed; what came before stays.
    """
    title = live.title or "stream"
    items = Items(workspace.runtime, title, screen)
    started, ended = monotonic(), False
    try:
        with suppress(CancelledError):  # Ctrl-C: the user has seen enough
            await follow(workspace.runtime, live, Lines(screen) if screen.dumb else Below(items, title, screen), items)
            ended = True
    finally:
        seconds = None if ended else monotonic() - started
        workspace.session.keep_items(outcome, items.all(), items.total, seconds)

"""A stream alone on a line: shown in place while it runs, the newest first. Its items stay in `_`."""

from __future__ import annotations

import asyncio
from collections import deque
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.repl.screen import Screen
    from assay_shell.runtime.views.model import Live
    from assay_shell.session.workspace import Workspace

_KEPT = 10_000
_PAUSE = 0.2
"""Seconds between two drawings."""
_AROUND = 4


class Following:
    """What has come of a stream, and how it is drawn."""

    def __init__(self, workspace: Workspace, title: str, screen: Screen) -> None:
        self._workspace = workspace
        self._title = title
        self._screen = screen
        self._items: deque[Any] = deque(maxlen=_KEPT)
        self._count = 0
        self._drawn = 0.0
        self._later: asyncio.TimerHandle | None = None

    def add(self, item: Any) -> None:
        """Take one more item."""
        border = self._workspace.runtime.border
        raw = next(iter(border.results(item)), None)
        self._items.append(border.adopt(raw))
        self._count += 1
        if self._screen.dumb:
            self._screen.say(self._text([raw], 1))
        elif monotonic() - self._drawn >= _PAUSE:
            self.draw()
        elif self._later is None:  # else the last one of a burst would not be seen until another comes
            self._later = asyncio.get_running_loop().call_later(_PAUSE, self.draw)

    def draw(self) -> None:
        """Put the newest on the screen, in the place of what was there."""
        if self._screen.dumb:
            return
        self._drawn = monotonic()
        if self._later is not None:
            self._later.cancel()
            self._later = None
        rows = max(self._screen.size[1] - _AROUND, 3)
        newest = list(self._items)[: -rows - 1 : -1]
        head = f"{self._title}  {self._count} so far  Ctrl-C ends it"
        self._screen.region([self._screen.dim(head), *self._text(newest, rows).split("\n")][: rows + 1])

    def keep(self) -> None:
        """Make the items the last result."""
        if self._items:
            self._workspace.session.keep_result([self._workspace.runtime.lua.table_from(list(self._items))])

    def _text(self, items: list[Any], limit: int) -> str:
        from assay_shell.runtime.views.choose import choose
        from assay_shell.runtime.views.text import render

        if not items:
            return ""
        runtime, screen = self._workspace.runtime, self._screen
        single = len(items) == 1 and screen.dumb
        view = choose(runtime, items[0] if single else runtime.lua.table_from(items))
        return render(view, screen.size[0], limit, colour=screen.colour, encoding=screen.encoding)


async def follow(workspace: Workspace, live: Live, screen: Screen) -> None:
    """Draw *live* until it ends or the user has seen enough, which is no error."""
    stream: Any = live.stream
    following = Following(workspace, live.title or "stream", screen)
    following.draw()
    try:
        while (item := await stream.next()) is not None:
            following.add(item)
    except asyncio.CancelledError:
        pass  # Ctrl-C: the user has seen enough
    finally:
        await stream.close()
        following.draw()
        following.keep()
        screen.end_region()

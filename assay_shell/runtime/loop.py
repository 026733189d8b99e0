"""The event loop under a scheduler: one that already runs, or one of our own, which comes into being when needed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine
    from typing import Any

_CANCEL_GRACE = 5.0
"""Seconds that what is left on the loop gets for its clean-up."""


class EventLoop:
    """Gives out the loop; *at_first* is called with it whenever it is a new one."""

    def __init__(self, at_first: Callable[[asyncio.AbstractEventLoop], None]) -> None:
        self._at_first = at_first
        self._loop: asyncio.AbstractEventLoop | None = None
        self._own = False
        self.at_start: Callable[[], object] | None = None
        """Called on a loop of our own whenever it starts to run."""

    @property
    def exists(self) -> bool:
        """Whether there has been need of it yet."""
        return self._loop is not None and not self._loop.is_closed()

    @property
    def idle(self) -> bool:
        """Whether it exists and nobody runs it now."""
        return self._loop is not None and not self._loop.is_running()

    def get(self) -> asyncio.AbstractEventLoop:
        """The loop; made, or found running, on first use."""
        if self._loop is None or self._loop.is_closed():
            from asyncio import get_running_loop

            try:
                self._loop = get_running_loop()
                self._own = False
            except RuntimeError:
                self._loop = _new_loop()
                self._own = True
            self._at_first(self._loop)
        return self._loop

    def complete(self, awaitable: Coroutine[Any, Any, Any]) -> Any:
        """Run the loop of our own until *awaitable* is done."""
        loop = self.get()
        if self.at_start is not None:
            loop.call_soon(self.at_start)
        return loop.run_until_complete(awaitable)

    def close(self) -> None:
        """End a loop of our own, with everything on it."""
        loop = self._loop
        if loop is None or not self._own or loop.is_closed():
            return
        import asyncio

        left = asyncio.all_tasks(loop)
        for pending in left:
            pending.cancel()
        if left:
            self.complete(_patiently(left))
        self.complete(loop.shutdown_asyncgens())
        loop.close()


def _new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed: waits cost half as much, for 5 ms at the first one."""
    try:
        import uvloop
    except ImportError:
        import asyncio

        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def _patiently(tasks: set[asyncio.Task[Any]]) -> None:
    from asyncio import wait

    await wait(tasks, timeout=_CANCEL_GRACE)

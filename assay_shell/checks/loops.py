"""Event loops for runs of checks, which SIGINT and SIGTERM end in good order."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any, TypeVar

    T = TypeVar("T")


class Signals:
    """Takes SIGINT and SIGTERM for the length of the `with` block: the first cancels what `run` runs, the second kills.

    *code* is the exit code once one has come, 0 before.
    """

    def __init__(self) -> None:
        self.code = 0
        self._before: dict[int, Any] = {}
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, number: int, frame: object) -> None:
        if self.code:
            os._exit(128 + number)
        self.code = 128 + number
        if self._running is not None:
            loop, task = self._running
            loop.call_soon_threadsafe(task.cancel)

    def run(self, work: Coroutine[object, object, T]) -> T | None:
        """The result of *work* on a loop of its own; None when a signal came before it was done."""
        loop = _new_loop()
        task = loop.create_task(work)
        self._running = loop, task
        try:
            if self.code:
                task.cancel()
            return loop.run_until_complete(task)
        except asyncio.CancelledError:
            return None
        finally:
            self._running = None
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()  # waits for no thread: one may hang in a system call


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()

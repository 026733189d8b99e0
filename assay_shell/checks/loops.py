"""An event loop for one run, which SIGINT and SIGTERM end in good order."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import TypeVar

    T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def until_done(work: Coroutine[object, object, T]) -> tuple[T | None, int]:
    """The result of *work* and 0; or None and the exit code of the signal that ended it.

    A second signal ends the process.
    """
    loop = _new_loop()
    task = loop.create_task(work)
    codes: list[int] = []

    def stop(number: int) -> None:
        if codes:
            os._exit(128 + number)
        codes.append(128 + number)
        task.cancel()

    watched = _SIGNALS if threading.current_thread() is threading.main_thread() else ()
    for number in watched:
        loop.add_signal_handler(number, stop, number)
    try:
        return loop.run_until_complete(task), 0
    except asyncio.CancelledError:
        return None, codes[0] if codes else 130
    finally:
        for number in watched:
            loop.remove_signal_handler(number)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()  # waits for no thread: one may hang in a system call


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()

"""Ending a run that takes too long: by interrupting it, and where that cannot reach it, by ending the process."""

from __future__ import annotations

import os
from _thread import allocate_lock, start_new_thread

from assay_shell.runtime.errors import DeadlineExceeded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable

    from assay_shell.runtime.vm import Runtime

_GRACE = 3.0
"""Seconds an interrupted script gets for its clean-up before the process is ended."""


class Deadline:
    """Interrupts *runtime* when the `with` block takes longer than *seconds*.

    What an interrupt cannot reach (a C function, such as a runaway pattern) makes *kill* be called with the exit code
    after a grace period; it must not return. None where the process has to live on.
    """

    def __init__(
        self, runtime: Runtime, seconds: float, *, grace: float = _GRACE, kill: Callable[[int], None] | None = os._exit
    ) -> None:
        self._runtime = runtime
        self._seconds = seconds
        self._grace = grace
        self._kill = kill
        self._ended = allocate_lock()
        self._watched = allocate_lock()

    def __enter__(self) -> Deadline:
        self._ended.acquire()
        self._watched.acquire()
        start_new_thread(self._watch, ())
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.release()
        self._watched.acquire()  # an interrupt on its way must not hit what runs next

    def _watch(self) -> None:
        try:
            if self._ended.acquire(timeout=self._seconds):
                return
            reason = DeadlineExceeded(self._seconds)
            interrupted = allocate_lock()
            interrupted.acquire()
            start_new_thread(self._interrupt, (reason, interrupted))
            if not self._ended.acquire(timeout=self._grace) and self._kill is not None:
                self._kill(reason.exit_code)
            interrupted.acquire()
        finally:
            self._watched.release()

    def _interrupt(self, reason: DeadlineExceeded, done: LockType) -> None:
        """Interrupt the script, which takes as long as a C function that cannot be reached runs."""
        try:
            self._runtime.interrupt(reason)
        finally:
            done.release()

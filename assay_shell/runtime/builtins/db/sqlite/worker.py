"""A thread that does one job after another for the tasks of an event loop."""

from __future__ import annotations

from assay_shell.runtime.builtins.db.eager import suspended

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from queue import SimpleQueue
    from threading import Thread
    from typing import Any, TypeVar

    Result = TypeVar("Result")


class _Job:
    __slots__ = ("future", "given_up", "loop", "started", "work")

    def __init__(self, work: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.started = False
        self.given_up = False

    def run(self) -> None:
        """Do the work, on the thread, and tell the loop how it went."""
        if self.given_up:
            return self._tell(None, None)
        self.started = True
        try:
            result, exc = self.work(), None
        except BaseException as caught:
            result, exc = None, caught
        return self._tell(result, exc)

    def _tell(self, result: Any, exc: BaseException | None) -> None:
        try:
            self.loop.call_soon_threadsafe(self._settle, result, exc)
        except RuntimeError:  # the loop was closed meanwhile: nobody waits any more
            return

    def _settle(self, result: Any, exc: BaseException | None) -> None:
        if self.future.done():
            return
        if exc is not None:
            self.future.set_exception(exc)
        else:
            self.future.set_result(result)


class Worker:
    """One thread, started with the first job. *stop* is called to cut the running job short."""

    def __init__(self, name: str, stop: Callable[[], None]) -> None:
        self._name = name
        self._stop = stop
        self._queue: SimpleQueue[_Job | None] | None = None
        self._thread: Thread | None = None
        self._left = 0

    @property
    def busy(self) -> bool:
        """Whether a job is running or queued."""
        return self._left > 0

    async def do(self, work: Callable[[], Result]) -> Result:
        """Have *work* done on the thread, after what was asked for earlier.

        A job of a cancelled task is cut short, or never begun; either way it has ended when this returns.
        """
        await suspended()
        from asyncio import CancelledError, get_running_loop, shield, wait

        job = _Job(work, get_running_loop())
        self._left += 1
        job.future.add_done_callback(self._count_down)
        self._put(job)
        try:
            result: Result = await shield(job.future)
            return result
        except CancelledError:
            job.given_up = True
            while not job.future.done():
                if job.started:
                    self._stop()
                await wait([job.future], timeout=0.05)
            job.future.exception()  # it was asked for; nobody else will look
            raise

    def end(self) -> None:
        """Let the thread end after the job it is at, and wait for it."""
        if self._thread is not None and self._queue is not None:
            self._stop()
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _count_down(self, ended: asyncio.Future[Any]) -> None:
        self._left -= 1

    def _put(self, job: _Job) -> None:
        if self._queue is None or self._thread is None:
            from queue import SimpleQueue
            from threading import Thread

            self._queue = SimpleQueue()
            self._thread = Thread(target=_serve, args=(self._queue,), name=self._name, daemon=True)
            self._thread.start()
        self._queue.put(job)


def _serve(queue: SimpleQueue[_Job | None]) -> None:
    while (job := queue.get()) is not None:
        job.run()
        del job  # what the next wait lasts must not keep results alive

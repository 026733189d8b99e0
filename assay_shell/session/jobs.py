"""Code that runs in the background of a session: `code &`."""

from __future__ import annotations

import asyncio
from time import monotonic

from assay_shell.runtime.errors import AssayError, Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.scheduler import Task
    from assay_shell.session.session import Session

RUNNING, DONE, FAILED, STOPPED = "running", "done", "failed", "stopped"


class Job:
    """One of them: *state* is one of the words above, *values* are the raw results once it is done."""

    __slots__ = ("_ended", "_started", "ended", "error", "number", "source", "state", "task", "values", "watched")

    def __init__(self, number: int, source: str, task: Task) -> None:
        self.number = number
        self.source = source
        self.task = task
        self.state = RUNNING
        self.values: list[Any] = []
        self.error: AssayError | None = None
        self.ended = asyncio.Event()
        self.watched = False
        """Whether somebody waits for its end and will show what came of it."""
        self._started = monotonic()
        self._ended: float | None = None

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return (self._ended or monotonic()) - self._started

    @property
    def name(self) -> str:
        """What errors call its code."""
        return f"<job {self.number}>"

    def finish(self, state: str) -> None:
        """Note its end."""
        self.state = state
        self._ended = monotonic()
        self.ended.set()


class Jobs:
    """The jobs of a session. *announce* is called with a job that has ended unwatched."""

    def __init__(self, session: Session, announce: Callable[[Job], None]) -> None:
        self._session = session
        self._announce = announce
        self._jobs: dict[int, Job] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        self._count = 0

    def all(self) -> list[Job]:
        """Jobs that run, and those whose result nobody has fetched, the oldest first."""
        return list(self._jobs.values())

    @property
    def running(self) -> int:
        """How many have not ended."""
        return sum(job.state == RUNNING for job in self._jobs.values())

    def start(self, source: str) -> Job:
        """Start *source* as a job.

        Raises:
            ScriptSyntaxError: it does not compile.
        """
        number = self._count + 1
        runtime = self._session.runtime
        cell = self._session.cells.compile(source, f"<job {number}>", self._session.results)
        task = runtime.scheduler.spawn(cell.function)
        self._count = number
        job = self._jobs[number] = Job(number, source, task)
        task.context = job  # an interrupt is meant for what runs in front, and only then for this
        watcher = asyncio.get_running_loop().create_task(self._watch(job))
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)
        return job

    async def wait(self, job: Job) -> None:
        """Wait for the end of *job*; being cancelled meanwhile ends it."""
        job.watched = True
        try:
            await job.ended.wait()
        except asyncio.CancelledError:
            await self.end(job)

    async def end(self, job: Job) -> None:
        """Stop *job* and wait until it has stopped."""
        job.watched = True
        if job.state == RUNNING:
            self._session.runtime.scheduler.cancel(job.task)
            await job.ended.wait()
        self.forget(job)

    def forget(self, job: Job) -> None:
        """Keep nothing of it."""
        self._jobs.pop(job.number, None)

    def source_of(self, name: str) -> str | None:
        """The source of the job that errors call *name*."""
        return next((job.source for job in self._jobs.values() if job.name == name), None)

    async def _watch(self, job: Job) -> None:
        runtime = self._session.runtime
        await runtime.scheduler.finished(job.task)
        try:
            if job.task.state == "done":
                job.values = [runtime.border.adopt(raw) for raw in runtime.task_results(job.task)]
            else:
                job.error = runtime.task_error(job.task)
        finally:
            runtime.scheduler.forget(job.task)
        job.finish(_state(job))
        if not job.watched:
            self._announce(job)
        if job.error is not None or not job.values:
            self.forget(job)


def _state(job: Job) -> str:
    if job.error is None:
        return DONE
    return STOPPED if isinstance(job.error, Interrupted) else FAILED

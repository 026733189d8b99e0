"""A runbook from its first cell to its last, without a browser: each cell's state is reported as it comes."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from assay_shell.kernel.policy import APPROVE
from assay_shell.runbook import book as books
from assay_shell.runbook.kernel import running
from assay_shell.runtime.approvals.request import find_request
from assay_shell.runtime.redact import Redactor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.runtime.approvals.request import Request

PASSED, FAILED, SKIPPED, WAITING = "passed", "failed", "skipped", "waiting"


@dataclass(slots=True)
class Step:
    """One code cell, secrets masked: its *state* is one of the words above; *message* says what went wrong."""

    index: int
    title: str
    source: str
    state: str = SKIPPED
    seconds: float = 0.0
    message: str = ""


@dataclass(slots=True)
class Outcome:
    """What came of a run; *request* is the approval it waits for, None where it does not."""

    steps: list[Step] = field(default_factory=list)
    seconds: float = 0.0
    started: float = 0.0
    request: Request | None = None
    interrupted: int = 0
    """The signal that ended it, 0 where none did."""

    @property
    def state(self) -> str:
        """`passed`, `failed` or `waiting`."""
        states = [step.state for step in self.steps]
        return WAITING if WAITING in states else FAILED if FAILED in states or self.interrupted else PASSED


class Run:
    """One run of *book*, which gets the outputs; *told* hears of each step before and after it runs."""

    def __init__(
        self,
        book: Any,
        folder: str,
        *,
        cells: set[int],
        timeout: float | None = None,
        approve: str = "ask",
        environment: dict[str, str] | None = None,
        told: Callable[[Step], None] = lambda step: None,
        saved: Callable[[], None] = lambda: None,
    ) -> None:
        self._book = book
        self._folder = folder
        self._cells = cells
        self._timeout = timeout
        self._environment = {**os.environ, **(environment or {}), APPROVE: approve}
        self._told = told
        self._saved = saved
        titles, mask = books.titles(book), Redactor().text
        code = [index for index, cell in enumerate(book.cells) if cell.cell_type == "code" and cell.source.strip()]
        steps = [Step(index, mask(titles[index]), mask(book.cells[index].source)) for index in code]
        self.outcome = Outcome(steps)

    async def carry_out(self) -> Outcome:
        """Run the cells in a kernel of their own, until one fails or waits for an approval.

        Raises:
            BookError: the kernel did not start, or the notebook cannot be saved.
        """
        self.outcome.started = time.time()
        started = time.monotonic()
        for index in self._cells:
            self._book.cells[index].outputs = []
            self._book.cells[index].execution_count = None
        try:
            await self._in_kernel()
        except (asyncio.CancelledError, KeyboardInterrupt):
            self.outcome.interrupted = self.outcome.interrupted or signal.SIGINT
        finally:
            self.outcome.seconds = time.monotonic() - started
            self._saved()
        return self.outcome

    async def _in_kernel(self) -> None:
        from nbclient import NotebookClient

        self._take_signals()
        async with running(self._folder, self._environment) as (manager, channels):
            client = NotebookClient(self._book, km=manager, timeout=None, allow_errors=True, record_timing=False)
            client.kc = channels
            for step in self.outcome.steps:
                if step.index not in self._cells:
                    continue
                await self._step(client, step)
                self._saved()
                if step.state != PASSED:
                    return

    def _take_signals(self) -> None:
        """Have Ctrl-C and SIGTERM end the run, which ends its kernel and saves what there is."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop, number, asyncio.current_task())

    def _stop(self, number: int, task: asyncio.Task[Any] | None) -> None:
        if not self.outcome.interrupted and task is not None:  # a second one finds the run at its end
            task.cancel()
        self.outcome.interrupted = self.outcome.interrupted or number

    async def _step(self, client: Any, step: Step) -> None:
        """Run one cell; what comes of it is in its outputs."""
        cell, started = self._book.cells[step.index], time.monotonic()
        step.state = "running"
        self._told(step)
        # A task of its own: nbclient takes a cancellation for the death of the kernel.
        executed = asyncio.ensure_future(client.async_execute_cell(cell, step.index))
        try:
            await asyncio.wait((executed,), timeout=self._timeout)
            self._judge(step, cell, executed)
        finally:
            executed.cancel()
            await asyncio.gather(executed, return_exceptions=True)
            cell.outputs = _joined(cell.outputs)
        step.seconds = time.monotonic() - started
        self._told(step)

    def _judge(self, step: Step, cell: Any, executed: asyncio.Future[Any]) -> None:
        from nbclient.exceptions import DeadKernelError

        if not executed.done():
            step.state, step.message = FAILED, f"not finished within {self._timeout:g} s"
            return
        failure = executed.exception()
        if failure is not None:
            died = isinstance(failure, DeadKernelError)
            step.state, step.message = FAILED, "the kernel died while this cell ran" if died else str(failure)
            return
        error = next((output for output in cell.outputs if output.output_type == "error"), None)
        if error is None:
            step.state = PASSED
            return
        request = find_request(error.evalue, Redactor())
        if request is None:
            step.state, step.message = FAILED, _plain(error)
            return
        self.outcome.request = request
        step.state, step.message = WAITING, request.prompt
        error.ename, error.evalue = "ApprovalNeeded", request.prompt
        error.traceback = [f"waiting for approval: {request.prompt}", *_context(request)]


def _joined(outputs: list[Any]) -> list[Any]:
    """Outputs as Jupyter saves them: what was printed in a row is one."""
    found: list[Any] = []
    for stream, group in groupby(outputs, lambda output: output.name if output.output_type == "stream" else ""):
        first, *others = group
        if not stream:
            found += [first, *others]
            continue
        first.text = "".join([first.text, *(other.text for other in others)])
        found.append(first)
    return found


def _context(request: Request) -> list[str]:
    context = request.context
    return [str(line) for line in context] if isinstance(context, list) else [] if context is None else [str(context)]


def _plain(error: Any) -> str:
    """An error's marked source line without colours."""
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback) or error.evalue)

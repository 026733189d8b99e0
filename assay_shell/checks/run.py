"""A whole suite: setup, the checks one after the other or side by side, teardown; within the time there is."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import partial

from assay_shell.checks.attempts import LONGEST, carry_out
from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.results import Report, Result
from assay_shell.checks.scripts import evaluate, read_source
from assay_shell.checks.suite import Check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.suite import Suite
    from assay_shell.checks.tools import Tools

_TEARDOWN_TIME = 30.0
"""Seconds that a teardown script may take; the time of the suite does not count for it."""


class Observer:
    """Is told how a run goes on; this one does nothing with it."""

    def begun(self, suite: Suite) -> None:
        """The run begins."""

    def started(self, check: Check) -> None:
        """A check begins."""

    def retrying(self, check: Check, attempt: int, wait: float, message: str) -> None:
        """An attempt failed; the next one comes after *wait* seconds."""

    def finished(self, result: Result) -> None:
        """A check has its result; as soon as that is so."""

    def completed(self, result: Result) -> None:
        """A check has its result, and so have all before it; in the order of the file."""

    def ended(self, report: Report) -> None:
        """The run is over."""

    def aborted(self) -> None:
        """The run was stopped: there is no report."""


async def run_suite(suite: Suite, tools: Tools, observer: Observer) -> Report:
    """Run all checks and report on them; never raises for what a check does."""
    started, clock = time.time(), time.monotonic()
    observer.begun(suite)
    try:
        results = await _results(suite, tools, observer)
    except BaseException:
        observer.aborted()
        raise
    report = Report(suite.path, results, int((time.monotonic() - clock) * 1000), started)
    observer.ended(report)
    return report


async def _results(suite: Suite, tools: Tools, observer: Observer) -> tuple[Result, ...]:
    """The results of all checks, then those of setup and teardown where they failed."""
    run = _Run(suite, tools, observer)
    extra: list[Result] = []
    try:
        async with asyncio.timeout(min(suite.timeout, LONGEST)):
            failure = await _script("setup", suite.setup, suite, tools)
            if failure is None:
                await run.all()
            else:
                extra.append(failure)
                run.skip_rest("setup failed")
    except TimeoutError:
        tools.log("error", "global timeout exceeded", timeout_secs=int(suite.timeout))
        run.fail_rest(f"global timeout of {int(suite.timeout)}s exceeded")
    finally:
        last = await _teardown(suite, tools)
        await tools.requests.close()
    extra += [last] if last is not None else []
    for result in extra:
        observer.completed(result)
    return (*run.results(), *extra)


async def _teardown(suite: Suite, tools: Tools) -> Result | None:
    try:
        async with asyncio.timeout(_TEARDOWN_TIME):
            return await _script("teardown", suite.teardown, suite, tools)
    except TimeoutError:
        return _script_failed("teardown", suite, f"timed out after {_TEARDOWN_TIME:g}s")


async def _script(what: str, path: str | None, suite: Suite, tools: Tools) -> Result | None:
    """Run a setup or teardown script; a failed result where it fails."""
    if path is None:
        return None
    try:
        await evaluate(tools, partial(read_source, path), path)
    except CheckFailed as exc:
        return _script_failed(what, suite, tools.redactor.text(exc.message))
    return None


def _script_failed(what: str, suite: Suite, message: str) -> Result:
    from assay_shell.checks.document import Place

    check = Check(what, "script", Place(suite.path, 1, 1, what), {}, None, 1, 0.0, what)
    return Result(check, "failed", 0, message)


class _Run:
    """The state of one run: the results so far, by the position of their check."""

    def __init__(self, suite: Suite, tools: Tools, observer: Observer) -> None:
        self._suite = suite
        self._tools = tools
        self._observer = observer
        self._results: list[Result | None] = [None] * len(suite.checks)
        self._told = 0
        self._done = {name: asyncio.Event() for check in suite.checks for name in check.depends_on}
        self._open: dict[str, int] = {}
        for check in suite.checks:
            for name in {check.name, check.origin} & self._done.keys():
                self._open[name] = self._open.get(name, 0) + 1

    def results(self) -> tuple[Result, ...]:
        """The results in the order of the file."""
        return tuple(result for result in self._results if result is not None)

    async def all(self) -> None:
        """Run every check."""
        if self._suite.parallel == 1 and not self._done:
            for index in range(len(self._results)):
                await self._one(index)
            return
        room = asyncio.Semaphore(self._suite.parallel)
        tasks = [asyncio.create_task(self._in_turn(index, room)) for index in range(len(self._results))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _in_turn(self, index: int, room: asyncio.Semaphore) -> None:
        check = self._suite.checks[index]
        for name in check.depends_on:
            await self._done[name].wait()
        async with room:
            await self._one(index)

    async def _one(self, index: int) -> None:
        check = self._suite.checks[index]
        unmet = self._unmet(check)
        if unmet is not None:
            self._settle(index, Result(check, "skipped", 0, unmet, 0))
            return
        self._observer.started(check)
        self._settle(index, await carry_out(check, self._tools, self._observer))

    def _unmet(self, check: Check) -> str | None:
        """Why *check* cannot run: the first check it needs that has not passed."""
        if not check.depends_on:
            return None
        for result in self._results:
            if result is not None and not result.passed and _is_needed(result.check, check):
                return f'skipped: it depends on "{result.check.name}", which did not pass'
        return None

    def skip_rest(self, reason: str) -> None:
        """Skip every check without a result."""
        for index, check in enumerate(self._suite.checks):
            if self._results[index] is None:
                self._settle(index, Result(check, "skipped", 0, f"skipped: {reason}", 0))

    def fail_rest(self, message: str) -> None:
        """Fail every check without a result."""
        for index, check in enumerate(self._suite.checks):
            if self._results[index] is None:
                self._settle(index, Result(check, "failed", 0, message, 0))

    def _settle(self, index: int, result: Result) -> None:
        self._results[index] = result
        self._observer.finished(result)
        for name in {result.check.name, result.check.origin} & self._open.keys():
            self._open[name] -= 1
            if not self._open[name]:
                self._done[name].set()
        while self._told < len(self._results):
            known = self._results[self._told]
            if known is None:
                return
            self._told += 1
            self._observer.completed(known)


def _is_needed(candidate: Check, by: Check) -> bool:
    return candidate.name in by.depends_on or candidate.origin in by.depends_on

"""One check from its first attempt to its last."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic

from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.expect import number_text
from assay_shell.checks.expressions import as_captured, search
from assay_shell.checks.results import Result
from assay_shell.checks.substitution import insert_captures
from assay_shell.checks.types import runner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.run import Observer
    from assay_shell.checks.suite import Check
    from assay_shell.checks.tools import Passed, Tools

LONGEST = 1e8
"""Seconds; a longer wait is as good as this one, and event loops do not take much more."""


async def carry_out(check: Check, tools: Tools, observer: Observer) -> Result:
    """Try *check* until it passes or its attempts are used up, waiting longer after each failure."""
    for attempt in range(1, check.attempts + 1):
        result = await _attempt(check, tools, attempt)
        if result.passed or attempt == check.attempts:
            break
        wait = check.backoff * attempt
        tools.log(
            "info", "check failed, retrying", check=check.name, attempt=attempt, max_attempts=check.attempts,
            backoff_secs=int(wait), message=result.message,
        )  # fmt: skip
        observer.retrying(check, attempt, wait, result.message or "")
        await asyncio.sleep(min(wait, LONGEST))
    outcome = "PASS" if result.passed else "FAIL"
    tools.log("info", "check completed", check=check.name, result=outcome, duration_ms=result.milliseconds)
    return result


async def _attempt(check: Check, tools: Tools, attempt: int) -> Result:
    started = monotonic()
    try:
        async with asyncio.timeout(None if check.timeout is None else min(check.timeout, LONGEST)):
            passed = await _run(check, tools)
    except CheckFailed as exc:
        return Result(check, "failed", _since(started), _shown(tools, exc.message), attempt)
    except TimeoutError:
        message = f"timed out after {number_text(float(check.timeout or 0))}s"
        return Result(check, "failed", _since(started), message, attempt)
    except Exception as exc:  # a fault of ours must not cost the report of all the others
        if tools.debug:
            import traceback

            traceback.print_exception(exc)
        message = _shown(tools, f"internal error: {type(exc).__name__}: {exc}")
        return Result(check, "failed", _since(started), message, attempt)
    told = None if passed.message is None else _shown(tools, passed.message)
    return Result(check, "passed", _since(started), told, attempt, _shown(tools, passed.detail))


async def _run(check: Check, tools: Tools) -> Passed:
    ready = check
    if tools.captures or check.depends_on:
        settings = insert_captures(dict(check.settings), tools.captures)
        expect = None if check.expect is None else insert_captures(dict(check.expect), tools.captures)
        ready = replace(check, settings=settings, expect=expect)
    passed = await runner(check.type)(ready, tools)
    if check.capture:
        _capture(check, passed, tools)
    return passed


def _capture(check: Check, passed: Passed, tools: Tools) -> None:
    """Keep what the check captures.

    Raises:
        CheckFailed: an expression finds nothing.
    """
    from assay_shell.runtime.redact.names import kind_of

    document = passed.data() if passed.data is not None else None
    for name, expression in check.capture.items():
        found = search(expression, document)
        if found is None:
            raise CheckFailed(f"there is nothing to capture as {name}: {expression}")
        tools.captures[name] = as_captured(found)
        if kind_of(name) is not None:
            tools.redactor.add(tools.captures[name])


def _since(started: float) -> int:
    return int((monotonic() - started) * 1000)


def _shown(tools: Tools, text: str) -> str:
    """*text* as it may appear in a report: no secrets, no stray bytes."""
    return tools.redactor.text(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")

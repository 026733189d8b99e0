"""Live tests talk to servers that others wrote; too few of them having run is a failure, not a success."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_passed: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _passed.add(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hold the run to the number in the file that LIVE_MINIMUM names."""
    path = os.environ.get("LIVE_MINIMUM")
    if path is None:
        return
    wanted = int(Path(path).read_text())
    if len(_passed) < wanted:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    path = os.environ.get("LIVE_MINIMUM")
    if path is not None:
        terminalreporter.write_line(f"live: {len(_passed)} passed, at least {Path(path).read_text().strip()} wanted")

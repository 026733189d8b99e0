"""Fixtures for checks: `load` reads a text as a file of checks, `execute` runs it in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assay_shell.checks.load import load_suite
from assay_shell.checks.results import Report
from assay_shell.checks.run import Observer, run_suite
from assay_shell.checks.suite import Suite
from assay_shell.checks.tools import Tools
from assay_shell.runtime.redact import Redactor

Load = Callable[..., Suite]


@dataclass
class Ran:
    """What came of a run: the *report*, the *log* as (level, message, fields), and what scripts printed."""

    report: Report
    log: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    printed: bytes = b""

    @property
    def messages(self) -> list[str | None]:
        return [result.message for result in self.report.results]

    @property
    def states(self) -> list[str]:
        return [result.state for result in self.report.results]


Execute = Callable[..., Ran]


@pytest.fixture
def warnings() -> list[str]:
    """What `load` was warned about."""
    return []


@pytest.fixture
def load(tmp_path: Path, warnings: list[str]) -> Load:
    def read(text: str, *, environ: dict[str, str] | None = None, strict: bool = False) -> Suite:
        path = tmp_path / "checks.yaml"
        path.write_text(text)
        return load_suite(str(path), environ or {}, strict=strict, warn=warnings.append)

    return read


@pytest.fixture
def execute(load: Load) -> Execute:
    def run(
        text: str, *, environ: dict[str, str] | None = None, readonly: bool = False, observer: Observer | None = None
    ) -> Ran:
        log: list[tuple[str, str, dict[str, object]]] = []
        printed: list[bytes] = []

        def write_line(level: str, message: str, target: str = "assay", /, **fields: object) -> None:
            log.append((level, message, fields))

        tools = Tools(write_line, Redactor(), printed.append, readonly=readonly)
        report = asyncio.run(run_suite(load(text, environ=environ), tools, observer or Observer()))
        return Ran(report, log, b"".join(printed))

    return run

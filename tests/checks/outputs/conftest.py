"""A report with everything that formats find hard."""

from __future__ import annotations

import pytest

from assay_shell.checks.document import Place
from assay_shell.checks.results import Report, Result
from assay_shell.checks.suite import Check

ODD = 'a<b> & "c" \'d\' # \\ ]]> ü 🙂 \x00\x1b[31m\n::error::%0A, {x="y"}'


def make_check(name: str, line: int = 3) -> Check:
    return Check(name, "http", Place("dir/checks, a.yaml", line, 5, "checks[0]"), {}, None, 1, 0.0, name)


@pytest.fixture
def report() -> Report:
    results = (
        Result(make_check("fine"), "passed", 41, None, detail="200 in 41 ms"),
        Result(make_check(ODD, 7), "failed", 1234, f"{ODD}\nsecond line"),
        Result(make_check("fine"), "skipped", 0, 'skipped: it depends on "x", which did not pass'),
    )
    return Report("dir/checks, a.yaml", results, 1300, 1_700_000_000.25)


@pytest.fixture
def empty() -> Report:
    return Report("checks.yaml", (), 0, 0.0)

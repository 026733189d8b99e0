"""What came of the checks: one result for each, and the report over all of them."""

from __future__ import annotations

from dataclasses import dataclass

from assay_shell.checks.suite import Check


@dataclass(frozen=True)
class Result:
    """What came of one check.

    *state* is `passed`, `failed` or `skipped`; *milliseconds* is the time of its last attempt, *attempts* how often it
    was tried; *message* is None where there is nothing to say; *detail* is one for people about a check that passed.
    """

    check: Check
    state: str
    milliseconds: int
    message: str | None
    attempts: int = 1
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether it has passed; what was skipped has not."""
        return self.state == "passed"

    @property
    def skipped(self) -> bool:
        """Whether it was not tried at all, for lack of something it needs."""
        return self.state == "skipped"


@dataclass(frozen=True)
class Report:
    """All results in the order of the file; *started* in seconds of Unix time."""

    path: str
    results: tuple[Result, ...]
    milliseconds: int
    started: float

    @property
    def passed(self) -> bool:
        """Whether every check has passed."""
        return all(result.passed for result in self.results)

    def count(self, state: str) -> int:
        """How many results are `passed`, `failed` or `skipped`."""
        return sum(result.state == state for result in self.results)

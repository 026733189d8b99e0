"""What a file of checks comes to: the checks and what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay_shell.checks.document import Place


@dataclass(frozen=True)
class Check:
    """One check.

    *settings* and *expect* hold what was given, by key; *expect* is None where there is none. *origin* is its name
    before a matrix made several of it. *timeout* (seconds, None for none) is for one attempt; *attempts* is how often
    it is tried at most, *backoff* how many seconds are waited after the first failure.
    """

    name: str
    type: str
    place: Place
    settings: Mapping[str, Any]
    expect: Mapping[str, Any] | None
    attempts: int
    backoff: float
    origin: str
    timeout: float | None = None
    tags: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    capture: Mapping[str, str] = field(default_factory=dict)

    def wanted(self, name: str) -> Any:
        """What is expected under *name*, None for nothing."""
        return None if self.expect is None else self.expect.get(name)


@dataclass(frozen=True)
class Suite:
    """All checks of a file in its order, and its own settings; *timeout* is for all of them together, in seconds."""

    path: str
    checks: tuple[Check, ...]
    timeout: float
    retries: int
    parallel: int = 1
    setup: str | None = None
    teardown: str | None = None
    secrets: tuple[str, ...] = ()

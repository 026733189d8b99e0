"""What checks work with: the log, the place for output, connections, and how scripts are run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.requests import Requests
from assay_shell.checks.suite import Check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.runtime.redact import Redactor


class LogLine(Protocol):
    """Writes a log line."""

    def __call__(self, level: str, message: str, target: str = ..., /, **fields: Any) -> None: ...


@dataclass
class Tools:
    """Shared by all checks of a run. *write* takes what scripts print; *readonly* refuses what changes something."""

    log: LogLine
    redactor: Redactor
    write: Callable[[bytes], object]
    readonly: bool | None = None
    strict: bool = False
    debug: bool = False
    requests: Requests = field(default_factory=Requests)
    captures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Passed:
    """A check passed. *detail* is for people; *data* is what captures look into, called when there are any."""

    message: str | None = None
    detail: str = ""
    data: Callable[[], object] | None = None


def needed(check: Check, name: str) -> Any:
    """The setting *name* of a check.

    Raises:
        CheckFailed: it is missing.
    """
    value = check.settings.get(name)
    if value is None:
        raise CheckFailed(f"{check.type} check requires a '{name}' field")
    return value

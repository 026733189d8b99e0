"""What can be wrong with a file of checks, and how a check says that it failed.

AssayError
├── ConfigError    the file cannot be read or makes no sense: nothing is run
└── CheckFailed    one check did not pass; its message goes into the report
"""

from __future__ import annotations

from assay_shell.runtime.errors import AssayError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.document import Place


class ConfigError(AssayError):
    """A file of checks is of no use; *step* was being done, *place* is where, None where that has no line."""

    def __init__(self, reason: str, place: Place | None = None, *, step: str = "parsing YAML config") -> None:
        self.reason = reason
        self.place = place
        self.step = step
        super().__init__(f"{step}: {reason}" + (f" at {place}" if place else ""))


class CheckFailed(AssayError):
    """A check did not pass; *detail* is what a person wants to know beside the message, "" for nothing."""

    def __init__(self, message: str, detail: str = "") -> None:
        self.message = message
        self.detail = detail
        super().__init__(message)

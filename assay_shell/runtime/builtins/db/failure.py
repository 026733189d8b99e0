"""What can go wrong with a database, in the words that scripts match on.

A session raises a `DatabaseFailure` with the cause alone; the builtin that was called puts its name before it.
"""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

POOL_TIMED_OUT = "pool timed out while waiting for an open connection"
POOL_CLOSED = "attempted to acquire a connection on a closed pool"


class DatabaseFailure(Exception):
    """A call failed for *cause*; *fields* (`code`, `sqlstate`, ...) become fields of the error scripts catch."""

    def __init__(self, cause: str, fields: Mapping[str, object] | None = None) -> None:
        self.cause = cause
        self.fields = {name: value for name, value in (fields or {}).items() if value is not None}
        super().__init__(cause)

    def at(self, where: str) -> BuiltinError:
        """The error of the builtin *where*."""
        return BuiltinError(where, self.cause, self.fields or None)


def answered(text: str, **fields: object) -> DatabaseFailure:
    """The database itself refused; *text* is its own."""
    return DatabaseFailure(f"error returned from database: {text}", fields)


def unreachable(reason: str) -> DatabaseFailure:
    """The server cannot be reached, or was lost on the way."""
    return DatabaseFailure(f"error communicating with database: {reason}", {"lost": True})


def misconfigured(reason: str) -> DatabaseFailure:
    """The URL or an option makes no sense."""
    return DatabaseFailure(f"error with configuration: {reason}")

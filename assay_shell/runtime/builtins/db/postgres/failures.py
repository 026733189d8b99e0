"""What libpq and PostgreSQL say when something went wrong, in the group's words."""

from __future__ import annotations

import re

from assay_shell.runtime.builtins.db.failure import DatabaseFailure, answered, unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from psycopg import pq

_FATAL = re.compile(r"FATAL:\s+(.+)")
_FAILED = re.compile(r".*failed: (.+)")
_RESOLVE = re.compile(r"failed to resolve host '.*': (?:\[Errno -?\d+\] )?(.+)")


def connect_failure(text: str) -> DatabaseFailure:
    """Why no connection could be made. *text* is libpq's, a line for each attempt; the last one counts."""
    if fatal := _FATAL.findall(text):
        return answered(fatal[-1])
    if unknown := _RESOLVE.search(text):
        return unreachable(f"failed to lookup address information: {unknown[1]}")
    first = text.split("\n", 1)[0]
    reason = _FAILED.search(first)
    return unreachable(_with_number(reason[1] if reason else first))


def lost(text: str) -> DatabaseFailure:
    """The connection broke during a conversation."""
    reason = text.strip().split("\n", 1)[0].removeprefix("consuming input failed: ")
    return unreachable(_with_number(reason.removeprefix("sending query failed: ")))


def statement_failure(result: pq.abc.PGresult) -> DatabaseFailure:
    """The server's answer to a statement it refused; lost, where it never answered."""
    from psycopg.pq import DiagnosticField as Field

    def field(which: Field) -> str | None:
        value = result.error_field(which)
        return None if value is None else value.decode("utf-8", "replace")

    sqlstate = field(Field.SQLSTATE)
    if sqlstate is None:
        return lost(result.get_error_message())
    return answered(
        field(Field.MESSAGE_PRIMARY) or "",
        sqlstate=sqlstate,
        detail=field(Field.MESSAGE_DETAIL),
        hint=field(Field.MESSAGE_HINT),
        constraint=field(Field.CONSTRAINT_NAME),
        table=field(Field.TABLE_NAME),
        column=field(Field.COLUMN_NAME),
    )


def _with_number(reason: str) -> str:
    """The system's words with their number, as everywhere else: `Connection refused (os error 111)`."""
    import errno
    import os

    number = next((number for number in errno.errorcode if os.strerror(number) == reason), None)
    return reason if number is None else f"{reason} (os error {number})"

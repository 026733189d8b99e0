"""What every kind of database has to offer: one connection, seen by the rest of the group."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from assay_shell.runtime.builtins.db.params import Parameters
    from assay_shell.runtime.builtins.db.rows import Outcome, Rows

    class Cursor(Protocol):
        """An open result, read batch by batch."""

        async def fetch(self, count: int) -> Rows | None:
            """Up to *count* more rows; None at the end."""

        async def close(self) -> None:
            """Release what the database holds for it."""

    class Session(Protocol):
        """One connection. Its methods raise DatabaseFailure; cancelling one leaves it usable or `broken`."""

        readonly: bool
        """Whether the database has been told to refuse writes."""

        @property
        def broken(self) -> bool:
            """Whether nothing can be done with it any more."""

        @property
        def in_transaction(self) -> bool:
            """Whether a transaction is open, by what the database says."""

        @property
        def failed(self) -> bool:
            """Whether that transaction can only be rolled back."""

        def usable(self) -> bool:
            """Whether it still works, as far as one can tell without asking the server."""

        def at_once(self, sql: str, values: Parameters) -> Outcome | None:
            """Run a statement if that needs no wait; None, and nothing done, where it does."""

        async def run(self, sql: str, values: Parameters) -> Outcome:
            """Run a statement."""

        async def run_many(self, sql: str, rows: list[tuple[Any, ...]]) -> int:
            """Run a statement once for each row of values; how many rows of the database all that affected."""

        async def open_cursor(self, sql: str, values: Parameters) -> Cursor:
            """Run a statement whose rows are read later."""

        async def set_readonly(self, *, on: bool) -> None:
            """Have the database refuse writes from now on, or allow them again."""

        async def close(self) -> None:
            """Say goodbye and close."""

        def abort(self) -> None:
            """Close at once."""

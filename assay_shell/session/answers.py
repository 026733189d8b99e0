"""What a line came to, for a front end to draw."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay_shell.runtime.errors import AssayError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.session.session import Outcome


@dataclass(slots=True)
class Answer:
    """What is to be shown: *text*, raw *values* of the VM, a *view*, or an *error*.

    *revealed* says that secrets are to be seen this once. *next_input* is put where the user types next, *clipboard*
    on the clipboard. *outcome* is that of code. *leave* says that the user wants out.
    """

    text: str = ""
    values: list[Any] = field(default_factory=list)
    view: Any = None
    error: AssayError | None = None
    outcome: Outcome | None = None
    revealed: bool = False
    next_input: str | None = None
    clipboard: str | None = None
    leave: bool = False


class CommandError(AssayError):
    """A command was given something it cannot use."""

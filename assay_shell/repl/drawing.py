"""What came of a line as text for the terminal; made on the VM's thread, since views look into live values."""

from __future__ import annotations

from dataclasses import dataclass

from assay_shell.runtime.errors import Interrupted, ScriptError, ScriptExit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.repl.screen import Screen
    from assay_shell.runtime.errors import AssayError
    from assay_shell.session.workspace import Answer, Workspace


@dataclass(slots=True)
class Shown:
    """The *text* to write; *leave* is the exit code once the user wants out."""

    text: str
    leave: int | None = None


def draw(workspace: Workspace, answer: Answer, screen: Screen) -> Shown:
    """Return *answer* as it is to be shown."""
    if isinstance(answer.error, ScriptExit):
        return Shown("", leave=answer.error.exit_code)
    if answer.error is not None:
        return Shown(_error(workspace, answer.error, screen))
    if answer.outcome is not None and any(raw is not None for raw in answer.outcome.values):
        return Shown("\n".join(_value(workspace, raw) for raw in answer.outcome.values))
    return Shown(answer.text, leave=0 if answer.leave else None)


def _error(workspace: Workspace, error: AssayError, screen: Screen) -> str:
    if isinstance(error, Interrupted):
        return "cancelled"
    hide = workspace.runtime.redactor.text
    if isinstance(error, ScriptError):
        from assay_shell.runtime.report import panel

        source = workspace.session.source_of(error.chunk or "")
        return hide(panel(error, source, colour=screen.colour, names=workspace.names))
    return hide(f"error: {error}")


def _value(workspace: Workspace, raw: Any) -> str:
    from assay_shell.runtime.values import brief

    return workspace.runtime.redactor.text(brief(workspace.runtime.border.deep(raw)))

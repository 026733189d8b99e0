"""Tightening the guard; there is no command that loosens it."""

from __future__ import annotations

from assay_shell.session.answers import Answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.workspace import Workspace


async def readonly(workspace: Workspace, argument: str) -> Answer:
    """Refuse all writes for the rest of the session."""
    workspace.runtime.guard.readonly = True
    return Answer("read-only until you leave")


async def ask(workspace: Workspace, argument: str) -> Answer:
    """Ask before each write for the rest of the session; what was allowed for good is asked again."""
    if workspace.runtime.guard.readonly:
        return Answer("read-only already: nothing is written, so nothing is asked")
    workspace.approvals.start()
    return Answer("asks before each write until you leave")

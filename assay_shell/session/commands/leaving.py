"""The way out."""

from __future__ import annotations

from assay_shell.session.answers import Answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.workspace import Workspace


async def leave(workspace: Workspace, argument: str) -> Answer:
    """End the session."""
    return Answer(leave=True)

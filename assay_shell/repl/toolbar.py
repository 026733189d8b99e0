"""The lines below what is typed: the signature of the call, and what the session may do, where."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.repl.completion import Signature
    from assay_shell.repl.engine import Engine
    from assay_shell.session.workspace import Workspace

    Fragments = list[tuple[str, str]]


class Toolbar:
    """Reads the state of the session, which needs no VM."""

    def __init__(self, engine: Engine, signature: Signature) -> None:
        self._engine = engine
        self._signature = signature

    def fragments(self, width: int) -> Fragments:
        """Both lines, or the second alone."""
        if not self._engine.ready:
            return [("class:status", " starting")]
        state = status(self._engine.workspace, width)
        signature = self._signature.fragments(width)
        return [*signature, ("", "\n"), *state] if signature else state


def status(workspace: Workspace, width: int) -> Fragments:
    """Kube context, mode and jobs; all of it red where the context is one of production."""
    mode = mode_of(workspace)
    context = workspace.contexts.shown if workspace.contexts is not None else ""
    jobs = workspace.jobs.running
    parts = [
        f"kube: {context}" if context else "",
        mode,
        f"{jobs} job{'s' if jobs != 1 else ''}" if jobs else "",
        f"format: {workspace.format}" if workspace.format != "auto" else "",
    ]
    left = "   ".join(part for part in parts if part)
    right = "?help  Tab completes  Ctrl-D leaves"
    style = "class:status.production" if workspace.production else "class:status"
    gap = width - len(left) - len(right) - 2
    text = f" {left}{' ' * gap}{right} " if gap >= 3 else f" {left}"[:width].ljust(width)
    return [(style, text)]


def mode_of(workspace: Workspace) -> str:
    """What happens to writes."""
    if workspace.runtime.guard.readonly:
        return "read-only"
    return "ask before write" if workspace.approvals.active else "read-write"

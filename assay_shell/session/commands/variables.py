"""What a session has defined."""

from __future__ import annotations

from assay_shell.session.answers import Answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.session.workspace import Workspace

_WIDEST = 60


async def show(workspace: Workspace, argument: str) -> Answer:
    """List locals and globals with their types and, in short, their values."""
    rows = [(name, "local", raw) for name, raw in workspace.session.locals().items()]
    rows += [(name, "global", raw) for name, raw in workspace.own_globals().items()]
    if not rows:
        return Answer("nothing yet")
    width = max(len(name) for name, _, _ in rows)
    lines = (
        f"{name:<{width}}  {scope:<6}  {_kind(raw):<8}  {_brief(workspace, name, raw)}" for name, scope, raw in rows
    )
    return Answer("\n".join(line.rstrip() for line in lines))


async def reset(workspace: Workspace, argument: str) -> Answer:
    """Forget locals, globals and results; what modules and connections hold stays."""
    workspace.session.forget()
    workspace.remove_own_globals()
    return Answer("locals, globals and results are gone")


def _kind(raw: Any) -> str:
    from lupa.lua55 import lua_type

    if raw is None or isinstance(raw, bool):
        return "nil" if raw is None else "boolean"
    if isinstance(raw, int | float):
        return "number"
    return "string" if isinstance(raw, str) else lua_type(raw) or "userdata"


def _brief(workspace: Workspace, name: str, raw: Any) -> str:
    """The value of a scalar, masked as what stands behind its name; the size of a table."""
    kind = _kind(raw)
    if kind in ("function", "thread", "userdata"):
        return ""
    if kind == "table":
        size = len(raw)  # raw: lupa asks no metamethod
        return f"{size} items" if size else ""
    shown = workspace.runtime.border.deep(raw)
    text = " ".join(str(shown).split())[: _WIDEST * 4]
    masked: str = workspace.runtime.redactor.text(f"{name} = {text}").partition(" = ")[2]
    return masked if len(masked) <= _WIDEST else f"{masked[:_WIDEST]}…"

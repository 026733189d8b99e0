"""The last result: other shapes of it, and other places for it."""

from __future__ import annotations

import re

from assay_shell.session.answers import Answer, CommandError
from assay_shell.session.files import named, write_text
from assay_shell.session.formats import FORMATS, plain_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.session.workspace import Workspace

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\[\"([^\"]*)\"\]")


async def choose_format(workspace: Workspace, argument: str) -> Answer:
    """Show results in this form from now on, and the last one at once.

    Raises:
        CommandError: there is no such form.
    """
    if not argument:
        return Answer(f"{workspace.format} ({', '.join(FORMATS)})")
    if argument not in FORMATS:
        from assay_shell.runtime.nearest import did_you_mean

        raise CommandError(f"no format '{argument}'{did_you_mean(argument, FORMATS)} ({', '.join(FORMATS)})")
    workspace.format = argument
    return Answer(values=workspace.session.results[:1])


async def export(workspace: Workspace, argument: str) -> Answer:
    """Write the last result to a file; its ending says how. Secrets are masked.

    Raises:
        CommandError: there is no result, or no file, or no way to write such a file.
    """
    from assay_shell.runtime.views.export import FORMS, exported

    raw = _last(workspace)
    path = named(argument, f".to FILE, which ends in {', '.join(FORMS)}")
    ending = path.rpartition(".")[2].lower()
    if ending not in FORMS:
        raise CommandError(f"no way to write {path}: it must end in {', '.join(FORMS)}")
    size = write_text(path, exported(workspace.runtime, raw, ending))
    return Answer(f"{path}: {size:,} bytes")


async def reveal(workspace: Workspace, argument: str) -> Answer:
    """Show the last result once, its secrets included; no record keeps them.

    Raises:
        CommandError: there is no result.
    """
    from assay_shell.runtime.views.model import Text, Tree
    from assay_shell.runtime.views.nodes import plain_node

    value = workspace.runtime.border.deep(_field(workspace, argument))
    node = plain_node(value)
    return Answer(view=Tree(node) if node.nested else Text(plain_text(value)), revealed=True)


async def copy(workspace: Workspace, argument: str) -> Answer:
    """Put the last result, or one field of it (`items[1].name`), on the clipboard, as it is.

    Raises:
        CommandError: there is no result, or no such field.
    """
    value = workspace.runtime.border.deep(_field(workspace, argument))
    text = plain_text(value)
    return Answer(f"{argument or 'the result'} is on the clipboard ({len(text)} characters)", clipboard=text)


def _last(workspace: Workspace) -> Any:
    if not workspace.session.results:
        raise CommandError("there is no result yet")
    return workspace.session.results[0]


def _field(workspace: Workspace, path: str) -> Any:
    """The raw value at *path* in the last result; no metamethod is asked."""
    raw = _last(workspace)
    look = workspace.runtime.include("look")["get"]
    for name, index, key in _STEP.findall(path):
        raw = look(raw, int(index) if index else (name or key).encode())
        if raw is None:
            raise CommandError(f"the result has no field {path}")
    return raw

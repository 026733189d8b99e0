"""What there is, and what is known of it."""

from __future__ import annotations

import re

from assay_shell.session.answers import Answer, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.completion.answers import Documentation
    from assay_shell.session.workspace import Workspace

_SHORTCUTS = (
    ("?NAME, NAME?", "What is known of a name"),
    ("NAME??", "The same with its source"),
    ("!COMMAND", "Run a program"),
    ("CODE &", "Run code in the background"),
    ("_, _2, ...", "The last result, the one before"),
)
_MOST_FOUND = 20
_NAME = re.compile(r"[\w.:]+")


async def help(workspace: Workspace, argument: str) -> Answer:
    """List the commands; with a name, of a command or anything else, say what is known of it.

    Raises:
        CommandError: nothing is.
    """
    from assay_shell.session.commands.table import BY_NAME, COMMANDS

    name, mark = argument.lstrip(".%"), workspace.front.mark
    if name in BY_NAME and argument not in workspace.runtime.known_names():
        command = BY_NAME[name]
        usage = f"{mark}{command.name} {command.usage}".rstrip()
        return Answer(f"{usage}\n\n{command.load().__doc__ or command.summary}")
    if argument:
        return await document(workspace, argument)
    rows = [*_SHORTCUTS, *((f"{mark}{command.name} {command.usage}".rstrip(), command.summary) for command in COMMANDS)]
    width = max(len(usage) for usage, _ in rows)
    return Answer("\n".join(f"{usage:<{width}}  {summary}" for usage, summary in rows))


async def document(workspace: Workspace, argument: str) -> Answer:
    """Say what is known of a name: signature, text, example.

    Raises:
        CommandError: nothing is.
    """
    if argument in ("", "help"):
        return await help(workspace, "")
    return _shown(_found(workspace, argument, detail=False))


async def source(workspace: Workspace, argument: str) -> Answer:
    """Say what is known of a name, and show its source.

    Raises:
        CommandError: nothing is known of it.
    """
    return _shown(_found(workspace, argument, detail=True))


def _found(workspace: Workspace, name: str, *, detail: bool) -> Documentation:
    name = name.strip().strip("\"'")
    found = workspace.completer.inspect(name, len(name), detail=detail) if _NAME.fullmatch(name) else None
    if found is None:
        from assay_shell.runtime.nearest import nearest

        near = workspace.runtime.catalog.nearest(name) or nearest(name, workspace.names(""))
        raise CommandError(f"nothing is known of '{name}'" + (f"; did you mean {near}?" if near else ""))
    return found


def _shown(found: Documentation) -> Answer:
    parts = [found.signature, found.text]
    if found.source:
        parts.append(f"-- {found.place}\n{found.source}" if found.place else found.source)
    return Answer("\n\n".join(part.strip("\n") for part in parts if part))


async def modules(workspace: Workspace, argument: str) -> Answer:
    """List the modules that fit some words, the best first, or all."""
    from assay_shell.runtime.listing import Listing
    from assay_shell.runtime.search import search
    from assay_shell.runtime.views.model import Column, Table

    listing = Listing()
    entries = search(listing.entries, argument, _MOST_FOUND) if argument else listing.entries
    if not entries:
        return Answer("no module fits")
    rows = [(entry.name, entry.source, entry.header.description) for entry in entries]
    return Answer(
        "\n".join(listing.faults), view=Table((Column("module"), Column("source"), Column("what for")), rows, len(rows))
    )

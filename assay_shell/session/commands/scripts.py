"""Files in and out of a session."""

from __future__ import annotations

from assay_shell.session.answers import Answer, CommandError
from assay_shell.session.files import named, read_text, words_in, write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.workspace import Workspace


async def load(workspace: Workspace, argument: str) -> Answer:
    """Put the text of a file where the user types.

    Raises:
        CommandError: no file is named, or it is too long or no text.
    """
    text = read_text(named(argument, ".load FILE"))
    return Answer(next_input=text.rstrip("\n"))


async def run(workspace: Workspace, argument: str) -> Answer:
    """Run a file as if it had been typed: its locals stay. Further words are its arguments.

    Raises:
        CommandError: no file is named, or it cannot be used.
    """
    words = words_in(argument)
    if not words:
        raise CommandError("which file? .run FILE [ARGUMENTS]")
    path = words[0]
    text = read_text(path)
    if text.startswith("#!"):
        text = "--" + text[2:]  # the line stays, so that line numbers do
    workspace.runtime.set_arguments(path, words[1:])
    outcome = await workspace.session.execute(text)
    return Answer(values=outcome.values, error=outcome.error, outcome=outcome)


async def save(workspace: Workspace, argument: str) -> Answer:
    """Write what succeeded as a script that gives the same result without the session.

    Raises:
        CommandError: no file is named, or nothing has succeeded.
    """
    from assay_shell.session.transcript.script import script_of

    path = named(argument, ".save FILE.lua")
    script = script_of(workspace)
    write_text(path, script.text)
    needs = f"; set {', '.join(script.variables)} when you run it" if script.variables else ""
    return Answer(f"{script.count} inputs in {path}{needs}")


async def notebook(workspace: Workspace, argument: str) -> Answer:
    """Write the session as a notebook, secrets masked.

    Raises:
        CommandError: no file is named, or nothing has succeeded.
    """
    from assay_shell.session.transcript.notebook import notebook_of

    path = named(argument, ".notebook FILE.ipynb")
    text, count = notebook_of(workspace)
    write_text(path, text)
    return Answer(f"{count} cells in {path}")

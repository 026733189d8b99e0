"""Files in and out of a session."""

from __future__ import annotations

import os

from assay_shell.session.answers import Answer, CommandError
from assay_shell.session.files import expanded, named, read_text, words_in, write_text

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
    path = expanded(words[0])
    text = read_text(path)
    if text.startswith("#!"):
        text = "--" + text[2:]  # the line stays, so that line numbers do
    workspace.runtime.set_arguments(path, words[1:])
    outcome = await workspace.execute(text, name=path)
    return Answer(values=outcome.values, error=outcome.error, outcome=outcome)


async def script(workspace: Workspace, argument: str) -> Answer:
    """Write the lines below into a file, and run that as a script of its own: nothing of the session reaches it.

    What stands behind the name of the file are the script's arguments. It is a write, since nobody knows what it does.

    Raises:
        CommandError: no file is named, or there is no code.
        BuiltinError: writes are refused.
    """
    import asyncio
    import sys

    from assay_shell.runtime.guard import Effect
    from assay_shell.session.commands.programs import shown

    first, _, code = argument.partition("\n")
    words = words_in(first)
    if not words or not code.strip():
        raise CommandError("what? script FILE.lua [ARGUMENTS], and its code on the lines below")
    allowed = workspace.runtime.guard.check(Effect("!", "write", f"assay {first}"))
    if allowed is not None:
        await allowed
    path = os.path.join(".", expanded(words[0]))  # no name is an option
    write_text(path, f"{code.rstrip()}\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "assay_shell", path, "--", *words[1:], stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    status = await shown(workspace, process)
    return Answer(f"exit status {status}" if status else "")


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

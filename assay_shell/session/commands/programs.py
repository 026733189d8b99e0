"""`!command`: a program from the prompt. It is a write, since nobody knows what it does."""

from __future__ import annotations

import asyncio

from assay_shell.runtime.guard import Effect
from assay_shell.session.answers import Answer, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from assay_shell.session.workspace import Workspace

_GRACE = 0.5
"""Seconds between asking a program to end and forcing it."""


async def run(workspace: Workspace, argument: str) -> Answer:
    """Run a program by `/bin/sh`; its exit status where that is not 0.

    On a terminal it has that for itself; elsewhere its output is shown as it comes.

    Raises:
        CommandError: there is none.
        BuiltinError: writes are refused.
    """
    if not argument:
        raise CommandError("what? !COMMAND")
    allowed = workspace.runtime.guard.check(Effect("!", "write", argument))
    if allowed is not None:
        await allowed
    if workspace.front.terminal:
        async with workspace.front.hand_over():
            process = await asyncio.create_subprocess_shell(argument)
            status = await _ended(process)
    else:
        process = await asyncio.create_subprocess_shell(
            argument, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        status = await shown(workspace, process)
    return Answer(f"exit status {status}" if status else "")


async def shown(workspace: Workspace, process: Process) -> int:
    """Hand on what *process* writes until it ends; its exit status."""
    assert process.stdout is not None
    try:
        while data := await process.stdout.read(65536):
            workspace.runtime.write_out(data)
    except asyncio.CancelledError:
        process.terminate()
        raise
    return await _ended(process)


async def _ended(process: Process) -> int:
    try:
        return await process.wait()
    except asyncio.CancelledError:
        await _stop(process)
        raise


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_GRACE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()

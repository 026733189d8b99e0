"""`!command`: a program from the prompt. It is a write, since nobody knows what it does."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from signal import SIGKILL, SIGTERM
from time import monotonic

from assay_shell.runtime.guard import Effect
from assay_shell.session.answers import Answer, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from assay_shell.session.workspace import Workspace

_GRACE = 0.5
"""Seconds between asking a program to end and forcing it."""
_LOOK_EVERY = 0.01


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
            try:
                status = await process.wait()
            finally:
                await stop(process)
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
        return await process.wait()
    finally:
        await stop(process)


async def stop(process: Process) -> None:
    """End *process* and all that it has started; nothing where it has ended."""
    from assay_shell.runtime.children.members import descendants, is_running

    if process.returncode is not None:
        return
    family = [*descendants(process.pid), process.pid]
    _signal(family, SIGTERM)
    deadline = monotonic() + _GRACE
    while monotonic() < deadline and any(map(is_running, family)):
        await asyncio.sleep(_LOOK_EVERY)
    _signal([pid for pid in family if is_running(pid)], SIGKILL)
    await process.wait()


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)

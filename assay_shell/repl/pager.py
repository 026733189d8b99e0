"""Long results go through the user's pager, line by line as it asks for them."""

from __future__ import annotations

import asyncio
import os
import shutil

from assay_shell.session.commands.programs import stop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.repl.screen import Screen
    from assay_shell.session.workspace import Front

_BLOCK = 200
"""Lines that are written at once."""


def command() -> str | None:
    """The pager's command; None where there is none, or PAGER is empty or `cat`."""
    named = os.environ.get("ASSAY_PAGER", os.environ.get("PAGER"))
    if named is not None:
        return None if named.strip() in ("", "cat") else named
    return "less" if shutil.which("less") else None


async def page(front: Front, lines: Iterator[str], screen: Screen) -> bool:
    """Show *lines* in the pager until the user leaves it; False where there is none."""
    program = command()
    if program is None or screen.dumb:
        return False
    environment = {"LESS": "-RFXS", **os.environ}
    async with front.hand_over():
        process = await asyncio.create_subprocess_shell(program, stdin=asyncio.subprocess.PIPE, env=environment)
        try:
            await _feed(process, lines, screen)
            await process.wait()
        finally:
            await stop(process)
    return True


async def _feed(process: asyncio.subprocess.Process, lines: Iterator[str], screen: Screen) -> None:
    """Write as far as the pager reads; it may leave at any time."""
    assert process.stdin is not None
    try:
        while block := [line for line, _ in zip(lines, range(_BLOCK), strict=False)]:
            process.stdin.write(screen.encoded("\n".join(block) + "\n"))
            await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return

"""Asking the human: a front end that has one sets `ask_line` on its runtime, otherwise standard input answers."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, nullcontext

from assay_shell.runtime.values import as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.runtime.vm import Runtime


_STDIN = 0


async def answer(runtime: Runtime, prompt: str, *, secret: bool) -> str | None:
    """What the human says to *prompt*, None at the end of input; a *secret* is masked from then on."""
    ask = runtime.ask_line or _from_standard_input
    line = await ask(prompt, secret=secret)
    if secret and line:
        runtime.redactor.add(line)
    return line


async def _from_standard_input(prompt: str, *, secret: bool) -> str | None:
    """Byte by byte: nothing may be taken that the script reads later by other means."""
    sys.stdout.flush()
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = bytearray()
    with _hidden() if secret and os.isatty(_STDIN) else nullcontext():
        while not line.endswith(b"\n"):
            await _readable()
            byte = os.read(_STDIN, 1)
            if not byte:
                break
            line += byte
    return as_text(bytes(line)).rstrip("\r\n") if line else None


async def _readable() -> None:
    """Wait until standard input has something, or has ended."""
    import asyncio
    import select

    if select.select((_STDIN,), (), (), 0)[0]:
        return
    loop, arrived = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(_STDIN, arrived.set)
    try:
        await arrived.wait()
    finally:
        loop.remove_reader(_STDIN)


@contextmanager
def _hidden() -> Iterator[None]:
    """The terminal does not show what is typed."""
    import termios

    before, silent = termios.tcgetattr(_STDIN), termios.tcgetattr(_STDIN)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(_STDIN, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(_STDIN, termios.TCSADRAIN, before)
        sys.stderr.write("\n")

"""Programs on a pseudo-terminal."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.command import ASSAY, Command


def on_terminal(
    cli: Command, *command: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """Run a command with standard output and error on a pseudo-terminal and return what it showed.

    `assay` is on its path; lines end as files have them.
    """
    variables = cli.environment(env)
    variables["PATH"] = f"{ASSAY.parent}{os.pathsep}{variables['PATH']}"
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=follower, stderr=follower, env=variables, cwd=cwd
    )
    os.close(follower)
    try:
        return _read_all(leader).decode().replace("\r\n", "\n")
    finally:
        os.close(leader)
        process.wait(10)


def _read_all(descriptor: int) -> bytes:
    shown = b""
    try:
        while chunk := os.read(descriptor, 65536):
            shown += chunk
    except OSError:  # how Linux tells the end of a terminal
        return shown
    return shown

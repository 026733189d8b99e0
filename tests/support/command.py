"""The installed command, run as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ASSAY = Path(sys.executable).with_name("assay")

# What a developer's own shell may have set and a test must not see.
_FOREIGN = ("ASSAY_", "OPENCLAW_", "RUST_", "LUA_", "PYTHON")
_FOREIGN_NAMES = {"NO_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}


class Command:
    """Runs `assay` in *folder*, with a home folder of its own and none of the variables that change what it does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def __call__(
        self,
        *args: str | Path,
        input: bytes | str = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 20,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run to the end; `returncode`, `stdout` and `stderr` (bytes) tell what happened.

        Raises:
            subprocess.TimeoutExpired: it still runs after *timeout* seconds (and was killed).
        """
        given = input.encode() if isinstance(input, str) else input
        return subprocess.run(
            [ASSAY, *args], input=given, env=self.environment(env), cwd=cwd or self._folder, timeout=timeout,
            capture_output=True, check=False,
        )  # fmt: skip

    def start(
        self, *args: str | Path, env: Mapping[str, str] | None = None, **options: object
    ) -> subprocess.Popen[bytes]:
        """Start it and return at once; what still runs when the test ends is killed."""
        defaults = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [ASSAY, *args], env=self.environment(env), cwd=self._folder, **{**defaults, **options}
        )  # type: ignore[call-overload]
        self._started.append(process)
        return process

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the variables a run sees: the machine's without those that steer us, then *extra*."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_FOREIGN) and name.upper() not in _FOREIGN_NAMES
        }
        return {**kept, "HOME": str(self._folder), **(extra or {})}

    def close(self) -> None:
        """End what `start` left running and close its pipes."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()

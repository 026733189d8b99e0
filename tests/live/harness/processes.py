"""Servers as child processes: a wait until they answer, logs, and an end that leaves nothing behind."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PAUSE = 0.05  # seconds between two looks whether a server is ready
_GRACE = 5.0  # seconds that a server gets to end by itself
_TAIL = 3000  # characters of the log that an error shows


def accepts(port: int) -> bool:
    """Whether something on 127.0.0.1 takes connections at *port*."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def secure(ca: Path) -> ssl.SSLContext:
    """Return what trusts the certificate in the file *ca*, and nothing else."""
    return ssl.create_default_context(cafile=ca)


def answers(url: str, status: int = 200, *, headers: Mapping[str, str] | None = None, ca: Path | None = None) -> bool:
    """Whether a server answers a request for *url* with *status*."""
    context = None if ca is None else secure(ca)
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=dict(headers or {})), None, 5, context=context
        ) as found:
            return bool(found.status == status)
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code == status
    except (OSError, http.client.HTTPException):
        return False


class Process:
    """A server that runs in a process group of its own; its output goes to *log*.

    At its end it gets *grace* seconds to finish by itself; with 0 it is killed at once.

    Raises:
        RuntimeError: it ended, or was not ready within *patience* seconds; with the end of its log.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        ready: Callable[[], bool],
        *,
        patience: float = 30,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        grace: float = _GRACE,
    ) -> None:
        self.log, self._grace = log, grace
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=None if env is None else {**os.environ, **env}, cwd=cwd, user=user, start_new_session=True,
            )  # fmt: skip
        try:
            self._wait(ready, patience)
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        """The id of the process that was started, which is its group's too."""
        return self._child.pid

    def stop(self) -> None:
        """Ask it to end, and kill what is left of its group after a while."""
        if self._grace > 0:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(self._grace)
        self.kill()

    def kill(self) -> None:
        """End the whole group at once."""
        self._signal(signal.SIGKILL)
        self._child.wait()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses for a group of zombies
            os.killpg(self._child.pid, number)

    def _wait(self, ready: Callable[[], bool], patience: float) -> None:
        deadline = time.monotonic() + patience
        while not ready():
            if self._child.poll() is not None:
                raise RuntimeError(f"it ended with {self._child.returncode}: {self._tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"not ready after {patience:g} s: {self._tail()}")
            time.sleep(_PAUSE)

    def _tail(self) -> str:
        return f"{self.log}\n{self.log.read_text(errors='replace')[-_TAIL:]}"

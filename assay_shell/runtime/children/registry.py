"""The child processes of one runtime: where they are started, and where those left over end."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress

from assay_shell.runtime.children.child import Child
from assay_shell.runtime.children.members import all_pids, session_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assay_shell.runtime.vm import Runtime

_GRACE_AT_CLOSE = 0.03  # seconds from asking to forcing: Ctrl-C has to be through in 50 ms
_LOOK = 0.002


def children_of(runtime: Runtime) -> Children:
    """Return the children of *runtime*, which end with it."""
    found = runtime.resources.get("children")
    if isinstance(found, Children):
        return found
    children = runtime.resources["children"] = Children()
    runtime.on_close(children.close)
    return children


class Children:
    """All child processes of a runtime that are not collected yet.

    *open_exit* gives a descriptor that becomes readable when a process ends, or -1: a thread waits then.
    *adopts* says whether processes whose parent has ended become ours, as they do for the first process of a
    container; such orphans are collected whenever a child starts or ends.
    """

    def __init__(self, open_exit: Callable[[int], int] | None = None, *, adopts: bool | None = None) -> None:
        self._open_exit = open_exit or open_exit_descriptor
        self._adopts = os.getpid() == 1 if adopts is None else adopts
        self._live: set[Child] = set()

    def __len__(self) -> int:
        return len(self._live)

    def spawn(
        self,
        arguments: Sequence[bytes],
        *,
        cwd: bytes | None = None,
        env: Mapping[bytes, bytes] | None = None,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        own_session: bool = True,
    ) -> Child:
        """Start a program and return as soon as it runs.

        *env* is added to the environment of this process. *stdin*, *stdout* and *stderr* are descriptors,
        `subprocess.PIPE`, `subprocess.DEVNULL`, or None for those of this process. Without *own_session* the
        child stays in our process group and may use the terminal.

        Raises:
            OSError: the program cannot be started, or *cwd* cannot be entered.
            ValueError: a NUL byte in an argument, a bad name in *env*.
        """
        self._collect_leftovers()
        process = subprocess.Popen(
            arguments,
            cwd=cwd,
            env={**os.environb, **env} if env else None,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            bufsize=0,
            start_new_session=own_session,
        )
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        child = Child(process, own_session=own_session, on_collected=self._forget, open_exit=self._open_exit)
        self._live.add(child)
        return child

    def close(self) -> None:
        """End every child that is left, with all it started; blocks for about the grace of 30 ms."""
        left = list(self._live)
        for child in left:
            child.terminate()
        deadline = time.monotonic() + _GRACE_AT_CLOSE
        while any(child.runs for child in left) and time.monotonic() < deadline:
            time.sleep(_LOOK)
        for child in left:
            child.kill()
            child.close_pipes()

    def _forget(self, child: Child) -> None:
        self._live.discard(child)
        if self._adopts:
            collect_orphans({child.pid for child in self._live})

    def _collect_leftovers(self) -> None:
        for stuck in list(self._live):
            stuck.collect_if_stuck()
        if self._adopts:
            collect_orphans({child.pid for child in self._live})


def collect_orphans(known: set[int]) -> None:
    """Collect ended children that nobody here started: those of other sessions that are not *known*."""
    ours = os.getsid(0)
    for pid in all_pids():
        if pid not in known and session_of(pid) != ours:
            with suppress(ChildProcessError):  # the usual case: somebody else's
                os.waitpid(pid, os.WNOHANG)


def open_exit_descriptor(pid: int) -> int:
    """Open what becomes readable when the process ends; -1 where the system has no such thing."""
    if hasattr(os, "pidfd_open"):
        with suppress(OSError):  # an old kernel, or a container that forbids it
            return os.pidfd_open(pid)
    return -1

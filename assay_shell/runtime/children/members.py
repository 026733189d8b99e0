"""Which processes belong to a child: the rest of its session, or those that descend from it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

_LINUX = sys.platform == "linux"  # elsewhere psutil asks the system


def session_members(session: int) -> list[int]:
    """Return the ids of the running processes of *session*, ended but uncollected ones left out.

    A process group is not enough: `timeout 9 cmd` and shells with job control put what they start into groups of
    their own, which stay in the session.
    """
    return [pid for pid in all_pids() if session_of(pid) == session and is_running(pid)]


def descendants(pid: int) -> list[int]:
    """Return the ids of the processes that descend from *pid*, itself not included; none when it is gone."""
    import psutil  # only for a child without a session of its own

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def is_running(pid: int) -> bool:
    """Return whether a process is there and has not ended."""
    if _LINUX:
        try:
            with open(f"/proc/{pid}/stat", "rb") as stat:
                after_name = stat.read().rpartition(b")")[2]  # the name may hold blanks and parentheses
        except OSError:
            return False
        return after_name.split()[0] not in (b"Z", b"X")
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def all_pids() -> list[int]:
    """Return the ids of all processes, ended but uncollected ones included; none where that cannot be told."""
    if _LINUX:
        with suppress(OSError):  # not mounted: the process group is all we know then
            return [int(name) for name in os.listdir("/proc") if name.isdecimal()]
        return []
    import psutil

    return psutil.pids()


def session_of(pid: int) -> int:
    """Return the session of a process, -1 where that cannot be told."""
    with suppress(OSError):  # gone in between, or not ours to ask about
        return os.getsid(pid)
    return -1

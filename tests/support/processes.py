"""Looking at processes from outside: is it running, is it gone, how many descriptors are open."""

from __future__ import annotations

import os
import time

import psutil


def runs(pid: int) -> bool:
    """Return whether a process is there and has not ended."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def gone(pid: int, patience: float = 1.0) -> bool:
    """Return whether a process ends within *patience* seconds."""
    deadline = time.monotonic() + patience
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.005)
    return not runs(pid)


def descriptors() -> int:
    """Return how many descriptors this process has open."""
    return len(os.listdir("/dev/fd"))

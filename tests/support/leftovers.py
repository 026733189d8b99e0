"""What a test may not leave behind: threads and child processes."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

_PATIENCE = 2.0  # seconds that something on its way out gets


class Leftovers:
    """Remembers what runs when it is made and tells later what came on top."""

    def __init__(self) -> None:
        self._threads = set(threading.enumerate())
        self._children = set(children())

    def wait(self) -> list[str]:
        """Return what is still there after a short patience, one line each; empty when nothing is."""
        deadline = time.monotonic() + _PATIENCE
        while (found := self._find()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    def _find(self) -> list[str]:
        threads = [f"thread {t.name}" for t in threading.enumerate() if t not in self._threads]
        return threads + [f"process {pid} {_title(pid)}" for pid in children() if pid not in self._children]


def children() -> list[int]:
    """Return the ids of the direct children of this process, ended but uncollected ones included."""
    if sys.platform != "linux":
        import psutil

        return [child.pid for child in psutil.Process().children()]
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += map(int, (task / "children").read_text().split())
        except FileNotFoundError:
            continue  # the thread ended between the two looks
    return found


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""

"""When a file was created, which `os.stat` does not tell on Linux."""

from __future__ import annotations

import os
import sys
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

AT_FDCWD = -100
STATX_BTIME = 0x800
STATX_SIZE = 256
BTIME_OFFSET = 80
"""`struct statx` of the kernel's interface, the same on every architecture."""


def created(path: str, status: os.stat_result) -> float | None:
    """Seconds since the epoch at which what *path* leads to was created; *status* is its `os.stat`.

    None where the file system or the system does not keep that.
    """
    birth: float | None = getattr(status, "st_birthtime", None)  # macOS and the BSDs
    if birth is None and sys.platform == "linux":
        return _by_statx(path)
    return birth


def _by_statx(path: str) -> float | None:
    from ctypes import create_string_buffer  # 8 ms, for scripts that look at a file

    statx = _statx()
    answer = create_string_buffer(STATX_SIZE)
    if statx is None or statx(AT_FDCWD, os.fsencode(path), 0, STATX_BTIME, answer) != 0:
        return None
    if not int.from_bytes(answer.raw[:4], sys.byteorder) & STATX_BTIME:
        return None
    seconds = int.from_bytes(answer.raw[BTIME_OFFSET : BTIME_OFFSET + 8], sys.byteorder, signed=True)
    nanoseconds = int.from_bytes(answer.raw[BTIME_OFFSET + 8 : BTIME_OFFSET + 12], sys.byteorder)
    return seconds + nanoseconds / 1e9


@cache
def _statx() -> Callable[..., int] | None:
    """The C library's function; None where it is older than that (glibc before 2.28, musl before 1.2.3)."""
    from ctypes import CDLL

    found: Callable[..., int] | None = getattr(CDLL(None), "statx", None)
    return found

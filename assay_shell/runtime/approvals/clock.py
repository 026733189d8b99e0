"""How old something is, measured so that setting the clock back makes nothing younger."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_BACKWARDS = 60.0
"""Seconds by which a clock may have been corrected."""


@dataclass(frozen=True)
class Moment:
    """A point in time: Unix seconds, and the seconds since that boot of the machine ("" where it is unknown)."""

    unix: float
    boot: str = ""
    uptime: float = 0.0


@dataclass(frozen=True)
class Clock:
    """Tells the time; tests bring functions of their own."""

    unix: Callable[[], float] = time.time
    boot: Callable[[], str] = lambda: _boot()
    uptime: Callable[[], float] = lambda: _uptime()

    def now(self) -> Moment:
        """Return the present moment."""
        return Moment(self.unix(), self.boot(), self.uptime())


def age(then: Moment, now: Moment) -> float:
    """Return the seconds from *then* to *now*, by the clock or by the machine's uptime, whichever says more.

    Infinite where the clock was set back and the machine has been started anew, so that nobody can tell.
    """
    by_clock = now.unix - then.unix
    if then.boot and then.boot == now.boot:
        return max(by_clock, now.uptime - then.uptime)
    return by_clock if by_clock >= -_BACKWARDS else float("inf")


def _boot() -> str:
    if sys.platform != "linux":
        return ""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _uptime() -> float:
    """Return the seconds since the machine started, sleep included; without a boot to go with it nobody asks."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else 0.0

"""The machine this runs on.

Lua's own functions that stay reachable on the global `os` (`clock`, `date`, `time` ...) are the core's.

@module os
@description Operating system: hostname, arch, platform
@keywords os, operating-system, host, hostname, architecture, platform, machine
@quickref os.hostname() -> str | Name of this machine
@quickref os.arch() -> str | Processor architecture: x86_64, aarch64, ...
@quickref os.platform() -> str | linux, macos or windows
@quickref os.info() -> {hostname, arch, platform, release, cpus, memory} | The machine at a glance
@quickref os.clock() -> float | Seconds of processor time, as in Lua's own library
@quickref os.date(format?, time?) -> str|table | Date and time as text or fields, as in Lua's own library
@quickref os.difftime(later, earlier) -> float | Seconds between two times, as in Lua's own library
@quickref os.getenv(name) -> str|nil | Value of a variable, as in Lua's own library
@quickref os.time(fields?) -> int | Unix time of now or of the fields, as in Lua's own library
"""

from __future__ import annotations

import os
import sys

from assay_shell.runtime.declare import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime

ARCHITECTURES = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "i386": "x86",
    "i586": "x86",
    "i686": "x86",
    "armv6l": "arm",
    "armv7l": "arm",
    "armv8l": "arm",
    "ppc64": "powerpc64",
    "ppc64le": "powerpc64",
}
"""Names that kernels give, and those that scripts know."""

PLATFORMS = {"darwin": "macos", "win32": "windows"}


def register(runtime: Runtime) -> None:
    runtime.define(
        "os",
        {"hostname": read(hostname), "arch": read(arch), "platform": read(platform), "info": read(info)},
    )


def hostname() -> str:
    """Return the name of this machine, as `uname -n` prints it.

    Example: `os.hostname()`
    """
    return os.uname().nodename


def arch() -> str:
    """Return the processor architecture: `x86_64`, `aarch64`, ...; what the kernel calls it where it has no other name.

    Example: `os.arch()`
    """
    machine = os.uname().machine
    return ARCHITECTURES.get(machine.lower(), machine)


def platform() -> str:
    """Return the operating system: `linux`, `macos`, `windows` or another system's own name.

    Example: `if os.platform() == "macos" then error("run this on the server") end`
    """
    return PLATFORMS.get(sys.platform, sys.platform.rstrip("0123456789"))


def info() -> dict[str, str | int | None]:
    """Return what there is to know at a glance.

    `hostname`, `arch` and `platform` as the functions of these names tell them; `release` of the kernel; `cpus`,
    the number of logical processors; `memory`, the physical memory in bytes. The last two are absent where the
    system does not tell.

    Example: `os.info().cpus`
    """
    return {
        "hostname": hostname(),
        "arch": arch(),
        "platform": platform(),
        "release": os.uname().release,
        "cpus": os.cpu_count(),
        "memory": _memory(),
    }


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None

"""Look for the processes of this machine, signal them, and wait for them to end.

@module process
@description Processes of this machine: list, find, signal, wait
@keywords process, pid, ps, kill, signal, running, wait, idle
@quickref process.list() -> [{pid, name, cmdline?}] | All processes, in no particular order
@quickref process.is_running(name) -> bool | Whether some process has exactly this short name
@quickref process.exists(pid) -> bool | Whether there is a process with this number
@quickref process.pid() -> int | The number of this process
@quickref process.kill(pid, signal?) -> bool | Send a signal, 15 (SIGTERM) by default; 0 only tests
@quickref process.wait_idle(names, timeout?, interval?) -> bool | Wait until none of them runs, 30 s at most
"""

from __future__ import annotations

import os
import sys

from assay_shell.runtime.declare import depends, read
from assay_shell.runtime.errors import BuiltinError, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

_PROC = "/proc"
_LINUX = sys.platform == "linux"  # elsewhere psutil asks the system
_SIGTERM = 15
_NO_SUCH_PROCESS = "No such process (os error 3)"
_SHORTEST_INTERVAL = 0.01  # seconds: 0 would keep a core busy with looking


def register(runtime: Runtime) -> None:
    runtime.define(
        "process",
        {
            "list": read(list_processes),
            "is_running": read(is_running, target="name"),
            "exists": read(exists),
            "pid": read(own_pid),
            "kill": depends(kill, effect_of_kill),
            "wait_idle": read(wait_idle),
        },
    )


def list_processes() -> list[dict[str, object]]:
    """Return a table with `pid`, `name` and `cmdline` for every process.

    `name` is the kernel's short name, at most 15 bytes. `cmdline` is the arguments joined with blanks; it is absent
    for threads of the kernel and for processes that have ended but are not collected.

    Example: `for _, p in ipairs(process.list()) do print(p.pid, p.name, p.cmdline) end`

    Raises:
        BuiltinError: the table of processes cannot be read.
    """
    return processes_in_proc() if _LINUX else processes_by_psutil()


def is_running(name: bytes) -> bool:
    """Return whether some process has exactly this short name (15 bytes at most, case matters).

    One that has ended and is merely not collected does not run, though `process.list` still shows it.

    Example: `process.is_running("nginx")`

    Raises:
        BuiltinError: the table of processes cannot be read.
    """
    return _any_running({name})


def exists(pid: int) -> bool:
    """Return whether there is a process with this number, whoever it belongs to.

    True also for one that has ended but is not collected yet; false for 0 and below.

    Example: `process.exists(1)`
    """
    return pid > 0 and _send(pid, 0) in ("", "Operation not permitted (os error 1)")


def own_pid() -> int:
    """Return the number of the process that runs the script.

    Example: `fs.write("/run/job.pid", process.pid())`
    """
    return os.getpid()


def kill(pid: Value = None, signal: Value = None) -> bool:
    """Send *signal*, a number, to the process *pid*, and return true. Signal 0 only tests whether that would work.

    Fractions are dropped; strings are refused, numeric ones too.

    Example: `process.kill(pid, 9)`

    Raises:
        BuiltinError: *pid* is missing, no number or not above 0; *signal* is no number or negative; there is no such
            process or signal; the process belongs to somebody else.
    """
    if pid is None:
        raise BuiltinError("process.kill", "pid required")
    number, wanted = _whole(pid), _SIGTERM if signal is None else _whole(signal)
    if number is None:
        raise BuiltinError("process.kill", "pid must be a number")
    if number <= 0:
        raise BuiltinError("process.kill", f"pid must be > 0, got {number}")
    if wanted is None:
        raise BuiltinError("process.kill", "signal must be a number")
    if wanted < 0:
        raise BuiltinError("process.kill", f"signal must be >= 0, got {wanted}")
    if reason := _send(number, wanted):
        raise BuiltinError("process.kill", f"failed to send signal {wanted} to pid {number}: {reason}")
    return True


def effect_of_kill(pid: Value, signal: Value) -> tuple[str, str]:
    """Testing a process reads; everything else may change it."""
    wanted = _SIGTERM if signal is None else _whole(signal)
    return ("read" if wanted == 0 else "write"), f"pid {_whole(pid)}, signal {wanted}"


async def wait_idle(runtime: Runtime, names: Value, timeout: float = 30.0, interval: float = 1.0) -> bool:
    """Wait until no process has one of *names*, looking every *interval* seconds while other tasks run.

    *names* is a short name or an array of them. Returns true as soon as none runs, false after *timeout* seconds:
    still busy is an answer, not an error. With a timeout of 0 it returns false without looking.

    Example: `process.wait_idle({ "pg_dump", "rsync" }, 600, 5)`

    Raises:
        BuiltinError: *names* is neither; *timeout* or *interval* is negative or not finite; the table of processes
            cannot be read.
    """
    wanted = _names(runtime, names)
    for label, seconds in (("timeout", timeout), ("interval", interval)):
        if not 0 <= seconds < float("inf"):
            raise BuiltinError("process.wait_idle", f"{label} must be a non-negative finite number")
    if timeout == 0:
        return False
    import asyncio
    from time import monotonic

    deadline = monotonic() + timeout
    while _any_running(wanted):
        left = deadline - monotonic()
        if left <= 0:
            return False
        await asyncio.sleep(min(max(interval, _SHORTEST_INTERVAL), left))
    return True


def processes_in_proc(root: str = _PROC) -> list[dict[str, object]]:
    """Return what `process.list` does, from the folder *root*."""
    found: list[dict[str, object]] = []
    for pid, name in _short_names(root):
        command = _contents(f"{root}/{pid}/cmdline") or b""
        arguments = command.rstrip(b"\0").replace(b"\0", b" ")
        found.append({"pid": pid, "name": name, "cmdline": arguments} if arguments else {"pid": pid, "name": name})
    return found


def processes_by_psutil() -> list[dict[str, object]]:
    """Return what `process.list` does where there is no /proc."""
    import psutil

    found: list[dict[str, object]] = []
    for process in psutil.process_iter(["name", "cmdline"]):
        row: dict[str, object] = {"pid": process.pid, "name": process.info["name"] or ""}
        if process.info["cmdline"]:  # None where we may not ask
            row["cmdline"] = " ".join(process.info["cmdline"])
        found.append(row)
    return found


def _any_running(names: set[bytes]) -> bool:
    from assay_shell.runtime.children.members import is_running as has_not_ended

    found = _short_names(_PROC) if _LINUX else _names_by_psutil()
    return any(name in names and has_not_ended(pid) for pid, name in found)


def _names_by_psutil() -> Iterator[tuple[int, bytes]]:
    import psutil

    for process in psutil.process_iter(["name"]):
        yield process.pid, os.fsencode(process.info["name"] or "")


def _short_names(root: str) -> Iterator[tuple[int, bytes]]:
    """Give number and short name of each process; one that ends meanwhile is left out."""
    try:
        entries = os.listdir(root)
    except OSError as exc:
        raise BuiltinError("process.list", f"failed to read /proc: {os_reason(exc)}") from exc
    for entry in entries:
        if entry.isdecimal() and (name := _contents(f"{root}/{entry}/comm")) is not None:
            yield int(entry), name.removesuffix(b"\n")


def _contents(path: str) -> bytes | None:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:  # the process ended between the two looks
        return None


def _names(runtime: Runtime, names: Value) -> set[bytes]:
    from assay_shell.runtime.convert import CONVERTERS
    from assay_shell.runtime.values import Table, as_bytes

    if isinstance(names, str):
        return {as_bytes(names)}
    if not isinstance(names, Table):
        raise BuiltinError("process.wait_idle", "names must be a string or an array of strings")
    convert = CONVERTERS["bytes"]
    return {convert(names.raw[index], "", runtime.border) for index in range(1, names.length() + 1)}


def _whole(value: Value) -> int | None:
    """Return a number without its fraction, at the limits of 64 bits where it is beyond; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if value != value:
        return 0
    return int(max(-(2.0**63), min(value, 2**63 - 1)))


def _send(pid: int, signal: int) -> str:
    """Send a signal; the reason why that failed, empty when it did not."""
    try:
        os.kill(pid, signal)
    except OverflowError:  # no process and no signal has a number that long
        return _NO_SUCH_PROCESS if pid >= 2**31 else "Invalid argument (os error 22)"
    except OSError as exc:
        return os_reason(exc)
    return ""

"""Measure the shell in a pseudo-terminal: `python -m bench.shell [--runs N]`.

The start, in turn with IPython's where that is installed: until a prompt is seen (keys pressed from then on count), and
until the editor has drawn its own. Then Ctrl-C to the next prompt, over loops, waits, child processes and a query.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pexpect

HERE = Path(sys.executable).parent
PROMPT, EDITOR = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} ".encode(), b"read-write"
IPYTHON_PROMPT = b"In ["
WHERE_IS_THE_CURSOR, CURSOR = b"\x1b[6n", "\x1b[3;1R"
LONGEST = 30.0
"""Seconds after which something is never going to come."""
SHAPES = {
    "a loop": "while true do end",
    "a pcall loop": "while true do pcall(function() while true do end end) end",
    "nested coroutines": "coroutine.wrap(function() coroutine.wrap(function() while 1 do end end)() end)()",
    "a wait": "sleep(60)",
    "a child process": 'shell.exec("sleep 60")',
    "a database query": "db.query(base, 'with recursive c(n) as (select 1 union all select n + 1 from c)"
    " select count(*) from c')",
}


class Program:
    """A program in a terminal of 80 by 24."""

    def __init__(self, command: list[str], home: str) -> None:
        environment = {
            **os.environ, "TERM": "xterm-256color", "HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home,
        }  # fmt: skip
        self.started = time.perf_counter()
        self._seen = bytearray()
        self._child: Any = pexpect.spawn(command[0], command[1:], env=environment, dimensions=(24, 80), timeout=30)
        self._child.delaybeforesend = None

    def until(self, text: bytes) -> float:
        """Milliseconds from the start, or the last `press`, until *text* has been written."""
        while text not in self._seen:
            if time.perf_counter() - self.started > LONGEST:
                raise TimeoutError(f"{text!r} did not come")
            self._seen += self._read(30)
        return (time.perf_counter() - self.started) * 1000

    def press(self, keys: str) -> None:
        """Type, and count from now."""
        self._seen.clear()
        self.started = time.perf_counter()
        self._child.send(keys)

    def rest(self, seconds: float) -> None:
        """Take in what is written meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self._read(0.01)
            except pexpect.TIMEOUT:
                continue

    def _read(self, seconds: float) -> bytes:
        """What is written, and an answer where the cursor is asked for: who gets none waits for it."""
        data: bytes = self._child.read_nonblocking(1 << 16, seconds)
        if WHERE_IS_THE_CURSOR in data:
            self._child.send(CURSOR)
        return data

    def processor_time(self) -> float:
        """Milliseconds of processor time so far; 0 where the system does not say."""
        try:
            fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End it."""
        self._child.close(force=True)


def start(command: list[str], marks: tuple[bytes, ...], home: str) -> list[float]:
    """Milliseconds until each of *marks*, and of processor time until the last."""
    program = Program(command, home)
    found = [program.until(mark) for mark in marks]
    found.append(program.processor_time())
    program.close()
    return found


def starts(runs: int, home: str) -> None:
    """Print how long the start takes."""
    ours, theirs = [], []
    ipython = HERE / "ipython"
    for _ in range(runs):
        ours.append(start([str(HERE / "assay")], (PROMPT, EDITOR), home))
        if ipython.exists():
            theirs.append(start([str(ipython), "--no-banner"], (IPYTHON_PROMPT,), home))
    seen, drawn, cpu = (statistics.median(column) for column in zip(*ours, strict=True))
    print(f"{'prompt seen':<28} {seen:7.1f} ms")
    print(f"{'prompt of the editor':<28} {drawn:7.1f} ms   processor time {cpu:5.0f} ms")
    if theirs:
        other, their_cpu = (statistics.median(column) for column in zip(*theirs, strict=True))
        print(f"{'IPython':<28} {other:7.1f} ms   processor time {their_cpu:5.0f} ms")
        print(f"{'ratio':<28} {seen / other:7.2f} seen   {drawn / other:.2f} of the editor   {cpu / their_cpu:.2f} cpu")


def interrupts(runs: int, home: str) -> None:
    """Print how long Ctrl-C takes to the next prompt."""
    program = Program([str(HERE / "assay")], home)
    program.until(EDITOR)
    program.press("local base = db.connect('sqlite::memory:')\r")  # which loads what databases need
    program.rest(2.0)
    everything: list[float] = []
    for name, code in SHAPES.items():
        times = []
        for _ in range(runs):
            program.rest(0.05)
            program.press(f"{code}\r")
            program.rest(0.2)
            program.press("\x03")
            times.append(program.until(b"cancelled"))
            program.until(PROMPT)
        times.sort()
        everything += times
        print(f"Ctrl-C in {name:<18} {statistics.median(times):7.1f} ms   most {times[-1]:6.1f} ms")
    everything.sort()
    print(f"{'Ctrl-C, all of them':<28} {statistics.median(everything):7.1f} ms   p99 {_p99(everything):7.1f} ms")
    program.close()


def _p99(times: list[float]) -> float:
    return times[min(len(times) - 1, int(len(times) * 0.99))]


def main(arguments: list[str]) -> None:
    """Print what was measured."""
    runs = int(arguments[arguments.index("--runs") + 1]) if "--runs" in arguments else 11
    home = tempfile.mkdtemp()
    try:
        starts(runs, home)
        interrupts(runs * 2, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])

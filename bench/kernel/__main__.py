"""Measure the kernel as a front end sees it: `python -m bench.kernel [--runs N]`.

The start, in turn with ipykernel's Python kernel: until it has answered what it is. Then one kernel: a cell from its
request to the reply and to the end of its output, a large table, completion while a fast stream is drawn, and the stop
button over loops and waits.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from bench.kernel.client import OURS, THEIRS, Front

SESSION = Path(__file__).with_name("session.lua")
SHAPES = {
    "a loop": "while true do end",
    "a pcall loop": "while true do pcall(function() while true do end end) end",
    "nested coroutines": "coroutine.wrap(function() coroutine.wrap(function() while 1 do end end)() end)()",
    "a wait": "sleep(60)",
    "two waits": "async.all({ function() sleep(60) end, function() sleep(60) end })",
    "a child process": 'shell.exec("sleep 60")',
    "a stream": "http.events(server.url .. '/events')",
}


def start(module: str) -> tuple[float, float]:
    """Milliseconds until the kernel is ready, and of processor time."""
    front = Front(module)
    try:
        return front.ready(), front.processor_time()
    finally:
        front.close()


def starts(runs: int) -> None:
    """Print how long the start takes."""
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(start(OURS))
        theirs.append(start(THEIRS))
    medians = [statistics.median(column) for rows in (ours, theirs) for column in zip(*rows, strict=True)]
    print(f"{'ready':<30} {medians[0]:7.1f} ms   processor time {medians[1]:5.0f} ms")
    print(f"{'ready, python3':<30} {medians[2]:7.1f} ms   processor time {medians[3]:5.0f} ms")
    print(f"{'ratio':<30} {medians[0] / medians[2]:7.2f}      processor time {medians[1] / medians[3]:5.2f}")


def timed(front: Front, code: str, times: int) -> tuple[list[float], list[float]]:
    """Milliseconds from the request to the reply, and until the kernel is idle again."""
    replied, done = [], []
    for _ in range(times):
        started = time.perf_counter()
        request = front.execute(code)
        front.reply(request)
        replied.append((time.perf_counter() - started) * 1000)
        front.idle(request)
        done.append((time.perf_counter() - started) * 1000)
    return sorted(replied), sorted(done)


def cells(front: Front, runs: int) -> None:
    """Print how long cells take."""
    replied, done = timed(front, "1 + 1", 40 * runs)
    show("1 + 1, reply", replied)
    show("1 + 1, idle", done)
    _, done = timed(front, "records", runs)
    show("a table of 10,000 rows", done)


def completions(front: Front, runs: int) -> None:
    """Print how long completion takes while a stream of 200 events a second is drawn."""
    times = []
    cell = front.execute(SHAPES["a stream"])
    time.sleep(1)
    for _ in range(20 * runs):
        time.sleep(0.02)
        started = time.perf_counter()
        front.reply(front.send("complete_request", {"code": "http.ge", "cursor_pos": 7}))
        times.append((time.perf_counter() - started) * 1000)
    front.reply(front.send("interrupt_request", {}, "control"), "control")
    front.reply(cell)
    show("completion during a stream", sorted(times))


def interrupts(front: Front, runs: int) -> None:
    """Print how long the stop button takes, from its message to the reply of the cell."""
    everything = []
    for name, code in SHAPES.items():
        times = []
        for _ in range(runs * 2):
            cell = front.execute(code)
            time.sleep(0.15)
            started = time.perf_counter()
            front.send("interrupt_request", {}, "control")
            front.reply(cell)
            times.append((time.perf_counter() - started) * 1000)
        everything += times
        show(f"stop {name}", sorted(times))
    show("stop, all of them", sorted(everything))


def show(name: str, times: list[float]) -> None:
    """Print the middle, the 99th in a hundred and the last of sorted times."""
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    print(f"{name:<30} {statistics.median(times):7.1f} ms   p99 {p99:7.1f}   most {times[-1]:7.1f}", flush=True)


def main(arguments: list[str]) -> None:
    """Print what was measured."""
    runs = int(arguments[arguments.index("--runs") + 1]) if "--runs" in arguments else 9
    starts(runs)
    front = Front(OURS)
    try:
        front.ready()
        front.run(SESSION.read_text())
        cells(front, runs)
        completions(front, runs)
        interrupts(front, runs)
    finally:
        front.close()


if __name__ == "__main__":
    main(sys.argv[1:])

"""Time from a Lua value to what is shown of it: `python -m bench.views [--runs N]`.

The medians of milliseconds in this process, after two runs that do not count. `cpu` is the processor's time, which a
busy machine changes less than the clock.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay_shell.kernel.mime import bundle
from assay_shell.runtime.views.choose import choose, choose_member
from assay_shell.runtime.views.text import lines, render
from assay_shell.runtime.vm import Runtime

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    name: str
    goal: str
    show: Callable[[Runtime, dict[str, Any]], object]


CASES = [
    Case("table_1000", "<= 10 ms", lambda vm, value: render(choose(vm, value["rows"]), 120)),
    Case("pods_1000", "", lambda vm, value: render(choose(vm, value["pods"]), 120)),
    Case("html_10000", "<= 200 ms", lambda vm, value: bundle(choose(vm, value["many"]))),
    Case("text_100mb", "<= 100 ms", lambda vm, value: next(lines(choose_member(vm, value["held"], 1), 120, 40))),
    Case("tree_100mb", "<= 100 ms", lambda vm, value: next(lines(choose(vm, value["held"]), 120, 40))),
    Case("rows_1000000", "<= 100 ms", lambda vm, value: next(lines(choose(vm, value["million"]), 120))),
    Case("keys_1000000", "<= 100 ms", lambda vm, value: next(lines(choose(vm, value["keys"]), 120))),
]


def measured(case: Case, runtime: Runtime, values: dict[str, Any], runs: int) -> tuple[float, float]:
    """The medians of the clock and of the processor's time, in milliseconds."""
    clock, cpu = [], []
    for run in range(runs + 2):
        started, began = time.perf_counter(), time.process_time()
        case.show(runtime, values)
        if run >= 2:
            clock.append((time.perf_counter() - started) * 1000)
            cpu.append((time.process_time() - began) * 1000)
    return statistics.median(clock), statistics.median(cpu)


def main(arguments: list[str]) -> None:
    """Print the table."""
    runs = int(arguments[arguments.index("--runs") + 1]) if "--runs" in arguments else 9
    with Runtime(memory_limit=0) as runtime:
        made = runtime.compile((HERE / "values.lua").read_bytes(), "values.lua")()
        values = {str(name): value for name, value in made.items()}
        print(f"{'shown':<14}  {'ms':>8}  {'cpu ms':>8}  goal")
        for case in CASES:
            clock, cpu = measured(case, runtime, values, runs)
            print(f"{case.name:<14}  {clock:>8.1f}  {cpu:>8.1f}  {case.goal}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

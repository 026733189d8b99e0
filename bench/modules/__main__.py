"""Time to load each module, to list them all and to find one: `python -m bench.modules [--runs N]`.

Each module is loaded in a runtime of its own, with the parts it stands on: the least of the runs in milliseconds of the
clock, which a busy machine spoils least, and the median of the processor's. `assay modules` and `assay context` are
whole processes; the query that is asked for last is the one with the most hits.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from assay_shell.runtime.modules import BUILTIN, module_files
from assay_shell.runtime.vm import Runtime
from bench.__main__ import ASSAY

GOAL = "<= 5 ms"
QUERIES = ["grafana", "rotate a secret", "kubernetes"]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the clock and of the processor."""
    started, began = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - started) * 1000, (time.process_time() - began) * 1000


def loaded(name: str) -> tuple[float, float]:
    """What one `require` costs in a fresh runtime."""
    with Runtime() as runtime:
        runtime.evaluate("return 1")
        return timed(lambda: runtime.evaluate(f'require("{name}")'))


def whole(*words: str) -> tuple[float, float]:
    """What one command costs; the processor's time is not this process's, and left out."""
    command: list[str | Path] = [ASSAY, *words]
    return timed(lambda: subprocess.run(command, check=True, capture_output=True))[0], 0.0


def row(name: str, runs: list[tuple[float, float]], goal: str) -> str:
    """One line of the table."""
    clock, cpu = [run[0] for run in runs], statistics.median(run[1] for run in runs)
    shown = f"{cpu:>8.2f}" if cpu else f"{'-':>8}"
    return f"{name:<28}{min(clock):>8.2f}{statistics.median(clock):>8.2f}{shown}  {goal}"


def main(arguments: list[str]) -> None:
    """Print the table, slowest module first."""
    turns = range(int(arguments[arguments.index("--runs") + 1]) if "--runs" in arguments else 9)
    print(f"{'':<28}{'least':>8}{'median':>8}{'cpu':>8}  ms")
    names = sorted({file.name for file in module_files({}) if file.source == BUILTIN})
    modules = [(name, [loaded(name) for _ in turns]) for name in names]
    modules.sort(key=lambda module: -min(run[0] for run in module[1]))
    for name, runs in modules:
        print(row(name, runs, GOAL))
    commands = [("modules",), ("modules", "--json"), *[("context", query) for query in QUERIES]]
    for words in commands:
        print(row(f"assay {' '.join(words)}", [whole(*words) for _ in turns], "<= 100 ms"))


if __name__ == "__main__":
    main(sys.argv[1:])

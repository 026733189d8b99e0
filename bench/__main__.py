"""Run the benchmarks: `python -m bench [NAME ...] [--runs N]`.

Every benchmark is a Lua script that prints one number. It runs in turn with its Python baseline and, where
`ASSAY_REFERENCE` names another `assay` binary, with that one too, so that a machine whose speed drifts slows all
of them alike. What is shown is the median and the ratio to ours.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ASSAY = Path(sys.executable).with_name("assay")


@dataclass(frozen=True)
class Benchmark:
    """One line of the table; *faster* says whether a larger number is better."""

    name: str
    unit: str
    faster: bool = False
    needs_server: bool = False
    whole_process: bool = False
    goal: str = ""
    arguments: tuple[str, ...] = ()
    suffix: str = ".lua"
    beside_plain: bool = False
    """Whether the baseline is the same script run plainly."""
    variable: str = ""
    """The environment variable that has to name a server for it; skipped without."""


BENCHMARKS = [
    Benchmark("cold_start", "ms", whole_process=True, goal="<= 20 ms, <= 1.45x Python with lupa"),
    Benchmark("json_parse", "ms", goal="<= 1.0x the original"),
    Benchmark("json_encode", "ms", goal="<= 0.7x the original"),
    Benchmark("http_sequential", "req/s", faster=True, needs_server=True, goal=">= 0.9x the original"),
    Benchmark("http_spawned_50", "req/s", faster=True, needs_server=True, goal=">= 0.9x the original"),
    Benchmark("k8s_list_5000", "ms", needs_server=True, goal="<= 1.5x http.get and json.parse"),
    Benchmark("hashes_20k", "ms"),
    Benchmark("regex_20k", "ms"),
    Benchmark("loop_1e7", "ms"),
    Benchmark("modules", "ms", whole_process=True, goal="<= 100 ms", arguments=("modules",), suffix=""),
    Benchmark("context", "ms", whole_process=True, goal="<= 100 ms", arguments=("context", "grafana"), suffix=""),
    Benchmark(
        "tool_mode", "ms", whole_process=True, goal="<= 10 ms over the plain script",
        arguments=("run", "--mode", "tool"), beside_plain=True,
    ),
    Benchmark("sqlite_batch", "ms", goal="<= 2x executemany"),
    Benchmark("sqlite_inserts", "ms", goal="<= 10x sqlite3"),
    Benchmark("sqlite_select", "ms", goal="<= 4x sqlite3"),
    Benchmark("postgres_batch", "ms", goal="<= 2x executemany", variable="BENCH_POSTGRES"),
    Benchmark("postgres_inserts", "ms", goal="<= 10x psycopg", variable="BENCH_POSTGRES"),
    Benchmark("postgres_select", "ms", goal="<= 4x psycopg", variable="BENCH_POSTGRES"),
    Benchmark("checks_500", "ms", needs_server=True, whole_process=True, goal="<= 2,000 ms", suffix=".yaml"),
]


@dataclass
class Series:
    """What one contestant measured."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float | None:
        return statistics.median(self.values) if self.values else None


@contextmanager
def server() -> Iterator[str]:
    """A small HTTP server on a free loopback port, in a process of its own."""
    process = subprocess.Popen([sys.executable, HERE / "server.py"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def measure(command: list[str | Path], benchmark: Benchmark, environment: dict[str, str]) -> float:
    """One run: what the script printed, or the milliseconds of the whole process."""
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    took = (time.perf_counter() - started) * 1000
    if done.returncode != 0:
        raise SystemExit(f"{benchmark.name}: {' '.join(map(str, command))} failed:\n{done.stderr}")
    return took if benchmark.whole_process else float(done.stdout.split()[-1])


def run(benchmark: Benchmark, runs: int, environment: dict[str, str]) -> dict[str, Series]:
    """All contestants in turn, *runs* times after one that does not count."""
    script = [HERE / "scripts" / f"{benchmark.name}{benchmark.suffix}"] if benchmark.suffix else []
    contestants: dict[str, list[str | Path]] = {"ours": [ASSAY, *benchmark.arguments, *script]}
    baseline = HERE / "baseline" / f"{benchmark.name}.py"
    if benchmark.beside_plain:
        contestants["baseline"] = [ASSAY, *script]
    elif baseline.exists():
        contestants["baseline"] = [sys.executable, baseline]
    elif (by_hand := baseline.with_suffix(".lua")).exists():
        contestants["baseline"] = [ASSAY, by_hand]
    if reference := os.environ.get("ASSAY_REFERENCE"):
        contestants["reference"] = [reference, *benchmark.arguments, *script]
    found = {name: Series() for name in contestants}
    for turn in range(runs + 1):
        for name, command in contestants.items():
            value = measure(command, benchmark, environment)
            if turn:
                found[name].values.append(value)
    return found


def shown(benchmark: Benchmark, found: dict[str, Series]) -> str:
    """One row: medians, and ours as a multiple of each other contestant."""
    ours = found["ours"].median
    assert ours is not None
    cells = [f"{benchmark.name:<16}", f"{ours:>10.1f}", f"{benchmark.unit:<6}"]
    for name in ("baseline", "reference"):
        other = found[name].median if name in found else None
        cells += [f"{other:>10.1f}", f"{ours / other:>6.2f}x"] if other else [f"{'-':>10}", f"{'-':>7}"]
    return "  ".join([*cells, "higher is better" if benchmark.faster else "lower is better ", benchmark.goal])


def main(arguments: list[str]) -> None:
    """Print the table."""
    runs = int(arguments[arguments.index("--runs") + 1]) if "--runs" in arguments else 7
    names = {argument for argument in arguments if argument in {benchmark.name for benchmark in BENCHMARKS}}
    header = ["benchmark".ljust(16), "ours".rjust(10), "unit".ljust(6), "baseline".rjust(10), "ratio".rjust(7)]
    print("  ".join([*header, "reference".rjust(10), "ratio".rjust(7)]))
    environment = {**os.environ, "NO_COLOR": "1", "RUST_LOG": "off"}
    with server() as url:
        environment["BENCH_URL"] = url
        for benchmark in BENCHMARKS:
            if benchmark.variable and not os.environ.get(benchmark.variable):
                print(f"{benchmark.name:<16}  skipped: {benchmark.variable} names no server")
            elif not names or benchmark.name in names:
                print(shown(benchmark, run(benchmark, runs, environment)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

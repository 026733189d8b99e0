"""Measure the server: `python -m bench.http_server [--seconds N] [--runs N] [--listeners N]`.

Ours, the bare Python server of `bare.py` and, where `ASSAY_REFERENCE` names another `assay` binary, that one take turns
so that a machine whose speed drifts slows all of them alike; the best run counts. CPU time is the server's own.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.http_server.load import events_per_second, requests_per_second

HERE = Path(__file__).parent
ASSAY = Path(sys.executable).with_name("assay")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--listeners", type=int, default=1500)
    options = parser.parse_args()
    print(f"{'what':10} {'server':10} {'per second':>12} {'CPU us each':>12} {'KiB a client':>13}")
    seconds, listeners = options.seconds, options.listeners
    table = {
        "json": (options.runs, 32, lambda base: requests_per_second(f"{base}/json", seconds, 32)),
        "events": (1, listeners, lambda base: events_per_second(f"{base}/events", 3 * seconds, listeners)),
        "broadcast": (
            1, listeners, lambda base: events_per_second(f"{base}/news", 3 * seconds, listeners, f"{base}/publish"),
        ),
    }  # fmt: skip
    for what, (runs, clients, measure) in table.items():
        names = [name for name in servers() if what != "broadcast" or name == "ours"]
        for name, numbers in best_of(names, runs, clients, measure).items():
            rate, cost, memory = numbers
            print(f"{what:10} {name:10} {rate:12,.0f} {cost:12.1f} {memory:13.1f}")


def servers() -> dict[str, list[str]]:
    """The command of each server; the port is its last argument."""
    found = {
        "ours": [str(ASSAY), str(HERE / "service.lua")],
        "bare": [sys.executable, str(HERE / "bare.py")],
    }
    reference = os.environ.get("ASSAY_REFERENCE")
    if reference:
        found["reference"] = [reference, str(HERE / "service.lua")]
    return found


def best_of(
    names: list[str], runs: int, clients: int, measure: Callable[[str], float]
) -> dict[str, tuple[float, float, float]]:
    """Rate, CPU microseconds for each, and KiB of memory for each client, of the best run of each server."""
    best: dict[str, tuple[float, float, float]] = {}
    for _ in range(runs):
        for name in names:
            with serving(servers()[name]) as (process, base):
                idle = process.memory_info().rss
                before, started = cpu(process), time.perf_counter()
                rate = measure(base)
                took = time.perf_counter() - started
                memory = (process.memory_info().rss - idle) / 1024 / clients
                cost = (cpu(process) - before) / (rate * took) * 1e6
                if name not in best or rate > best[name][0]:
                    best[name] = (rate, cost, memory)
    return best


def cpu(process: psutil.Process) -> float:
    """Seconds of CPU that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def serving(command: list[str]) -> Iterator[tuple[psutil.Process, str]]:
    """Run a server on a free port until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([*command, str(port)], stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.02)
        yield psutil.Process(process.pid), f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()

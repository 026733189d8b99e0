"""Measure completion: `python -m bench.completion [--rounds N]`.

The first completion is taken in a process of its own, several times: once with the import of the completer and once
without. The later ones go through many kinds of places, with all modules loaded and a live list of 5,000 pods.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, thread_time

from assay_shell.runtime.vm import Runtime
from assay_shell.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.completion import Completer

HERE = Path(__file__).parent
PLACES = (
    "", "p", "po", "ht", "http.", "http.g", "pods.", "pods.items.", "pods.items[", "pods.items[1].",
    "pods.items[1].meta", "pods.items[1].metadata.labels[", "pods.items[#pods.items].status.", "by_name.",
    "by_name.cart-4", 'by_name["cart-49', "c:", "c:kv_", "_.items[3].spec.containers[1].",
    "for _, pod in ipairs(pods.items) do pod.status.", "require('assay.", "http.get(url, {",
    "http.get(url, { timeout = 1, re", "c:kv_get('a', ", "rollout('shop', ", "env.get('", "fs.read('./",
    "local r = http.get('u')\nif r.", "string.format('%s', ", "x = [[ in a string", "-- a comment",
)  # fmt: skip


def main(arguments: list[str]) -> None:
    """Print what was measured."""
    if "--first" in arguments:
        print(*first())
        return
    rounds = int(arguments[arguments.index("--rounds") + 1]) if "--rounds" in arguments else 100
    runs = list(zip(*(child() for _ in range(7)), strict=True))
    names = ("first, with the completer's import", "  processor time", "first, prepared", "  processor time")
    for name, times in zip(names, runs, strict=True):
        print(f"{name:<36} {statistics.median(times):7.2f} ms")
    for name, times in later(rounds).items():
        for label, column in ((name, 0), ("  processor time", 1)):
            found = sorted(time[column] for time in times)
            middle, most = statistics.median(found), found[int(len(found) * 0.99)]
            print(f"{label:<36} {middle:7.2f} ms   p99 {most:6.2f} ms   most {found[-1]:6.2f} ms")


def child() -> tuple[float, ...]:
    """The first completion of a fresh process, as `first` says."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.completion", "--first"], capture_output=True, text=True, check=True
    )
    return tuple(map(float, done.stdout.split()))


def first() -> tuple[float, ...]:
    """The first completion with the import, and that of a second runtime after `prepare`.

    In ms: on the wall, and of the processor.
    """
    with Runtime() as runtime:
        cold = timed(lambda: begin(Session(runtime)))
    with Runtime() as runtime:
        completer = begin(Session(runtime))
        completer.prepare()
        return *cold, *timed(lambda: completer.complete("http.g", 6))


def begin(session: Session) -> Completer:
    """Import the completer and complete once."""
    from assay_shell.session.completion import Completer

    completer = Completer(session)
    completer.complete("ht", 2)
    return completer


def later(rounds: int) -> dict[str, list[tuple[float, float]]]:
    """The times of all places, *rounds* times each, in ms: on the wall, and of the processor."""
    from assay_shell.session.completion import Completer

    loop = asyncio.new_event_loop()
    with Runtime() as runtime:
        session = Session(runtime)
        completer = Completer(session)
        modules = [candidate.text for candidate in completer.complete("require('assay.", 15).items]
        loads = "".join(f"require('{name}') " for name in modules)
        for source in (loads, (HERE / "session.lua").read_text()):
            outcome = loop.run_until_complete(session.execute(source))
            if outcome.error:
                raise SystemExit(f"the benchmark's input failed: {outcome.error}")
        print(f"modules loaded                       {len(modules):7}")
        times: dict[str, list[tuple[float, float]]] = {"complete": [], "signature": [], "inspect": []}
        for place in PLACES * (rounds + 1):
            times["complete"].append(timed(lambda at=place: completer.complete(at, len(at))))
            times["signature"].append(timed(lambda at=place: completer.signature(at, len(at))))
            times["inspect"].append(timed(lambda at=place: completer.inspect(at, len(at))))
    loop.close()
    return {name: found[len(PLACES) :] for name, found in times.items()}  # the first round reads what is documented


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """The milliseconds of a call, and those of the processor."""
    used, started = thread_time(), perf_counter()
    work()
    return (perf_counter() - started) * 1000, (thread_time() - used) * 1000


if __name__ == "__main__":
    main(sys.argv[1:])

"""Tasks that run side by side while they wait.

@module async
@description Async tasks: spawn, spawn_interval, await, cancel
@keywords async, asynchronous, task, coroutine, concurrent, spawn, interval
@quickref async.spawn(fn) -> handle | Start a task; handle:await() gives a table of its results, handle:cancel() ends it
@quickref async.spawn_interval(seconds, fn) -> handle | Call fn every so many seconds until handle:cancel()
@quickref async.all(functions) -> [value] | Run all at once; the first results in order, or the first error
@quickref async.race(functions) -> ... | Results of the first that ends; the others are cancelled
@quickref async.map(items, fn, opts?) -> [value] | fn(item, index) for each item; opts: {concurrency = 10}
@quickref async.timeout(seconds, fn) -> ... | Results of fn, or an error once the seconds have passed
@quickref async.semaphore(n) -> semaphore | At most n holders: s:with(fn, ...), s:acquire(), s:release()
"""

from __future__ import annotations

from assay_shell.runtime.declare import Builtin, read
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.waits import Ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.scheduler import Task
    from assay_shell.runtime.values import Function, Table, Value
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    """Add the group; its functions are Lua, what they wait on is here."""
    for name, builtin in _HELPERS.items():
        runtime.lend(name, builtin)
    runtime.define_lua("async", runtime.include("async"))


def spawn(runtime: Runtime, fn: Function, *args: Value) -> int:
    """Start a task; its id."""
    return runtime.scheduler.spawn(fn.raw, *map(runtime.border.to_lua, args)).id


def join(runtime: Runtime, number: int) -> Ended | str:
    """Wait for a task: `done`, `failed` or `stopped`."""
    task = _task(runtime, number)
    if task is None:
        return "stopped"
    task.awaited = True
    return Ended(task) if task.state == "running" else task.state


async def join_within(runtime: Runtime, number: int, seconds: float) -> bool:
    """Wait for a task at most *seconds*; whether it has ended."""
    import asyncio

    task = _task(runtime, number)
    if task is None:
        return True
    try:
        async with asyncio.timeout(seconds):
            await runtime.scheduler.finished(task)
    except TimeoutError:
        return False
    return True


async def first(runtime: Runtime, ids: Table) -> int:
    """The id of the task that ends first."""
    return await _first_of(runtime, ids, lambda task: True)


async def first_failure(runtime: Runtime, ids: Table) -> int:
    """The id of the first task that does not end well; 0 when all do."""
    return await _first_of(runtime, ids, lambda task: task.state != "done")


async def _first_of(runtime: Runtime, ids: Table, wanted: Callable[[Task], bool]) -> int:
    """Id of the task that first ends as *wanted*; 0 when all have ended otherwise."""
    import asyncio

    tasks = [task for _, number in ids.items() if (task := _task(runtime, number)) is not None]
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    left = len(tasks)

    def note(task: Task) -> None:
        nonlocal left
        left -= 1
        if future.done():
            return
        if wanted(task):
            future.set_result(task.id)
        elif left == 0:
            future.set_result(0)

    for task in tasks:
        task.awaited = True
        if task.state == "running":
            task.waiters.append(lambda task=task: note(task))  # type: ignore[misc]
        else:
            note(task)
    return await future if tasks else 0


def cancel(runtime: Runtime, number: int) -> None:
    """Stop a task; harmless when it has ended."""
    task = _task(runtime, number)
    if task is not None:
        task.awaited = True
        runtime.scheduler.cancel(task)


def stop_interval(runtime: Runtime, number: int) -> None:
    """Stop an interval that sleeps; one whose callback is at work ends by itself after it."""
    task = _task(runtime, number)
    if task is not None and number in _sleeping(runtime):
        runtime.scheduler.cancel(task)


def forget(runtime: Runtime, number: int) -> None:
    """Drop what is kept of a task that has been joined."""
    task = _task(runtime, number)
    if task is not None and task.state != "running":
        runtime.scheduler.forget(task)


def detach(runtime: Runtime, number: int) -> None:
    """Nobody can await that task any more: keep nothing of it once it has ended."""
    task = _task(runtime, number)
    if task is not None:
        runtime.scheduler.detach(task)


def interval(seconds: float) -> float:
    """Check the period of an interval."""
    if not seconds > 0:
        raise BuiltinError("async.spawn_interval", "interval must be positive")
    return seconds


def seconds(value: float) -> float:
    """Check a time limit."""
    if not 0 <= value < float("inf"):
        raise BuiltinError("async.timeout", f"seconds must not be negative, got {value:g}")
    return value


def now() -> float:
    """The clock that intervals go by, in seconds."""
    from time import monotonic

    return monotonic()


async def sleep_until(runtime: Runtime, number: int, due: float) -> None:
    """Wait, in task *number*, for a moment of that clock; one that has passed is due at once."""
    import asyncio

    sleeping = _sleeping(runtime)
    sleeping.add(number)
    try:
        await asyncio.sleep(max(0.0, due - now()))
    finally:
        sleeping.discard(number)


def log_error(runtime: Runtime, message: str) -> None:
    """Log at level error."""
    runtime.log("error", message)


async def wait_signal(runtime: Runtime, key: Table) -> None:
    """Wait for `signal` on the same table, unless it has a place by now: a wait begins a moment after its call."""
    import asyncio

    if key.raw["free"] > 0:
        return
    future = asyncio.get_running_loop().create_future()
    signals = runtime.resources.setdefault("signals", {})
    name = str(key.raw)
    queue = signals.setdefault(name, [])
    queue.append(future)
    try:
        await future
    except asyncio.CancelledError:
        if future.done() and not future.cancelled():
            signal(runtime, key)  # it came to a task that is going away: the next one gets it
        raise
    finally:
        if future in queue:
            queue.remove(future)
        if not queue:
            signals.pop(name, None)


def signal(runtime: Runtime, key: Table) -> None:
    """Wake the task that has waited longest for that table."""
    queue: list[Any] = runtime.resources.get("signals", {}).get(str(key.raw), [])
    while queue:
        future = queue.pop(0)
        if not future.done():
            future.set_result(None)
            return


def _task(runtime: Runtime, number: int) -> Task | None:
    return runtime.scheduler.task(number)


def _sleeping(runtime: Runtime) -> set[int]:
    found: set[int] = runtime.resources.setdefault("sleeping intervals", set())
    return found


def map_concurrency(runtime: Runtime, options: Table | None) -> Value:
    """How many calls `async.map` makes at once, as the script gave it."""
    from assay_shell.runtime.options import Options

    given: Value = Options("async.map", concurrency="Value").read(runtime, options).get("concurrency", 10)
    return given


_HELPERS: dict[str, Builtin] = {
    function.__name__: read(function)
    for function in (
        spawn, join, join_within, first, first_failure, cancel, stop_interval, forget, detach,
        interval, seconds, now, sleep_until, log_error, map_concurrency, wait_signal, signal,
    )
}  # fmt: skip

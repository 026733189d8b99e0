"""Lua coroutines on asyncio.

Each task is one Lua coroutine. It runs until it ends or a builtin in it has to wait; the wait is an asyncio
awaitable whose outcome resumes it. A script that never waits never imports asyncio: the main task is stepped
directly, and the event loop comes into being with the first wait.
"""

from __future__ import annotations

from _thread import allocate_lock

from assay_shell.runtime.errors import BuiltinError, Interrupted
from assay_shell.runtime.loop import EventLoop
from assay_shell.runtime.waits import Ended, Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine
    from typing import Any, TypeAlias

    from assay_shell.runtime.values import Function
    from assay_shell.runtime.vm import Runtime

    Wait: TypeAlias = Coroutine[Any, Any, Any] | Timer | Ended

_UNREPORTED_AFTER = 1.0
"""Seconds until the failure of a task that nobody awaits is logged."""

_DONE = (True,)
_STOP = (False, None, "stop")
"""What a wait answers when its task has to unwind."""

_CANCEL_GRACE = 5.0
"""Seconds that cancelled tasks get for their clean-up when the script ends."""

_IDLE_WORKERS = 256
"""Coroutines kept for the next tasks of `run_now`."""


class Task:
    """A running Lua coroutine. *state* is `running`, `done`, `failed` or `stopped`."""

    __slots__ = (
        "awaited", "cancelled", "context", "detached", "due_stop",
        "id", "pending", "pointer", "started", "state", "waiters",
    )  # fmt: skip

    def __init__(self, number: int) -> None:
        self.id = number
        self.pointer = 0
        self.state = "running"
        self.pending: asyncio.Future[Any] | asyncio.TimerHandle | None = None
        self.waiters: list[Callable[[], None]] = []
        self.awaited = False
        self.started = False
        self.cancelled = False
        """Whether somebody asked for its end, rather than an interrupt of the whole script."""
        self.due_stop = False
        """Whether its next wait must be answered with a stop."""
        self.detached = False
        self.context: Any = None
        """What the task works for, where a group has use for that."""


class Scheduler:
    """Runs the tasks of one VM, on an event loop of its own or on the one that is running."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._tasks: dict[int, Task] = {}
        self._ready: list[Task] = []
        self._counter = 0
        self._wait: tuple[str, Wait] | None = None
        self.events = EventLoop(self._start_ready)
        self._mains: list[Task] = []
        self._workers: list[Task] = []
        self._run_lua: Callable[..., Any]
        self._resume_lua: Callable[..., Any]
        self.before_end: list[Callable[[], Coroutine[Any, Any, Any]]] = []
        """Awaited before the tasks that are left are cancelled."""
        self.current: Task | None = None
        self.lock = allocate_lock()
        """Held by the interrupter while it sets hooks, and while a task is left meanwhile."""
        self.disarm: Callable[[], None] | None = None
        """Takes the interrupter's hooks off again: a coroutine that has ended must not be touched. None while nobody
        interrupts, so that leaving a task costs nothing."""
        self.in_builtin = False
        """Whether a builtin that does not wait is at work; a signal handler may then raise."""

    # Called by builtins ----------------------------------------------------------------------------------

    def use(self, driver: dict[str, Any]) -> None:
        """Run tasks by the functions of the VM's Lua side."""
        self._run_lua, self._resume_lua = driver["run"], driver["step"]

    def wait_for(self, name: str, wait: Wait) -> tuple[None]:
        """Note what the running task waits for; the answer makes Lua yield."""
        self._wait = (name, wait)
        return (None,)

    def abandon(self) -> str:
        """Drop the noted wait, because Lua cannot yield here; the name of the builtin."""
        assert self._wait is not None
        name, wait = self._wait
        self._wait = None
        wait.close()
        return name

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop; made on first use."""
        return self.events.get()

    def _start_ready(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start what was spawned before there was a loop."""
        ready, self._ready = self._ready, []
        for task in ready:
            loop.call_soon(self._step, task)

    def spawn(self, function: Any, *args: Any) -> Task:
        """A new task of the raw Lua *function*; it starts at the next wait of the running one."""
        task = self._new_task(function, *args)
        if self.events.exists:
            self.loop.call_soon(self._step, task)
        else:
            self._ready.append(task)
        return task

    async def call(self, function: Function, *args: object) -> list[Any]:
        """Run *function* as a task and give its results as Values."""
        border = self._runtime.border
        task = self.spawn(function.raw, *map(border.to_lua, args))
        task.awaited = True
        try:
            await self.finished(task)
            if task.state != "done":
                raise self._runtime.task_error(task)
            return [border.to_python(raw) for raw in self._runtime.task_results(task)]
        finally:
            if task.state == "running":
                self.cancel(task)
                await self.finished(task)
            self.forget(task)

    def run_now(self, context: object, function: Any, *args: Any) -> tuple[Any, ...] | Task:
        """Run the raw Lua *function* at once, on the loop's thread, as a task that works for *context*.

        Its results, after the word `done`, where it ended well without waiting. Otherwise the task, which still
        waits or has failed; hand it to `release` when it has ended.
        """
        workers = self._workers
        task = workers.pop() if workers else self._new_worker()
        task.context = context
        previous, self.current = self.current, task
        try:
            answer = self._run_lua(task.id, function, *args)
        except MemoryError:
            answer = self._spoil(task)
        finally:
            self.current = previous
            if self.disarm is not None:
                self._disarm()
        if type(answer) is tuple or answer == "done":
            task.context = None
            task.due_stop = task.cancelled = False
            workers.append(task)
            return answer if type(answer) is tuple else ("done",)
        self._keep_running(task, answer)
        return task

    def _keep_running(self, task: Task, outcome: str) -> None:
        """Note that a task of `run_now` waits or has failed."""
        task.started = task.awaited = True
        self._tasks[task.id] = task
        if outcome == "wait":
            self._start_wait(task)
        else:
            self._end(task, outcome)

    def release(self, task: Task) -> None:
        """Take back an ended task of `run_now`: its coroutine is used again."""
        del self._tasks[task.id]
        if len(self._workers) < _IDLE_WORKERS and self._runtime.driver["reusable"](task.id):
            worker = Task(task.id)
            worker.pointer = task.pointer
            self._workers.append(worker)
        else:
            self._runtime.driver["forget"](task.id)

    async def finished(self, task: Task) -> None:
        """Wait until *task* has ended, however it ends."""
        await self._end_of(task)

    def _end_of(self, task: Task) -> asyncio.Future[str]:
        """A future of the state in which *task* ends."""
        task.awaited = True
        future: asyncio.Future[str] = self.loop.create_future()

        def wake() -> None:
            if not future.done():
                future.set_result(task.state)

        if task.state == "running":
            task.waiters.append(wake)
        else:
            wake()
        return future

    def cancel(self, task: Task) -> bool:
        """Stop *task*: at once where it waits, at its next wait otherwise. Whether it was waiting."""
        if task.state != "running":
            return False
        task.cancelled = True
        pending = task.pending
        if pending is not None and not hasattr(pending, "add_done_callback"):  # a timer, which tells nobody
            pending.cancel()
            task.pending = None
            self.loop.call_soon(self._step, task, *_STOP)
            return True
        task.due_stop = True  # also beside a wait: it may just have ended, or end in another way all the same
        return pending is not None and bool(pending.cancel())

    def forget(self, task: Task) -> None:
        """Drop what is kept of an ended task."""
        self._tasks.pop(task.id, None)
        self._runtime.driver["forget"](task.id)

    def detach(self, task: Task) -> None:
        """Nobody holds the task any more: report it if it failed, and keep nothing of it once it has ended."""
        task.detached = True
        if task.state != "running":
            self._report(task)
            self.forget(task)

    def task(self, number: int) -> Task | None:
        """The task with that id while anything is known of it."""
        return self._tasks.get(number)

    # Running ---------------------------------------------------------------------------------------------

    def run_main(self, function: Any, *args: Any) -> Task:
        """Run a main chunk to its end; waits are served by a loop of our own."""
        task = self._new_main(function, *args)
        self._step(task)
        if task.state == "running":
            self.events.complete(self.finished(task))
        self._mains.remove(task)
        return task

    async def run_main_async(self, function: Any, *args: Any) -> Task:
        """The same on the loop that is running; cancelling it cancels the chunk."""
        task = self._new_main(function, *args)
        _ = self.loop
        self._step(task)
        try:
            await self.finished(task)
        except BaseException:
            self.cancel(task)
            await self.finished(task)
            raise
        finally:
            self._mains.remove(task)
        return task

    @property
    def busy(self) -> bool:
        """Whether a main chunk has been started and has not ended."""
        return any(task.state == "running" for task in self._mains)

    @property
    def alone(self) -> bool:
        """Whether no other task could run while the current one waits; a server could start one at any time."""
        if self.before_end:
            return False
        tasks, current = self._tasks, self.current
        return not tasks or (len(tasks) == 1 and current is not None and current.id in tasks)

    def is_main(self, task: Task) -> bool:
        """Whether *task* runs a main chunk, rather than being spawned or called by one."""
        return task in self._mains

    def served(self) -> Task | None:
        """The task whose wait the running asyncio task is; None outside of one."""
        from asyncio import current_task

        running = current_task()
        return next((task for task in self._tasks.values() if task.pending is running), None)

    def cancel_main(self) -> bool:
        """Cancel the wait of the main chunk, on the loop's thread; whether there was one."""
        waited = [self.cancel(task) for task in self._mains if task is not self.current]
        return any(waited)

    def end(self) -> None:
        """Cancel every task that is left, let its clean-up run, and report what failed unseen."""
        if self.events.idle:
            self.events.complete(self.end_async())
        elif not self.events.exists:
            for task in self._running():
                self._end(task, "stopped")
        for task in list(self._tasks.values()):
            self._report(task)

    async def end_async(self) -> None:
        """The same on the running loop."""
        for prepare in list(self.before_end):
            await prepare()
        await self._cancel_all(self._running())

    def _running(self) -> list[Task]:
        return [task for task in self._tasks.values() if task.state == "running"]

    async def _cancel_all(self, tasks: list[Task]) -> None:
        import asyncio

        for task in tasks:
            self.cancel(task)
        waits = [asyncio.ensure_future(self.finished(task)) for task in tasks]
        if waits:
            _, late = await asyncio.wait(waits, timeout=_CANCEL_GRACE)
            for wait in late:
                wait.cancel()

    def _new_main(self, function: Any, *args: Any) -> Task:
        task = self._new_task(function, *args)
        task.awaited = True
        self._mains.append(task)
        return task

    def _new_worker(self) -> Task:
        self._counter += 1
        task = Task(self._counter)
        task.pointer = int(self._runtime.driver["worker"](task.id), 16)
        return task

    def _new_task(self, function: Any, *args: Any) -> Task:
        self._counter += 1
        task = Task(self._counter)
        task.pointer = int(self._runtime.driver["start"](task.id, function, *args), 16)
        self._tasks[task.id] = task
        return task

    def _step(self, task: Task, *answer: Any) -> None:
        """Run *task* until it waits or ends. *answer* is what its wait gave."""
        if task.state != "running":
            return
        task.pending = None
        if task.due_stop and not task.started:
            self._runtime.driver["spoil"](task.id)
            self._end(task, "stopped")
            return
        task.started = True
        previous, self.current = self.current, task
        try:
            outcome = self._resume_lua(task.id, *answer)
        except MemoryError:
            outcome = self._spoil(task)
        finally:
            self.current = previous
            if self.disarm is not None:
                self._disarm()
        if outcome == "wait":
            self._start_wait(task)
        else:
            self._end(task, outcome)

    def _spoil(self, task: Task) -> str:
        """The VM had no memory left for what a task was given, or wanted to give."""
        self._runtime.driver["spoil"](task.id, "not enough memory")
        return "failed"

    def _disarm(self) -> None:
        with self.lock:
            if self.disarm is not None:
                self.disarm()

    def _start_wait(self, task: Task) -> None:
        assert self._wait is not None
        name, wait = self._wait
        self._wait = None
        loop = self.events.get()
        if task.due_stop:
            task.due_stop = False
            wait.close()
            task.pending = loop.call_later(0, self._step, task, *_STOP)
            return
        if isinstance(wait, Timer):
            task.pending = loop.call_later(wait.seconds, self._step, task, *_DONE)
            return
        pending = self._end_of(wait.task) if isinstance(wait, Ended) else loop.create_task(wait)
        task.pending = pending
        pending.add_done_callback(lambda ended: self._resume(task, name, ended))

    def _resume(self, task: Task, name: str, ended: asyncio.Future[Any]) -> None:
        if ended.cancelled():
            task.due_stop = False
            self._step(task, *_STOP)
            return
        exc = ended.exception()
        if exc is not None:
            self._step(task, *self._runtime.failure(name, exc))
            return
        try:
            results = self._runtime.border.results(ended.result())
        except (BuiltinError, TypeError) as error:
            self._step(task, *self._runtime.failure(name, error))
            return
        self._step(task, *_DONE, *results)

    def _end(self, task: Task, state: str) -> None:
        task.state = state
        if state == "stopped" and not task.cancelled and task not in self._mains:
            self.cancel_main()  # an interrupt means the script, not just the task that happened to run
        waiters, task.waiters = task.waiters, []
        for wake in waiters:
            wake()
        if task.detached:
            self._report(task)
            self.forget(task)
        elif state == "failed" and not task.awaited:
            self.loop.call_later(_UNREPORTED_AFTER, self._report, task)

    def _report(self, task: Task) -> None:
        """Log the failure of a task that nobody has awaited, once."""
        if task.state != "failed" or task.awaited:
            return
        task.awaited = True
        error = self._runtime.task_error(task)
        if not isinstance(error, Interrupted):
            self._runtime.log("warn", f"async.spawn: a task that nobody awaits failed: {error}")

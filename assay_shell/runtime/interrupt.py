"""Stopping a script from outside: busy Lua, a wait, or a builtin at work.

Python signal handlers cannot run while Lua does, so a watcher thread does the work. lupa's extension exports
the Lua C API and Lua runs without the GIL: the watcher sets a count hook on the running coroutine whose hook
function is `luaL_error` itself. The next instruction raises, the core's message handler takes the hook off
again (`hook_fired`), and nothing is paid before. A coroutine whose hook does not fire is not executing: it is
inside a C call, most likely a `coroutine.resume`, whose first argument is the coroutine to try next.
"""

from __future__ import annotations

from _thread import get_ident, start_new_thread
from time import monotonic, sleep

from assay_shell.runtime.errors import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.vm import Runtime

_COUNT_EVENT = 1 << 3
_STOP_COLLECTOR, _RESTART_COLLECTOR, _COLLECTOR_RUNS = 0, 1, 6
_SLOT = 16  # bytes of a slot on the stack
_HIGHEST_OFFSET = 1_000_200 * _SLOT  # Lua's largest stack
_OFFSET_OF_TYPE, _TYPE_OF_COROUTINE, _COLLECTED = 8, 8, 0x40  # in slots, and in the header of collected objects
_FIRE_WITHIN = 0.003
_SIGINT, _SIGTERM = 2, 15

_ONE_PRESS = 0.02
"""Seconds within which two signals count as one: some supervisors and terminals send theirs twice."""


class LuaHooks:
    """The three functions of the Lua C API that this needs, called while the GIL is held."""

    def __init__(self) -> None:
        import ctypes

        import lupa.lua55

        library = ctypes.PyDLL(lupa.lua55.__file__)
        self._set = library.lua_sethook
        self._set.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
        self._set.restype = None
        self._count = library.lua_gettop
        self._count.argtypes = [ctypes.c_void_p]
        self._innermost = library.lua_getstack
        self._innermost.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
        self._record = (ctypes.c_size_t * 64)()
        self._word_at = ctypes.c_size_t.from_address
        self._byte_at = ctypes.c_ubyte.from_address
        self._raise = ctypes.cast(library.luaL_error, ctypes.c_void_p)
        self._collector = library.lua_gc
        self._collector.argtypes = [ctypes.c_void_p, ctypes.c_int]

    def arm(self, state: int) -> None:
        """Make the next instruction of that Lua state raise."""
        self._set(state, self._raise, _COUNT_EVENT, 1)

    def disarm(self, state: int) -> None:
        """Take the hook off."""
        self._set(state, None, 0, 0)

    def stop_collector(self, state: int) -> bool:
        """Have no more coroutines freed; False when the script has the collector stopped itself."""
        running = bool(self._collector(state, _COLLECTOR_RUNS))
        if running:
            self._collector(state, _STOP_COLLECTOR)
        return running

    def restart_collector(self, state: int) -> None:
        """Undo it, on the thread that runs Lua."""
        self._collector(state, _RESTART_COLLECTOR)

    def resumed_by(self, state: int) -> int | None:
        """The coroutine that the C call on top of *state* seems to have been given, None where there is none.

        *state* may run after all, so no function of Lua's may look at its stack: that has all addresses replaced by
        offsets while it moves, with Lua waiting for the GIL to get the memory for it. What we read stays where it is,
        since we hold the GIL; what it says may have changed half: see `is_coroutine`.
        """
        if not self._innermost(state, 0, self._record):
            return None
        call = next(filter(None, self._record), 0)  # all that `lua_getstack` sets; its first word: the function's slot
        slot = self._word_at(call).value if call else 0
        if slot <= _HIGHEST_OFFSET or self._count(state) < 1:
            return None
        first = slot + _SLOT
        if self._byte_at(first + _OFFSET_OF_TYPE).value != _TYPE_OF_COROUTINE | _COLLECTED:
            return None
        found: int = self._word_at(first).value
        return found

    def is_coroutine(self, found: int) -> bool:
        """Whether the object at that address, which the collector has not freed, is a coroutine."""
        return bool(self._byte_at(found + _OFFSET_OF_TYPE).value == _TYPE_OF_COROUTINE)


class Interrupter:
    """Stops the scripts of one runtime; `fire` may be called from any thread.

    With *count_hook* busy Lua looks for the interrupt itself, at about twice the cost of every loop: for
    platforms whose lupa does not export the Lua C API.
    """

    def __init__(self, runtime: Runtime, *, count_hook: bool) -> None:
        self._runtime = runtime
        self.count_hook = count_hook
        self._wanted = False
        self._hooks: LuaHooks | None = None
        self._armed: list[int] = []
        self._uncollected: int | None = None
        self._seen: int | None = None
        self._fired = False
        self.nudge: Callable[[], None] = _leave_alone
        """Breaks the script's thread out of a system call: a read of Lua's own would keep it from the hook."""

    def prepare(self) -> None:
        """Load now what the first `fire` would otherwise have to."""
        if self._hooks is None and not self.count_hook:
            self._hooks = LuaHooks()

    def hook_fired(self) -> None:
        """Called from Lua when the hook has raised: take all hooks off, so that clean-up can run."""
        self._fired = True
        self._wanted = False
        self._disarm()

    def _disarm(self) -> None:
        """Take all hooks off; also when a task is left before its hook has raised: its coroutines may go away."""
        armed, self._armed = self._armed, []
        if self._hooks is not None:
            for state in armed:
                self._hooks.disarm(state)
            held, self._uncollected = self._uncollected, None
            if held is not None:
                self._hooks.restart_collector(held)

    def interrupted(self) -> bool:
        """Asked by the count hook."""
        return self._wanted

    def fire(self, patience: float = 0.0) -> bool:
        """Stop what runs now. True when busy Lua has stopped or a wait was cancelled, False when nothing ran.

        A task that works for somebody else, such as a request, gets *patience* seconds to come to an end or to a
        wait: until then only the main chunk's wait is cancelled.
        """
        if not self._anything_runs():
            return False
        scheduler = self._runtime.scheduler
        self._fired = False
        scheduler.disarm = self._disarm
        try:
            self._fire_until_hit(patience)
        finally:
            with scheduler.lock:
                self._wanted = False
                self._disarm()
                scheduler.disarm = None
        return True

    def _fire_until_hit(self, patience: float) -> None:
        scheduler = self._runtime.scheduler
        before, state, since = None, None, monotonic()
        while self._anything_runs() and not self._fired:
            with scheduler.lock:
                task = scheduler.current
                if task is not before:  # coroutines of the other one may be gone
                    before, state = task, None
                spared = task is None or (task.context is not None and monotonic() - since < patience)
                self._wanted = self.count_hook and not spared
                if task is not None and not spared and not self.count_hook:
                    state = self._descend(state, task.pointer)
            if spared and scheduler.events.exists:
                scheduler.loop.call_soon_threadsafe(self._cancel_wait)
            sleep(_FIRE_WITHIN)
            if not spared and not self._fired:
                self.nudge()

    def _anything_runs(self) -> bool:
        """Whether a main chunk runs, or a task that came from outside is busy."""
        scheduler = self._runtime.scheduler
        return scheduler.busy or scheduler.current is not None

    def _cancel_wait(self) -> None:
        """On the loop's thread: cancel the main chunk's wait, unless the hook or an earlier call was first."""
        if not self._fired:
            self._fired = self._runtime.scheduler.cancel_main()

    def _descend(self, previous: int | None, task_state: int) -> int:
        """Arm the task's coroutine first, then the one that its resume call is busy with, and so on.

        The task's own is held by the core. All others may die and be freed while we look at them, so the collector
        stands still from the first on; what it was doing then has ended when we come to the second.
        """
        if self._hooks is None:
            self._hooks = LuaHooks()
        hooks = self._hooks
        if self._uncollected is None and hooks.stop_collector(task_state):
            self._uncollected = task_state
        if previous is None or not self._armed:  # what was found before the task was left may be gone
            state, self._seen = task_state, None
        else:
            state = self._below(hooks, previous) or previous
        self._armed.append(state)
        hooks.arm(state)
        return state

    def _below(self, hooks: LuaHooks, state: int) -> int | None:
        """The coroutine that *state* waits for: what stood there twice, for a value that changes can be read half."""
        found, before = hooks.resumed_by(state), self._seen
        self._seen = found
        if found is None or found != before or found in self._armed or not hooks.is_coroutine(found):
            return None
        self._seen = None
        return found


def _leave_alone(*_: object) -> None:
    pass


class SignalWatch:
    """SIGINT and SIGTERM while a script runs on the main thread.

    *stop* is called on the watcher thread with the exit code; a second signal before the script has ended calls
    *kill*, which must not return.
    """

    def __init__(self, runtime: Runtime, stop: Callable[[int], None], kill: Callable[[int], None]) -> None:
        self._runtime = runtime
        self._stop = stop
        self._kill = kill
        self._before: list[tuple[int, Any]] = []
        self._pipe: tuple[int, int] = (-1, -1)
        self._code = 0

    def __enter__(self) -> SignalWatch:
        import _signal  # type: ignore[import-not-found] # what `signal` wraps, without its enums
        import os

        self._pipe = os.pipe()
        for end in self._pipe:
            os.set_blocking(end, end == self._pipe[0])
        self._wakeup = _signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        for number in (_signal.SIGINT, _signal.SIGTERM):
            self._before.append((number, _signal.signal(number, self._on_signal)))
        if _signal.getsignal(_signal.SIGURG) is _signal.SIG_DFL:  # sent by nobody else, and ignored unless handled
            self._before.append((_signal.SIGURG, _signal.signal(_signal.SIGURG, _leave_alone)))
            thread = get_ident()
            self._runtime.interrupter.nudge = lambda: _signal.pthread_kill(thread, _signal.SIGURG)
        self._runtime.scheduler.events.at_start = self._take_signals
        start_new_thread(self._watch, (self._pipe[0],))
        return self

    def __exit__(self, *exc: object) -> None:
        import _signal
        import os

        self._runtime.scheduler.events.at_start = None
        self._runtime.interrupter.nudge = _leave_alone
        for number, handler in self._before:
            _signal.signal(number, handler)
        _signal.set_wakeup_fd(self._wakeup)
        os.close(self._pipe[1])  # the watcher reads the end of file, closes its side and ends

    def check(self) -> None:
        """For a script that has come to its end: a signal that ended its last read was meant for it all the same.

        Raises:
            Interrupted: there was one.
        """
        if self._code:
            raise Interrupted(self._code)

    def _take_signals(self) -> bool:
        """Have signals written to our pipe; whether they were. An event loop that starts takes them for itself."""
        import _signal

        ours = self._pipe[1]
        return bool(_signal.set_wakeup_fd(ours, warn_on_full_buffer=False) == ours)

    def _on_signal(self, number: int, frame: object) -> None:
        """Break a blocking builtin out of its system call; everything else is the watcher's work."""
        self._code = self._code or 128 + number
        if not self._take_signals():
            import os

            os.write(self._pipe[1], bytes((number,)))
        scheduler = self._runtime.scheduler
        task = scheduler.current
        spared = number == _SIGTERM and task is not None and task.context is not None
        if scheduler.in_builtin and not spared:  # SIGTERM lets requests finish
            scheduler.in_builtin = False
            self._runtime.note_stop(Interrupted(128 + number))
            raise KeyboardInterrupt

    def _watch(self, pipe: int) -> None:
        import os

        stopped: float | None = None
        while byte := os.read(pipe, 1):
            code = 128 + byte[0]
            if byte[0] not in (_SIGINT, _SIGTERM):
                continue
            if stopped is None:
                stopped = monotonic()
                start_new_thread(self._stop, (code,))
            elif monotonic() - stopped > _ONE_PRESS:
                self._kill(code)
        os.close(pipe)

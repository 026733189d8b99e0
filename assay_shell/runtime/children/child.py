"""One child process: when it ends, how it is stopped with all it started, what it answered."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from contextlib import suppress

from assay_shell.runtime.children.members import descendants, is_running, session_members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_LOOK, _LONGEST_LOOK = 0.005, 0.05  # seconds between two looks at what is still running
_PATIENCE = 1.0  # seconds a killed process gets to vanish; only one stuck in the kernel takes longer
_KILL_ROUNDS = 3  # a process may fork between being found and being killed


class Child:
    """A running child process.

    `process` has the pipes that were asked for (unbuffered, not blocking). With a session of its own the child can
    be stopped with everything it started; without one it keeps the terminal, as an editor or a pager needs.
    Until it is collected an ended child stays a zombie, so that its number cannot be given to anybody else
    while signals may still be sent to it.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        *,
        own_session: bool,
        on_collected: Callable[[Child], None],
        open_exit: Callable[[int], int],
    ) -> None:
        self.process = process
        self._own_session = own_session
        self._on_collected = on_collected
        self._open_exit = open_exit
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._exit_descriptor = -1
        self._collected = False
        self._let_go_uncollected = False

    @property
    def pid(self) -> int:
        """The number of the process; also of its session and group where it has its own."""
        return self.process.pid

    @property
    def collected(self) -> bool:
        """Whether the child is over and done with: nothing may be sent to its number any more."""
        return self._collected

    @property
    def runs(self) -> bool:
        """Whether the child, or anything else in its session, still runs."""
        if self._own_session:
            return bool(session_members(self.pid))
        return is_running(self.pid)

    async def ended(self) -> None:
        """Wait until the child itself has ended; what it started may still run."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._watch(self._loop)
        await self._ended.wait()

    async def stop(self, grace: float) -> None:
        """End the child and all it started: politely, and after *grace* seconds by force.

        Returns as soon as nothing of it runs any more, with the child collected; at once if it is already.
        """
        if self._collected:
            return
        try:
            self.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self.ended()
                    await self._all_ended()
        finally:
            self.kill()

    def terminate(self) -> None:
        """Ask the child and all it started to end, and return without waiting."""
        if not self._collected:
            self._signal(signal.SIGTERM)
            self._signal(signal.SIGCONT)  # a stopped process would not hear the first one

    def kill(self) -> None:
        """End the child and all it started by force, and collect the child; blocks for some milliseconds at most.

        A child that is stuck in the kernel, or belongs to another user, stays uncollected.
        """
        if self._collected:
            return
        self._signal(signal.SIGKILL)
        for _ in range(_KILL_ROUNDS):
            if not self._own_session or not session_members(self.pid):
                break
            self._signal(signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE)
            self._collected = True
        self._let_go()

    def collect(self) -> int:
        """Return the exit code of a child that has ended, or minus the signal's number; waits for one that runs."""
        status = self.process.wait()
        self._collected = True
        self._let_go()
        return status

    def collect_if_stuck(self) -> None:
        """Collect a child that could not be when it was killed, if it has ended by now."""
        if self._let_go_uncollected and self.process.poll() is not None:
            self._collected = True
            self._on_collected(self)

    def close_pipes(self) -> None:
        """Close our ends of the pipes."""
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _let_go(self) -> None:
        self._unwatch()
        self._ended.set()
        self._let_go_uncollected = not self._collected
        if self._collected:
            self._on_collected(self)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._collected:
            self._ended.set()
            return
        self._exit_descriptor = self._open_exit(self.pid)
        if self._exit_descriptor >= 0:
            loop.add_reader(self._exit_descriptor, self._on_exit)
        else:
            threading.Thread(target=self._wait_in_thread, args=(loop,), daemon=True).start()

    def _on_exit(self) -> None:
        self._unwatch()
        self._ended.set()

    def _unwatch(self) -> None:
        if self._exit_descriptor < 0:
            return
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._exit_descriptor)
        os.close(self._exit_descriptor)
        self._exit_descriptor = -1

    def _wait_in_thread(self, loop: asyncio.AbstractEventLoop) -> None:
        _wait_uncollected(self.process)
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(self._ended.set)

    async def _all_ended(self) -> None:
        pause = _FIRST_LOOK
        while self._own_session and session_members(self.pid):
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_LOOK)

    def _signal(self, number: int) -> None:
        """Send a signal to the child and all it started; each gets it once."""
        if not self._own_session:
            targets = {*descendants(self.pid), self.pid}
        else:
            _send(os.killpg, self.pid, number)
            targets = {pid for pid in session_members(self.pid) if _group_of(pid) != self.pid}
        for pid in targets:
            _send(os.kill, pid, number)


def _send(send: Callable[[int, int], None], target: int, number: int) -> None:
    # Gone in between, or of another user (sudo): neither can be helped, and the call goes on without them.
    with suppress(ProcessLookupError, PermissionError):
        send(target, number)


def _group_of(pid: int) -> int:
    with suppress(OSError):
        return os.getpgid(pid)
    return -1


def _wait_uncollected(process: subprocess.Popen[bytes]) -> None:
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        process.wait()
        return
    with suppress(ChildProcessError):  # somebody collected it
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

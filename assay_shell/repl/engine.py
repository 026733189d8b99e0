"""The thread where the VM lives. The terminal's thread never waits for Lua: it stays able to draw and to stop it.

Everything that touches a Lua value (running, completing, drawing a view) happens there; what crosses are texts and
plain data.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from assay_shell.runtime.errors import AssayError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, TypeVar

    from assay_shell.session.workspace import Workspace

    Answer = TypeVar("Answer")

_AGAIN = 0.02


class Engine:
    """Makes a workspace on a thread of its own, and runs there what it is given.

    A key press waits for a busy VM for *patience* seconds.
    """

    def __init__(self, make: Callable[[], Workspace], *, patience: float = 0.1) -> None:
        self._make = make
        self._patience = patience
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._ready: Future[Workspace] = Future()
        self._foreground: asyncio.Task[Any] | None = None
        self._thread = threading.Thread(target=self._live, name="assay-vm", daemon=True)

    def start(self) -> None:
        """Start the thread; the workspace comes into being on it."""
        self._thread.start()

    def replace(self) -> None:
        """Leave the thread to itself, with whatever it cannot be stopped at, and start another one."""
        self._ready = Future()
        self._foreground = None
        self._thread = threading.Thread(target=self._live, name="assay-vm", daemon=True)
        self.start()

    @property
    def workspace(self) -> Workspace:
        """The workspace; waits until it is there.

        Raises:
            AssayError: it could not be made.
        """
        return self._ready.result()

    @property
    def ready(self) -> bool:
        """Whether the workspace is there, and nobody would have to wait for it."""
        return self._ready.done() and self._ready.exception() is None

    def foreground(self, work: Callable[[Workspace], Coroutine[Any, Any, Answer]]) -> Future[Answer]:
        """Start *work*, which `interrupt` then stops."""
        answer: Future[Answer] = Future()
        workspace = self.workspace

        def start() -> None:
            task = asyncio.get_running_loop().create_task(work(workspace))
            self._foreground = task
            task.add_done_callback(ended)

        def ended(task: asyncio.Task[Answer]) -> None:
            if self._foreground is task:
                self._foreground = None
            if not answer.set_running_or_notify_cancel():
                return
            if task.cancelled():
                answer.set_exception(asyncio.CancelledError())
            elif (error := task.exception()) is not None:
                answer.set_exception(error)
            else:
                answer.set_result(task.result())

        self._loop.call_soon_threadsafe(start)
        return answer

    def background(self, work: Callable[[Workspace], Coroutine[Any, Any, Answer]]) -> Future[Answer]:
        """Start *work*, which an interrupt leaves alone."""
        return asyncio.run_coroutine_threadsafe(work(self.workspace), self._await_loop())

    def ask(self, work: Callable[[Workspace], Answer]) -> Future[Answer]:
        """Have *work* done between other things: it must be short and run no script."""

        async def done() -> Answer:
            return work(self.workspace)

        return asyncio.run_coroutine_threadsafe(done(), self._await_loop())

    def ask_quickly(self, work: Callable[[Workspace], Answer], otherwise: Answer) -> Answer:
        """What *work* gives; *otherwise* where the VM is too busy to answer a key press."""
        asked = self.ask(work)
        try:
            return asked.result(self._patience)
        except TimeoutError:
            asked.cancel()
            return otherwise

    def interrupt(self) -> None:
        """Stop the foreground work, wherever it is; returns at once."""
        threading.Thread(target=self._interrupt, name="assay-interrupt", daemon=True).start()

    def _interrupt(self) -> None:
        """Stop Lua where it runs, and else what waits; what is just about to begin is tried again."""
        if not self.ready:
            return
        loop, cancelled = self._loop, threading.Event()
        asked = False
        while not self.workspace.interrupt():
            if not asked:
                loop.call_soon_threadsafe(self._cancel_foreground, cancelled)
                asked = True
            if cancelled.wait(_AGAIN):
                return

    def _cancel_foreground(self, cancelled: threading.Event) -> None:
        if self._foreground is not None:
            self._foreground.cancel()
        cancelled.set()

    def close(self, patience: float = 6.0) -> bool:
        """End what runs and release what is held; False when that took longer than *patience* seconds."""
        if self.ready:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(patience)
        return not self._thread.is_alive()

    # On the thread ---------------------------------------------------------------------------------------

    def _await_loop(self) -> asyncio.AbstractEventLoop:
        _ = self.workspace
        return self._loop

    def _live(self) -> None:
        ready, loop = self._ready, asyncio.new_event_loop()
        self._loop = loop
        try:
            loop.run_until_complete(self._serve(ready))
            if ready.exception() is None:
                ready.result().close()
        finally:
            loop.close()

    async def _serve(self, ready: Future[Workspace]) -> None:
        self._stop = stop = asyncio.Event()
        try:
            workspace = self._make()
        except BaseException as error:
            ready.set_exception(error)
            if isinstance(error, AssayError):  # whoever waits for the workspace says it
                return
            raise
        ready.set_result(workspace)
        await stop.wait()
        if self._foreground is not None:
            self._foreground.cancel()
        await workspace.end()

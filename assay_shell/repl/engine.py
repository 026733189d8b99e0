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

_QUICK = 0.1
"""Seconds that a key press may wait for a busy VM."""


class Engine:
    """Makes a workspace on a thread of its own, and runs there what it is given."""

    def __init__(self, make: Callable[[], Workspace]) -> None:
        self._make = make
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._ready: Future[Workspace] = Future()
        self._foreground: asyncio.Task[Any] | None = None
        self._thread = threading.Thread(target=self._live, name="assay-vm", daemon=True)

    def start(self) -> None:
        """Start the thread; the workspace comes into being on it."""
        self._thread.start()

    @property
    def workspace(self) -> Workspace:
        """The workspace; waits until it is there.

        Raises:
            AssayError: it could not be made.
        """
        return self._ready.result()

    def foreground(self, work: Callable[[Workspace], Coroutine[Any, Any, Answer]]) -> Future[Answer]:
        """Start *work*, which `interrupt` then stops."""
        return asyncio.run_coroutine_threadsafe(self._noted(work), self._await_loop())

    async def _noted(self, work: Callable[[Workspace], Coroutine[Any, Any, Answer]]) -> Answer:
        self._foreground = asyncio.current_task()
        try:
            return await work(self.workspace)
        finally:
            self._foreground = None

    def ask(self, work: Callable[[Workspace], Answer]) -> Future[Answer]:
        """Have *work* done between other things: it must be short and run no script."""

        async def done() -> Answer:
            return work(self.workspace)

        return asyncio.run_coroutine_threadsafe(done(), self._await_loop())

    def ask_quickly(self, work: Callable[[Workspace], Answer], otherwise: Answer) -> Answer:
        """What *work* gives; *otherwise* where the VM is too busy to answer a key press."""
        asked = self.ask(work)
        try:
            return asked.result(_QUICK)
        except TimeoutError:
            asked.cancel()
            return otherwise

    def interrupt(self) -> None:
        """Stop the foreground work, wherever it is; returns at once."""
        threading.Thread(target=self._interrupt, name="assay-interrupt", daemon=True).start()

    def _interrupt(self) -> None:
        if not self._ready.done() or self._ready.exception() is not None:
            return
        if not self.workspace.interrupt():
            self._loop.call_soon_threadsafe(self._cancel_foreground)

    def _cancel_foreground(self) -> None:
        if self._foreground is not None:
            self._foreground.cancel()

    def close(self, patience: float = 6.0) -> bool:
        """End what runs and release what is held; False when that took longer than *patience* seconds."""
        if self._ready.done() and self._ready.exception() is None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(patience)
        return not self._thread.is_alive()

    # On the thread ---------------------------------------------------------------------------------------

    def _await_loop(self) -> asyncio.AbstractEventLoop:
        _ = self.workspace
        return self._loop

    def _live(self) -> None:
        self._loop = asyncio.new_event_loop()
        try:
            self._loop.run_until_complete(self._serve())
            if self._ready.exception() is None:
                self.workspace.close()
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        try:
            workspace = self._make()
        except AssayError as error:
            self._ready.set_exception(error)
            return
        self._ready.set_result(workspace)
        await self._stop.wait()
        if self._foreground is not None:
            self._foreground.cancel()
        await workspace.end()

"""Read a line, run it, show what came of it, again."""

from __future__ import annotations

import asyncio
import signal
from time import monotonic

from assay_shell.repl.drawing import Shown, draw
from assay_shell.repl.editor import Editor
from assay_shell.repl.engine import Engine
from assay_shell.repl.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Future

    from assay_shell.session.workspace import Workspace

_SPINNER_AFTER = 0.3
_SPINNER_STEP = 0.1
_FRAMES, _PLAIN_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"
_SLOW = 1.0
"""Seconds after which a result tells how long it took."""


class Shell:
    """One user at one terminal."""

    def __init__(self, engine: Engine, screen: Screen, editor: Editor) -> None:
        self._engine = engine
        self._screen = screen
        self._editor = editor
        self._presses = 0
        self._running: Future[Shown] | None = None

    async def run(self) -> int:
        """Serve the terminal until the user leaves; the exit code."""
        loop = asyncio.get_running_loop()
        self._screen.attach(loop)
        loop.add_signal_handler(signal.SIGINT, self._on_interrupt)
        try:
            while True:
                try:
                    text = await self._editor.read()
                except KeyboardInterrupt:
                    continue
                except EOFError:
                    return 0
                if not text.strip():
                    continue
                shown = await self._submit(text)
                if shown.leave is not None:
                    return shown.leave
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    async def _submit(self, text: str) -> Shown:
        screen = self._screen
        started, self._presses = monotonic(), 0

        async def work(workspace: Workspace) -> Shown:
            return draw(workspace, await workspace.submit(text), screen)

        self._running = self._engine.foreground(work)
        try:
            shown = await self._finished(self._running, started)
        finally:
            self._running = None
        screen.fresh_line()
        if shown.text:
            screen.say(shown.text)
        if (seconds := monotonic() - started) >= _SLOW:
            screen.say(screen.dim(f"{seconds:.1f} s"))
        screen.flush()
        return shown

    async def _finished(self, running: Future[Shown], started: float) -> Shown:
        """Wait for the end of what runs, with a spinner once that takes a while."""
        waiting = asyncio.wrap_future(running)
        await asyncio.wait((waiting,), timeout=_SPINNER_AFTER)
        while not waiting.done():
            self._spin(monotonic() - started)
            await asyncio.wait((waiting,), timeout=_SPINNER_STEP)
        try:
            return waiting.result()
        except asyncio.CancelledError:
            return Shown("cancelled")

    def _spin(self, seconds: float) -> None:
        frames = _FRAMES if self._screen.unicode else _PLAIN_FRAMES
        frame = frames[int(seconds / _SPINNER_STEP) % len(frames)]
        self._screen.status(f"{frame} {seconds:.1f} s  Ctrl-C cancels")

    def _on_interrupt(self) -> None:
        if self._running is None:
            return
        self._presses += 1
        self._engine.interrupt()

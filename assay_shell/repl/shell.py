"""Read a line, run it, show what came of it, again."""

from __future__ import annotations

import asyncio
import signal
from time import monotonic

from assay_shell.repl.asking import Asking
from assay_shell.repl.drawing import Shown, show
from assay_shell.repl.spinner import Spinner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Future

    from assay_shell.repl.editor import Editor
    from assay_shell.repl.engine import Engine
    from assay_shell.repl.front import Request, User
    from assay_shell.repl.screen import Screen
    from assay_shell.repl.settings import Settings
    from assay_shell.session.answers import Answer
    from assay_shell.session.workspace import Workspace

    Work = Callable[[Workspace], Awaitable[Answer]]

_SLOW = 1.0
"""Seconds after which a result tells how long it took."""
_UNREACHABLE = 0.5
"""Seconds after which a second Ctrl-C finds that the first did not help."""
_ENDED = {signal.SIGTERM: 143, signal.SIGHUP: 129}


class Shell:
    """One user at one terminal. *restart* gives up the VM and starts another one in its place."""

    def __init__(
        self, engine: Engine, user: User, screen: Screen, editor: Editor, settings: Settings,
        restart: Callable[[], None], *, debug: bool = False,
    ) -> None:  # fmt: skip
        self._engine = engine
        self._user = user
        self._screen = screen
        self._editor = editor
        self._settings = settings
        self._restart = restart
        self._debug = debug
        self._asking = Asking(engine, screen, editor)
        self._spinner = Spinner(engine, screen)
        self._running: Future[Shown] | None = None
        self._pressed: float | None = None
        self._early = False
        self._thought = 0.0
        """Seconds that the user took to answer questions."""
        self._stuck = asyncio.Event()

    async def run(self, start_up: Work | None = None) -> int:
        """Serve the terminal until the user leaves; the exit code. *start_up* is done first."""
        loop = asyncio.get_running_loop()
        self._screen.attach(loop)
        self._user.loop, self._user.on_request = loop, self._on_request
        loop.add_signal_handler(signal.SIGINT, self._on_interrupt)
        serving = asyncio.current_task()
        ended: list[int] = []
        for number, code in _ENDED.items():
            loop.add_signal_handler(number, _end, serving, ended, code)
        try:
            if start_up is not None:
                await self._perform(start_up)
            return await self._serve()
        except asyncio.CancelledError:
            if not ended:
                raise
            return ended[0]
        finally:
            self._screen.fresh_line()
            self._user.on_request = None
            for number in (signal.SIGINT, *_ENDED):
                loop.remove_signal_handler(number)

    async def _serve(self) -> int:
        warned = False
        while True:
            self._asking.mind_jobs()
            self._early = False
            try:
                text = await self._editor.read()
            except KeyboardInterrupt:
                continue
            except EOFError:
                jobs = self._engine.workspace.jobs.running if self._engine.ready else 0
                if not jobs or warned:
                    return 0
                warned = True
                self._screen.say(f"{jobs} running in the background: once more ends what runs, .jobs lists it")
                continue
            warned = False
            if not text.strip():
                continue
            shown = await self._perform(_submitted(text))
            if shown.leave is not None:
                return shown.leave

    async def _perform(self, start: Work) -> Shown:
        """Have something done in front, and show what came of it."""
        screen, pager = self._screen, self._settings.pager

        async def work(workspace: Workspace) -> Shown:
            return await show(workspace, await start(workspace), screen, pager=pager)

        started, self._pressed, self._thought = monotonic(), None, 0.0
        self._running = self._engine.foreground(work)
        if self._early:  # pressed when the line had been read, and nothing ran yet
            self._on_interrupt()
        try:
            shown = await self._finished(self._running)
        finally:
            self._running = None
            self._spinner.stop()
        screen.fresh_line()
        if shown.clipboard is not None:  # before the text, whose line end tells the screen where it is
            screen.copy(shown.clipboard)
        if shown.text:
            screen.say(shown.text)
        if line := _last_line(shown.about, monotonic() - started - self._thought, screen.size[0]):
            screen.say(screen.dim(line))
        if shown.next_input is not None:
            self._editor.put(shown.next_input)
        screen.flush()
        return shown

    async def _finished(self, running: Future[Shown]) -> Shown:
        """Wait for the end of what runs; meanwhile turn the spinner, and put questions to the user."""
        waiting = asyncio.wrap_future(running)
        self._stuck.clear()
        self._spinner.start()
        while True:
            await self._asking.until(waiting, self._stuck, self._spinner.pause)
            if waiting.done():
                break
            self._spinner.turn()
            if self._asking.waits:
                self._spinner.stop()
                asked = monotonic()
                if not await self._asking.put():
                    self._on_interrupt()
                self._thought += monotonic() - asked
                self._spinner.start()
            if self._stuck.is_set():
                self._stuck.clear()
                self._spinner.stop()
                if await self._asking.wants_restart():
                    waiting.cancel()
                    self._restart()
                    return Shown("a new VM runs; locals, connections and jobs of the old one are gone")
                self._spinner.start()
        try:
            return waiting.result()
        except asyncio.CancelledError:
            return Shown("cancelled")
        except Exception as error:  # a fault of ours ends the line, not the session
            return self._fault(error)

    def _fault(self, error: Exception) -> Shown:
        if self._debug:
            from traceback import format_exception

            return Shown("".join(format_exception(error)).rstrip())
        return Shown(f"internal error: {type(error).__name__}: {error} (--debug shows where)")

    def _on_request(self, request: Request) -> None:
        self._asking.add(request, foreground=self._running is not None)

    def _on_interrupt(self) -> None:
        """Ctrl-C: a key where something is typed, else for what runs. A program that has the terminal gets its own."""
        if self._editor.press_ctrl_c() or self._screen.held:
            return
        if self._running is None:
            self._early = self._editor.entered  # else the prompt is only coming, and nothing is there to be stopped
            return
        now = monotonic()
        if self._pressed is not None and now - self._pressed > _UNREACHABLE:
            self._stuck.set()
        self._pressed = self._pressed or now
        self._screen.discard()
        self._engine.interrupt()


def _last_line(about: str, seconds: float, width: int) -> str:
    """What stands below a result of rows, with the time at its right; the time alone where that was long, else ""."""
    slow = seconds >= _SLOW
    if not about:
        return f"{seconds:.1f} s" if slow else ""
    took = f"{seconds:.1f} s" if slow else f"{seconds * 1000:.0f} ms"
    room = width - len(took) - 3
    shown = about if len(about) <= room else about.partition("  ")[0]
    return f" {shown:<{room}} {took}"


def _submitted(text: str) -> Work:
    return lambda workspace: workspace.submit(text)


def _end(serving: asyncio.Task[object] | None, ended: list[int], code: int) -> None:
    ended.append(code)
    if serving is not None:
        serving.cancel()

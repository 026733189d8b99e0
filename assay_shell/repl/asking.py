"""Questions to the user while something runs: may it write, what is the password, shall the VM be given up."""

from __future__ import annotations

import asyncio
from collections import deque

from assay_shell.repl.front import DIFF

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.repl.editor import Editor
    from assay_shell.repl.engine import Engine
    from assay_shell.repl.front import Request
    from assay_shell.repl.screen import Screen
    from assay_shell.session.approvals import Question

_MAY_IT = " allow? [y]es  [n]o  [a]lways for this target  [d]iff  "
_ANSWERS = {"y": "yes", "n": "no", "a": "always", "d": DIFF}


class Asking:
    """The requests that wait, in order. They are put while something runs in front: nobody's typing is disturbed."""

    def __init__(self, engine: Engine, screen: Screen, editor: Editor) -> None:
        self._engine = engine
        self._screen = screen
        self._editor = editor
        self._requests: deque[Request] = deque()
        self._arrived = asyncio.Event()

    @property
    def waits(self) -> bool:
        """Whether a request waits for its answer."""
        while self._requests and self._requests[0].answer.done():  # whoever asked was cancelled
            self._requests.popleft()
        if not self._requests:
            self._arrived.clear()
        return bool(self._requests)

    def add(self, request: Request, *, foreground: bool) -> None:
        """Take a request; without something in *foreground* it comes from a job, and the user is told of it."""
        self._requests.append(request)
        self._arrived.set()
        if not foreground:
            self.mind_jobs()

    def mind_jobs(self) -> None:
        """Remind of what jobs wait for."""
        if self.waits:
            request = self._requests[0]
            what = request.question.what if request.question else request.prompt
            self._screen.say(f"a job waits for your answer: {what}   .fg puts the question")

    async def until(self, waiting: asyncio.Future[Any], stuck: asyncio.Event, seconds: float) -> None:
        """Wait until *waiting* is done, a request has arrived, or the user cannot stop what runs."""
        events = [asyncio.ensure_future(event.wait()) for event in (self._arrived, stuck)]
        everything: list[asyncio.Future[Any]] = [waiting, *events]
        try:
            await asyncio.wait(everything, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for event in events:
                event.cancel()

    async def put(self) -> bool:
        """Have the first request answered; False where the user pressed Ctrl-C instead."""
        request = self._requests.popleft()
        answer: str | None = None
        try:
            if request.question is not None:
                answer = await self._question(request.question, request)
            else:
                answer = await self._editor.line(request.prompt, secret=request.secret)
        except EOFError:
            answer = None
        except KeyboardInterrupt:
            return False
        finally:
            if not request.answer.done():
                request.answer.set_result(answer)
        return True

    async def _question(self, question: Question, request: Request) -> str:
        screen = self._screen
        screen.fresh_line()
        if not request.again:
            screen.say(f"{screen.paint(' write ', '1;33')} {question.what}")
        for line in request.lines:
            screen.say(f"        {line}")
        screen.flush()
        return _ANSWERS[await self._editor.choose(_MAY_IT, "ynad")]

    async def wants_restart(self) -> bool:
        """Whether the user gives up a VM that nothing stops."""
        workspace = self._engine.workspace
        lost = [f"{len(workspace.session.inputs)} inputs' locals and results", "open connections"]
        if jobs := workspace.jobs.running:
            lost.append(f"{jobs} job{'s' if jobs > 1 else ''}")
        self._screen.say(f"This is inside a call that cannot be stopped. A restart loses {', '.join(lost)}.")
        try:
            return await self._editor.choose(" [w]ait  [r]estart the VM  ", "wr") == "r"
        except (KeyboardInterrupt, EOFError):
            return False

"""How the VM's thread reaches the user: questions, lines of input, the terminal for other programs."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from assay_shell.session.workspace import Front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from assay_shell.repl.screen import Screen
    from assay_shell.session.approvals import Question
    from assay_shell.session.jobs import Job


DIFF = "diff"
"""The answer that asks for more."""


@dataclass(slots=True)
class Request:
    """Something that only the user can answer: a *question* before a write, or a line behind *prompt*.

    *lines* say what the write would do; the user has seen the question where it is put *again*. The *answer* may be
    awaited on any thread; None stands for the end of input.
    """

    question: Question | None = None
    lines: list[str] = field(default_factory=list)
    again: bool = False
    prompt: str = ""
    secret: bool = False
    answer: Future[str | None] = field(default_factory=Future)


@dataclass(slots=True)
class User:
    """Who sits at the terminal: its *loop*, on which *on_request* gets each request. None before the start."""

    loop: asyncio.AbstractEventLoop | None = None
    on_request: Callable[[Request], None] | None = None


class ShellFront(Front):
    """The shell as one VM's session sees it."""

    terminal = True

    def __init__(self, screen: Screen, user: User) -> None:
        self._screen = screen
        self._user = user
        self._gone = False

    def write(self, data: bytes) -> None:
        """Print what a script writes, unless its VM was given up."""
        if not self._gone:
            self._screen.write(data)

    def give_up(self) -> None:
        """The VM is not waited for any longer: what it says does not count."""
        self._gone = True

    async def ask(self, question: Question) -> str:
        """The answer to a question before a write."""
        request = Request(question=question, lines=await question.preview())
        while (answer := await self._request(request)) == DIFF:
            request = Request(question=question, lines=await question.diff(), again=True)
        return answer or "no"

    async def ask_line(self, prompt: str, *, secret: bool) -> str | None:
        """What the user types behind *prompt*, None at the end of input."""
        return await self._request(Request(prompt=prompt, secret=secret))

    async def _request(self, request: Request) -> str | None:
        loop, on_request = self._user.loop, self._user.on_request
        if loop is None or on_request is None or self._gone:
            return None
        loop.call_soon_threadsafe(on_request, request)
        try:
            return await asyncio.wrap_future(request.answer)
        finally:
            request.answer.cancel()  # nobody waits for it any longer

    def announce(self, job: Job) -> None:
        """Say that a job has ended."""
        if self._gone:
            return
        shows = f"   .fg {job.number} shows its result" if job.values and job.error is None else ""
        reason = f": {job.error}" if job.error is not None and job.state == "failed" else ""
        self._screen.say(f"[job {job.number}] {job.state}  {job.seconds:.1f} s{reason}{shows}")

    @asynccontextmanager
    async def hand_over(self) -> AsyncIterator[None]:
        """Give the terminal to a program for as long as this lasts."""
        loop = self._user.loop
        if loop is None:
            yield
            return
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._screen.hold(), loop))
        try:
            yield
        finally:
            loop.call_soon_threadsafe(self._screen.release)

"""Ask mode: each write is shown to the user first, who allows it, refuses it, or allows it for good."""

from __future__ import annotations

import asyncio

from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from assay_shell.runtime.guard import Effect
    from assay_shell.runtime.vm import Runtime

    Ask = Callable[["Question"], Awaitable[str]]

YES, NO, ALWAYS = "yes", "no", "always"
_SOON = 2.0
"""Seconds that a question may wait for what is there now."""


class RefusedError(BuiltinError):
    """The user did not allow a write."""


class Question:
    """One write that waits for an answer.

    *what* says what it is (`PATCH https://...`), *details* are lines about it. Secrets are masked in both.
    """

    def __init__(self, runtime: Runtime, effect: Effect) -> None:
        from assay_shell.session.effects import details_of, headline_of

        self._runtime = runtime
        self._effect = effect
        hide = runtime.redactor.text
        self.name = effect.name
        self.what = hide(headline_of(effect))
        self.details = [hide(line) for line in details_of(runtime, effect)]

    async def preview(self, patience: float = _SOON) -> list[str]:
        """What to show with it: what the write changes where that is known within *patience* seconds, else details."""
        from assay_shell.session.effects import preview_of

        try:
            async with asyncio.timeout(patience):
                found = await preview_of(self._runtime, self._effect)
        except (BuiltinError, TimeoutError):
            return self.details
        return [self._runtime.redactor.text(line) for line in found] or self.details

    async def diff(self) -> list[str]:
        """What would change: lines that compare what is there now. It reads for that, and writes nothing."""
        from assay_shell.session.effects import diff_of

        try:
            found = await diff_of(self._runtime, self._effect)
        except BuiltinError as error:
            found = [f"what is there now cannot be read: {error.message}"]
        return [self._runtime.redactor.text(line) for line in found] or ["nothing to compare with"]


class GateQuestion(Question):
    """A script's own question, `approval.request`, with the *context* it gives as JSON."""

    def __init__(self, runtime: Runtime, prompt: str, context: str) -> None:
        hide = runtime.redactor.text
        self.name = "approval.request"
        self.what = hide(prompt)
        self.details = [] if context == "null" else [hide(line) for line in context.split("\n")]

    async def preview(self, patience: float = _SOON) -> list[str]:
        """The context."""
        return self.details

    async def diff(self) -> list[str]:
        """Nothing: what comes after the question is the script's affair."""
        return ["nothing to compare with"]


class Approvals:
    """Puts questions, one after the other, and remembers what was allowed for good."""

    def __init__(self, runtime: Runtime, ask: Ask) -> None:
        self._runtime = runtime
        self._ask = ask
        self._always: set[tuple[str, str]] = set()
        self._turn: asyncio.Lock | None = None

    @property
    def active(self) -> bool:
        """Whether writes are asked about."""
        return self._runtime.guard.approve is not None

    def start(self) -> None:
        """Ask from now on about every write, whatever was allowed before."""
        self._always.clear()
        self._runtime.guard.approve = self._approve

    def _approve(self, effect: Effect) -> Awaitable[None] | None:
        return None if _key(effect) in self._always else self._settle(effect)

    async def gate(self, prompt: str, context: str) -> bool:
        """What the user says to a gate that a script has set up."""
        async with self._alone():
            return await self._ask(GateQuestion(self._runtime, prompt, context)) in (YES, ALWAYS)

    def _alone(self) -> asyncio.Lock:
        """Held while the user is asked: one question at a time."""
        if self._turn is None:
            self._turn = asyncio.Lock()
        return self._turn

    async def _settle(self, effect: Effect) -> None:
        """Wait for the answer.

        Raises:
            RefusedError: it is no.
        """
        async with self._alone():
            if _key(effect) in self._always:  # allowed while this waited for its turn
                return
            question = Question(self._runtime, effect)
            answer = await self._ask(question)
        if answer == ALWAYS:
            self._always.add(_key(effect))
        elif answer != YES:
            raise RefusedError("ask", f"{effect.name} refused ({question.what})")


def _key(effect: Effect) -> tuple[str, str]:
    """What `always` holds for: the same function on the same target."""
    target = effect.target.partition("?")[0] if effect.name.startswith("http") else effect.target
    return effect.name, target

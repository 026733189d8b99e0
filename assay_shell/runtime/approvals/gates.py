"""The gates of one run: each answer is for the gate it was given for, in the order the run comes by.

There are two kinds. `approval.request` shows its gate before it is answered: the digest has to be that of the answer,
else the call has changed and the run is refused. Scripts from before look at `ASSAY_APPROVAL_RESULT` instead. A look
shows nothing, so it takes the next answer of its kind and keeps it until the function that looked returns or
something is written; the next gate finds the variable unset and asks.
"""

from __future__ import annotations

from assay_shell.runtime.approvals.decision import ApprovalRefused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from assay_shell.runtime.approvals.record import Answer
    from assay_shell.runtime.approvals.request import Request
    from assay_shell.runtime.guard import Effect
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

_RESOURCE = "approval gates"


class Gates:
    """Hands out *answers*; beyond the last one, gates ask."""

    def __init__(self, answers: Sequence[Answer] = ()) -> None:
        self._answers = answers
        self._passed = 0
        self._open: str | None = None
        self.raised: set[str] = set()
        """Digests of the gates that `approval.request` has raised."""

    @property
    def passed(self) -> tuple[Answer, ...]:
        """The answers that were given so far."""
        return tuple(self._answers[: self._passed])

    def answer(self, request: Request) -> bool | None:
        """Return the answer to a gate that shows itself; None when nobody has been asked yet.

        Raises:
            ApprovalRefused: the next answer was given to another call.
        """
        self._open = None
        answer = self._next()
        if answer is None:
            self.raised.add(request.digest)
            return None
        if answer.asked_by != "request" or answer.call_digest != request.digest:
            raise ApprovalRefused("approval refused: the pending call is not the one that was approved")
        self._passed += 1
        return answer.answer == "yes"

    def look(self, *, same: bool) -> str | None:
        """Return what `ASSAY_APPROVAL_RESULT` holds; *same*: for the function call that looked last."""
        if same and self._open is not None:
            return self._open
        answer = self._next()
        if answer is None or answer.asked_by == "request":
            self._open = None
        else:
            self._passed += 1
            self._open = answer.answer
        return self._open

    def note_write(self) -> None:
        """Take the answer back from looks: what comes after a write is another gate."""
        self._open = None

    def _next(self) -> Answer | None:
        return self._answers[self._passed] if self._passed < len(self._answers) else None


def gates_of(runtime: Runtime) -> Gates:
    """Return the gates of a runtime; without any answers unless it was resumed."""
    found = runtime.resources.get(_RESOURCE)
    if not isinstance(found, Gates):
        found = runtime.resources[_RESOURCE] = Gates()
    return found


def resume(runtime: Runtime, answers: Sequence[Answer]) -> None:
    """Have the gates of *runtime*, which has not run anything yet, answered by *answers*."""
    from assay_shell.runtime.declare import read

    gates = runtime.resources[_RESOURCE] = Gates(answers)
    if all(answer.asked_by == "request" for answer in answers):
        return  # nothing looks at the variable
    asked = runtime.guard.approve

    def note_write(effect: Effect) -> Awaitable[None] | None:
        gates.note_write()
        return asked(effect) if asked else None

    runtime.guard.approve = note_write
    runtime.lend("approval_look", read(_look))
    runtime.include("approval")


def _look(runtime: Runtime, same: Value) -> str | None:
    return gates_of(runtime).look(same=bool(same))

"""What happens in a headless notebook where a human would be asked."""

from __future__ import annotations

import json
import os

from assay_shell.runtime.approvals import MARKER
from assay_shell.runtime.approvals.request import Request, canonical
from assay_shell.runtime.errors import BuiltinError
from assay_shell.session.approvals import NO, YES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime
    from assay_shell.session.approvals import Question

APPROVE = "ASSAY_RUNBOOK_APPROVE"
"""yes, no, fail, or ask: the run ends with a token, and is resumed with an answer."""
ANSWERS = "ASSAY_RUNBOOK_ANSWERS"
"""The answers a resumed run was given: a JSON list of (digest of the question, whether it was allowed)."""
SECRETS = "ASSAY_RUNBOOK_SECRETS"
"""Names of the variables whose values must not get into the notebook, with commas between."""

JOURNAL, REPLAY = "ASSAY_RUNBOOK_JOURNAL", "ASSAY_RUNBOOK_REPLAY"
"""The file in which a run notes its calls, and that of the run it repeats."""


def keep_journal(runtime: Runtime) -> None:
    """Note the calls of this run where its environment says so, and answer them from an earlier one's notes."""
    path, earlier = os.environ.get(JOURNAL), os.environ.get(REPLAY)
    if path:
        from assay_shell.runtime import journal

        runtime.guard.journal = journal.Journal(runtime, path, journal.read(earlier) if earlier else [])


def secrets() -> list[str]:
    """Return the values that nothing the kernel sends may hold."""
    names = filter(None, os.environ.get(SECRETS, "").split(","))
    return [value for name in names if (value := os.environ.get(name))]


class Policy:
    """Answers in the place of a human, as the environment of the run says."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rule = os.environ.get(APPROVE, "")
        self._answers: list[tuple[str, bool]] = [tuple(pair) for pair in json.loads(os.environ.get(ANSWERS, "[]"))]

    def answer(self, question: Question) -> str:
        """`yes` or `no`. An answer that was given is for the question that was shown, and for once.

        Raises:
            BuiltinError: nobody has answered this question.
        """
        request = Request(question.what, question.details or None)
        for index, (digest, allowed) in enumerate(self._answers):
            if digest == request.digest:
                del self._answers[index]
                return YES if allowed else NO
        if self._rule in (YES, NO):
            return self._rule
        if self._rule == "ask":
            journal = self._runtime.guard.journal
            if journal is not None and not journal.whole:
                raise BuiltinError("approval", f"the run cannot wait: not all it did was noted ({question.what})")
            raise BuiltinError(None, MARKER + canonical({"context": request.context, "prompt": request.prompt}))
        raise BuiltinError("approval", f"nobody can be asked ({question.what})")

"""Runs that wait for a human: what is noted when one stops, and what a resumption may go on with."""

from __future__ import annotations

import json
import os

from assay_shell.kernel.policy import ANSWERS
from assay_shell.runtime.approvals.record import Answer, Record, Run, sha256
from assay_shell.runtime.approvals.store import Store
from assay_shell.runtime.state import StateError, state_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.approvals.request import Request


class Approvals:
    """The approvals of one runbook: *path* with the parameters *arguments*, as they stand in the injected cell."""

    def __init__(self, path: str, book: Any, arguments: tuple[str, ...]) -> None:
        sources = [cell.source for cell in book.cells if cell.cell_type == "code"]
        self._run = Run(
            script_path=os.path.abspath(path),
            script_digest=sha256(json.dumps(sources).encode()),
            arguments=arguments,
        )
        self._store = Store(state_folder(os.environ))
        self._answers: tuple[Answer, ...] = ()
        self._token = ""
        self._claimed: Record | None = None

    def resume(self, token: str, approve: str, approver: str | None) -> None:
        """Take the run that waits under *token* for this one, and *approve* (`yes` or `no`) for its answer.

        Raises:
            StateError: there is none, it has expired, or the runbook or its parameters are others now.
        """
        record = self._store.load(token)
        if self._store.expired(record):
            raise StateError("resume token expired")
        if record.run != self._run:
            raise StateError("this is not the run that waits: the runbook or its parameters have changed")
        decision = Answer(record.request.digest, approve, "request", approver, int(self._store.clock.now().unix))
        self._claimed = self._store.claim(token, record, decision)
        self._token = token
        self._answers = (*record.answers, decision)

    @property
    def environment(self) -> dict[str, str]:
        """What tells the kernel the answers that were given."""
        pairs = [(answer.call_digest, answer.answer == "yes") for answer in self._answers]
        return {ANSWERS: json.dumps(pairs)}

    def ask(self, request: Request) -> str:
        """Note that the run waits for *request*; the token it is resumed with."""
        now = self._store.clock.now()
        record = Record(self._run, request, now, asked_by="request", answers=self._answers)
        return self._store.save(record.sealed())

    def finish(self, outcome: str) -> None:
        """Note how a resumed run ended."""
        if self._claimed is not None:
            self._store.finish(self._token, self._claimed, outcome)

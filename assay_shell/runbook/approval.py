"""Runs that wait for a human: what is noted when one stops, and what a resumption may go on with."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress

from assay_shell.kernel.policy import ANSWERS, JOURNAL, REPLAY
from assay_shell.runtime import journal
from assay_shell.runtime.approvals.decision import decide
from assay_shell.runtime.approvals.record import Answer, Record, Run, sha256
from assay_shell.runtime.approvals.store import Store
from assay_shell.runtime.errors import os_reason
from assay_shell.runtime.files import whole
from assay_shell.runtime.state import StateError, state_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.approvals.request import Request


_KEPT = 3600
"""Seconds that a journal is kept after the last that was written to it, once nobody waits for it."""


class Approvals:
    """The approvals of one runbook: *path* with the parameters *arguments*, as they stand in the injected cell."""

    def __init__(self, path: str, book: Any, arguments: tuple[str, ...], *, readonly: bool = False) -> None:
        sources = [cell.source for cell in book.cells if cell.cell_type == "code"]
        self._run = Run(
            script_path=os.path.abspath(path),
            script_digest=sha256(json.dumps(sources).encode()),
            arguments=arguments,
            readonly=readonly,
        )
        self._store = Store(state_folder(os.environ))
        self._answers: tuple[Answer, ...] = ()
        self._token = ""
        self._journals = os.path.join(state_folder(os.environ), "journals")
        self._claimed: Record | None = None

    def resume(self, token: str, approve: str, approver: str | None) -> None:
        """Take the run that waits under *token* for this one, and *approve* (`yes` or `no`) for its answer.

        Raises:
            StateError: there is none, it has expired, it was changed, or the runbook, its parameters or options are
                others now.
            ApprovalRefused: *approver* is no name.
        """
        record = self._store.load(token)
        if self._store.expired(record):
            raise StateError("resume token expired")
        if record.digest != record.binding():
            raise StateError("the record of this run has been changed since")
        if record.run != self._run:
            raise StateError("this is not the run that waits: the runbook, its parameters or its options have changed")
        try:
            journal.read(self._journal(token))
        except (OSError, ValueError) as exc:
            raise StateError(f"what the run did cannot be read: {exc}") from exc
        now = self._store.clock.now().unix
        decision = decide(record.request, approve, approver=approver, asked_by="request", at=now)
        self._claimed = self._store.claim(token, record, decision)
        self._token = token
        self._answers = (*record.answers, decision)

    def environment(self, notes: str) -> dict[str, str]:
        """What tells the kernel the answers that were given, and what the run did before it stopped.

        It notes what it does now in the file *notes*.
        """
        pairs = [(answer.call_digest, answer.answer == "yes") for answer in self._answers]
        replay = {REPLAY: self._journal(self._token)} if self._token else {}
        return {ANSWERS: json.dumps(pairs), JOURNAL: notes, **replay}

    def ask(self, request: Request, notes: str) -> str:
        """Note that the run waits for *request*, and keep its *notes*; the token it is resumed with.

        Raises:
            StateError: it cannot be noted.
        """
        now = self._store.clock.now()
        record = Record(self._run, request, now, asked_by="request", answers=self._answers)
        token = self._store.save(record.sealed())
        try:
            os.makedirs(self._journals, mode=0o700, exist_ok=True)
            with open(notes, "rb") as file:
                whole.write(self._journal(token), file.read(), private=True)
            self._remove_old()
        except OSError as exc:
            self._store.expire(token)
            raise StateError(f"writing resume state: {os_reason(exc)}") from exc
        return token

    def finish(self, outcome: str) -> None:
        """Note how a resumed run ended; it is not repeated any more."""
        if self._claimed is not None:
            self._store.finish(self._token, self._claimed, outcome)
            with suppress(FileNotFoundError):
                os.remove(self._journal(self._token))

    def _journal(self, token: str) -> str:
        return os.path.join(self._journals, f"{token}.jsonl")

    def _remove_old(self) -> None:
        """Drop the journals of runs that wait no more; one that is being resumed has read its own long since."""
        waiting = {f"{entry.token}.jsonl" for entry in self._store.entries()}
        for name in os.listdir(self._journals):
            path = os.path.join(self._journals, name)
            if name not in waiting and os.path.getmtime(path) < time.time() - _KEPT:
                os.remove(path)

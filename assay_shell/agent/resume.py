"""Going on after an approval: the record is checked, claimed, and its script run again with the answer."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from assay_shell.agent.envelope import Envelope, failure
from assay_shell.agent.run import DEFAULT_TIMEOUT, Job
from assay_shell.runtime.approvals.decision import ApprovalRefused, decide
from assay_shell.runtime.approvals.record import Answer, Record, Run, environment_digest, sha256
from assay_shell.runtime.approvals.store import Store
from assay_shell.runtime.state import state_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    Execute = Callable[[Job, tuple[Answer, ...]], Envelope]


@dataclass(frozen=True)
class Reply:
    """What a human says to a request. *ttl* (seconds) replaces the record's own limit."""

    token: str
    answer: str
    approver: str | None = None
    ttl: int | None = None
    allow_legacy: bool = False
    """Whether records of older releases, which are bound to nothing, may be resumed."""


def resume(reply: Reply, read: Callable[[str], bytes], execute: Execute, environ: MutableMapping[str, str]) -> Envelope:
    """Run what waits under a token and return its envelope.

    *read* opens the script (OSError and ValueError tell that it cannot), *execute* runs it. *environ* is the process's
    and gets what the script has to see.

    Raises:
        StateError: there is no such record, or it cannot be read or claimed.
        ApprovalRefused: it has expired, or what it was given for has changed.
        OSError, UnicodeDecodeError: the script cannot be read.
    """
    folder = state_folder(environ)
    store = Store(folder)
    record = store.load(reply.token)
    if store.expired(record, reply.ttl):
        raise ApprovalRefused("resume token expired")
    legacy = record.digest is None
    if legacy and not reply.allow_legacy:
        raise ApprovalRefused(
            "approval refused: the record is not bound to a script (--legacy-state accepts those of older releases)"
        )
    source = read(record.run.script_path)
    environment = _environment(record.run, environ)
    if not legacy:
        _check(record, source, environment)
    decision = decide(
        record.request, reply.answer, approver=reply.approver, asked_by=record.asked_by, at=store.clock.unix()
    )
    record = store.claim(reply.token, record, decision)
    environ.update(environment, ASSAY_MODE="tool", ASSAY_STATE_DIR=os.path.abspath(folder))
    envelope = execute(_job(record.run, source), _answers(record, decision, environ))
    store.finish(reply.token, record, envelope.status)
    if legacy and envelope.status == "needs_approval":
        store.release(reply.token)
    return envelope


def unreadable(path: str, reason: str) -> Envelope:
    """Return the envelope for a script that cannot be read."""
    from assay_shell.agent.run import UNREADABLE

    return failure(f"reading {path}: {reason}", exit_code=UNREADABLE)


def _answers(record: Record, decision: Answer, environ: MutableMapping[str, str]) -> tuple[Answer, ...]:
    """Return the answers for the gates; a record of an older release has the one variable that answers all."""
    if record.digest is None:
        environ["ASSAY_APPROVAL_RESULT"] = decision.answer
        return ()
    environ.pop("ASSAY_APPROVAL_RESULT", None)  # nobody but the gate it was given for gets the answer
    return (*record.answers, decision)


def _environment(run: Run, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are arguments: as recorded, secrets as the caller has them."""
    values = {name: environ.get(name) if value is None else value for name, value in run.environment.items()}
    known = {name: value for name, value in values.items() if value is not None}
    return {**known, "ASSAY_ARGUMENTS": ",".join(run.environment)} if run.environment else known


def _check(record: Record, source: bytes, environment: Mapping[str, str]) -> None:
    """Hold the record against what is there now.

    Raises:
        ApprovalRefused: something differs.
    """
    actual = {name: value for name, value in environment.items() if name in record.run.environment}
    run = replace(record.run, script_digest=sha256(source), environment_digest=environment_digest(actual))
    if run.script_digest != record.run.script_digest:
        raise ApprovalRefused("approval refused: the script has changed since the approval was requested")
    if run.environment_digest != record.run.environment_digest:
        names = ", ".join(record.run.environment)
        raise ApprovalRefused(f"approval refused: the arguments differ from those of the request ({names})")
    if replace(record, run=run).binding() != record.digest:
        raise ApprovalRefused("approval refused: the record is not what was requested")


def _job(run: Run, source: bytes) -> Job:
    return Job(
        run.script_path, source, run.script_path, run.arguments,
        timeout=DEFAULT_TIMEOUT if run.timeout is None else run.timeout, readonly=run.readonly, strict=run.strict,
    )  # fmt: skip

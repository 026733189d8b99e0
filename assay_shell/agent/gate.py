"""What happens when a run reaches a gate: the request is recorded, and the envelope carries its token."""

from __future__ import annotations

import os

from assay_shell.agent.envelope import LARGEST, Envelope, approval_body, failure, needs_approval
from assay_shell.runtime.approvals.gates import Gates, gates_of
from assay_shell.runtime.approvals.record import Record, Run, environment_digest, sha256
from assay_shell.runtime.approvals.request import find_request
from assay_shell.runtime.approvals.store import Store
from assay_shell.runtime.state import StateError, state_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay_shell.agent.run import Job
    from assay_shell.runtime.approvals.request import Request
    from assay_shell.runtime.redact import Redactor
    from assay_shell.runtime.vm import Runtime

ARGUMENT_NAMES = "ASSAY_ARGUMENTS"
"""Variable with the comma-separated names of the variables that are the run's arguments."""


def envelope_for(message: str, job: Job, runtime: Runtime) -> Envelope | None:
    """Record the request that an error's text carries and return its envelope; None for an ordinary error."""
    request = find_request(message, runtime.redactor)
    if request is None:
        return None
    try:
        return _recorded(request, job, gates_of(runtime), runtime.redactor)
    except StateError as exc:
        return failure(str(exc))


def arguments_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that the caller handed over as arguments."""
    names = filter(None, environ.get(ARGUMENT_NAMES, "").split(","))
    return {name: environ[name] for name in sorted(names) if name in environ}


def _recorded(request: Request, job: Job, gates: Gates, redactor: Redactor) -> Envelope:
    if job.path is None:
        raise StateError("approval impossible: a script from standard input cannot be resumed")
    for number, argument in enumerate(job.args, 1):
        if redactor.text(argument) != argument:
            raise StateError(f"approval impossible: argument {number} holds a secret, which is never saved")
    size = len(approval_body(request, "0" * 32))
    if size > LARGEST:
        raise StateError(f"approval impossible: the request has {size} bytes, at most {LARGEST} can be shown")
    store = Store(state_folder(os.environ))
    record = Record(
        run=_run_of(job, redactor),
        request=request,
        created=store.clock.now(),
        asked_by="request" if request.digest in gates.raised else "error",
        answers=gates.passed,
    )
    return needs_approval(request, store.save(record.sealed()))


def _run_of(job: Job, redactor: Redactor) -> Run:
    environment = arguments_of(os.environ)
    assert job.path is not None
    return Run(
        script_path=job.path,
        script_digest=sha256(job.original),
        arguments=tuple(job.args),
        environment={
            name: value if redactor.text(f"{name}={value}") == f"{name}={value}" else None
            for name, value in environment.items()
        },
        environment_digest=environment_digest(environment),
        timeout=job.timeout,
        readonly=job.readonly,
        strict=job.strict,
    )

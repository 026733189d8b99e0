"""A tool-mode run: a script from its first line to its envelope, which comes whatever the script does."""

from __future__ import annotations

import os
from _thread import allocate_lock, start_new_thread

from assay_shell.agent.envelope import Envelope, failure, success, timeout
from assay_shell.runtime.approvals import MARKER
from assay_shell.runtime.errors import (
    AssayError,
    BuiltinError,
    DeadlineExceeded,
    Interrupted,
    ScriptError,
    ScriptExit,
    ScriptMemoryError,
    ScriptSyntaxError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assay_shell.runtime.vm import Runtime

    Deliver = Callable[[Envelope], None]

DEFAULT_TIMEOUT = 20  # seconds
UNREADABLE, SYNTAX, MEMORY = 3, 4, 5
"""Exit codes under --exit-codes=detailed."""

_CLOSING = 5.0
"""Seconds that a script's clean-up gets after its result is known."""


class Job:
    """What is to run: *original* as it stands in the file, *source* without its shebang.

    *path* is what a resumption opens (None where nothing can be opened again), *timeout* is in seconds.
    """

    def __init__(
        self, name: str, original: bytes, path: str | None, args: Sequence[str] = (), *,
        timeout: int = DEFAULT_TIMEOUT, readonly: bool = False, strict: bool = False,
    ) -> None:  # fmt: skip
        from assay_shell.runtime.vm import without_shebang

        self.name = name
        self.original = original
        self.source = without_shebang(original)
        self.path = path
        self.args = args
        self.timeout = timeout
        self.readonly = readonly
        self.strict = strict


def stored_path(path: str) -> str:
    """Return the path that a record keeps: an absolute one as typed, another resolved, links too."""
    return path if os.path.isabs(path) else os.path.realpath(path)


def execute(job: Job, runtime: Runtime, deliver: Deliver) -> Envelope:
    """Run *job* in *runtime*, close that, and return the envelope.

    Where neither the script nor its clean-up can be stopped, *deliver* is called with the envelope from another
    thread; it must end the process.
    """
    from assay_shell.runtime.interrupt import SignalWatch

    ended = allocate_lock()
    ended.acquire()

    def stop(code: int) -> None:
        # A signal that comes before the first line of the script runs has to wait for it.
        while not runtime.interrupt(Interrupted(code)) and not ended.acquire(timeout=0.005):
            pass

    with SignalWatch(runtime, stop=stop, kill=os._exit):
        try:
            envelope = _outcome(job, runtime, deliver)
        finally:
            ended.release()
        _close(runtime, envelope, deliver)
    return envelope


def _outcome(job: Job, runtime: Runtime, deliver: Deliver) -> Envelope:
    try:
        return success(_evaluate(job, runtime, deliver))
    except DeadlineExceeded:
        return timeout(job.timeout)
    except Interrupted as exc:
        return failure("interrupted", exit_code=exc.exit_code)
    except ScriptExit as exc:
        if exc.exit_code == 0:
            return success(b"null")
        return failure(f"the script ended itself with exit code {exc.exit_code}", exit_code=exc.exit_code)
    except ScriptError as exc:
        return _failed(exc, job, runtime)
    except BuiltinError as exc:  # the result has no JSON form
        return failure(runtime.redactor.text(str(exc)))


def _failed(error: ScriptError, job: Job, runtime: Runtime) -> Envelope:
    if MARKER in error.message:
        from assay_shell.agent.gate import envelope_for

        asked = envelope_for(error.message, job, runtime)
        if asked is not None:
            return asked
    codes: dict[type[AssayError], int] = {ScriptSyntaxError: SYNTAX, ScriptMemoryError: MEMORY}
    return failure(runtime.redactor.text(error.text), exit_code=codes.get(type(error), error.exit_code))


def _evaluate(job: Job, runtime: Runtime, deliver: Deliver) -> bytes:
    """Return the JSON of what the script returns; errors as `Runtime.evaluate_to_json`."""
    from assay_shell.runtime.deadline import Deadline

    if job.args:
        runtime.set_arguments(job.name, job.args)
    if job.timeout == 0:
        _allow_no_wait(runtime)

    def kill(_: int) -> None:
        deliver(timeout(job.timeout))

    # With no time at all a script may still compute, though not for ever.
    with Deadline(runtime, job.timeout or DEFAULT_TIMEOUT, kill=kill):
        return runtime.evaluate_to_json(job.source, job.name, job.args)


def _allow_no_wait(runtime: Runtime) -> None:
    """Have the first wait of the script end it."""
    before = runtime.scheduler.events.at_start

    def at_start() -> None:
        if before is not None:
            before()
        if runtime.scheduler.busy:
            runtime.note_stop(DeadlineExceeded(0))
            runtime.scheduler.cancel_main()

    runtime.scheduler.events.at_start = at_start


def _close(runtime: Runtime, envelope: Envelope, deliver: Deliver) -> None:
    """Close the runtime; one whose clean-up does not end is left where it is."""
    closed = allocate_lock()
    closed.acquire()

    def watch() -> None:
        if not closed.acquire(timeout=_CLOSING):
            deliver(envelope)

    start_new_thread(watch, ())
    try:
        runtime.close()
    finally:
        closed.release()

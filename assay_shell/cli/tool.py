"""Tool mode from the command line: `assay run --mode tool` and `assay resume`."""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock, start_new_thread
from contextlib import suppress

from assay_shell.agent.envelope import Envelope, failure
from assay_shell.agent.run import DEFAULT_TIMEOUT, UNREADABLE, Job, execute, stored_path
from assay_shell.cli.script import STANDARD_INPUT, read_script
from assay_shell.runtime.errors import AssayError, UsageError, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay_shell.cli.arguments import Invocation
    from assay_shell.runtime.approvals.record import Answer
    from assay_shell.runtime.vm import Runtime

_DELIVERY = 2.0
"""Seconds that an envelope may take when nothing else of the process can be relied on any more."""


def run_tool(invocation: Invocation, path: str, args: Sequence[str]) -> int:
    """Run a script in tool mode: one envelope on standard output, exit code 0."""
    output = _Output(invocation)
    name = "<stdin>" if path == STANDARD_INPUT else path
    try:
        source = read_script(path)
    except UnicodeDecodeError:
        return output.finish(_unreadable(name, "stream did not contain valid UTF-8"))
    except (OSError, ValueError) as exc:
        return output.finish(_unreadable(name, os_reason(exc)))
    timeout = invocation.count("timeout")
    job = Job(
        name, source, None if path == STANDARD_INPUT else stored_path(path), args,
        timeout=DEFAULT_TIMEOUT if timeout is None else timeout,
        readonly=invocation.flag("readonly") or os.environ.get("ASSAY_READONLY", "") not in ("", "0"),
        strict=invocation.flag("strict"),
    )  # fmt: skip
    os.environ["ASSAY_MODE"] = "tool"
    return output.finish(_execute(job, (), invocation, output))


def resume(invocation: Invocation) -> int:
    """Carry out `assay resume`: the envelope of the run that goes on, or of why it cannot.

    Raises:
        UsageError: token or answer are missing.
    """
    from assay_shell.agent.resume import Reply
    from assay_shell.agent.resume import resume as go_on

    token, answer = invocation.text("token"), invocation.text("approve")
    if token is None or answer is None:
        raise UsageError("'resume' needs --token and --approve")
    reply = Reply(
        token, answer, approver=invocation.text("approver"), ttl=invocation.count("resume-ttl"),
        allow_legacy=invocation.flag("legacy-state"),
    )  # fmt: skip
    output = _Output(invocation)
    path = ""

    def read(script: str) -> bytes:
        nonlocal path
        path = script
        return read_script(script)

    def run(job: Job, answers: tuple[Answer, ...]) -> Envelope:
        job.readonly = job.readonly or invocation.flag("readonly")
        job.strict = job.strict or invocation.flag("strict")
        return _execute(job, answers, invocation, output)

    try:
        return output.finish(go_on(reply, read, run, os.environ))
    except AssayError as exc:
        return output.finish(failure(str(exc)))
    except UnicodeDecodeError:
        return output.finish(_unreadable(path, "stream did not contain valid UTF-8"))
    except (OSError, ValueError) as exc:
        return output.finish(_unreadable(path, os_reason(exc)))


def _execute(job: Job, answers: Sequence[Answer], invocation: Invocation, output: _Output) -> Envelope:
    from assay_shell.runtime.log import from_environment, write_stderr
    from assay_shell.runtime.vm import Runtime

    log = from_environment(
        os.environ, lambda text: runtime.redactor.text(text),
        verbose=invocation.flag("verbose"), as_json=invocation.text("log-format") == "json",
    )  # fmt: skip
    runtime: Runtime = Runtime(
        readonly=job.readonly, strict=job.strict, debug=invocation.flag("debug"),
        stdout=output.write_printed, stderr=write_stderr, log=log.write,
    )  # fmt: skip
    if answers:
        from assay_shell.runtime.approvals.gates import resume as answer_gates

        answer_gates(runtime, answers)
    log.starting("tool mode", script=job.name, timeout_secs=job.timeout)
    return execute(job, runtime, output.deliver)


def _unreadable(name: str, reason: str) -> Envelope:
    return failure(f"reading {name}: {reason}", exit_code=UNREADABLE)


class _Output:
    """Standard output, kept for the envelope alone unless --script-stdout shares it with the script.

    What is printed, by the script or by processes it starts, goes to standard error then.
    """

    def __init__(self, invocation: Invocation) -> None:
        self._detailed = invocation.text("exit-codes") == "detailed"
        self._shared = invocation.flag("script-stdout")
        sys.stdout.flush()
        self._descriptor = os.dup(1)
        self._taken = allocate_lock()
        if not self._shared:
            os.dup2(2, 1)

    def write_printed(self, data: bytes) -> None:
        """Take what the script prints."""
        if self._shared:
            sys.stdout.buffer.write(data)
            return
        try:
            sys.stderr.buffer.write(data)
        except OSError:
            return  # the result goes elsewhere; who does not read this misses nothing else

    def finish(self, envelope: Envelope) -> int:
        """Write the envelope after all that was printed, and return the exit code of the run."""
        if not self._taken.acquire(blocking=False):
            self._taken.acquire()  # the other thread ends the process
        if self._shared:
            sys.stdout.flush()
        with suppress(OSError):  # as above
            sys.stderr.flush()
        self._write(envelope.body)
        return self._exit_code(envelope)

    def deliver(self, envelope: Envelope) -> None:
        """End the process with the envelope, whatever its main thread is stuck in."""
        if not self._taken.acquire(blocking=False):
            return
        written = allocate_lock()
        written.acquire()

        def write() -> None:
            try:
                self._write(envelope.body)
            finally:
                written.release()

        start_new_thread(write, ())
        written.acquire(timeout=_DELIVERY)  # a reader that does not read must not keep us
        os._exit(self._exit_code(envelope))

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def _exit_code(self, envelope: Envelope) -> int:
        return envelope.exit_code if self._detailed else 0

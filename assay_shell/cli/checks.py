"""Lists of checks from the command line: run, repeated, validated, described."""

from __future__ import annotations

import os
import sys

from assay_shell.cli import complain
from assay_shell.runtime.errors import AssayError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.loops import Signals
    from assay_shell.checks.outputs.destinations import Destinations
    from assay_shell.checks.suite import Suite
    from assay_shell.cli.arguments import Invocation
    from assay_shell.runtime.log import Log
    from assay_shell.runtime.redact import Redactor

_FAILED = 1
_UNREADABLE, _NONSENSE = 3, 4
"""Exit codes under --exit-codes=detailed."""


def run_checks(invocation: Invocation, path: str) -> int:
    """Run the checks in the file *path* and report on them; 1 when one did not pass or the file is of no use.

    Raises:
        UsageError: an option makes no sense.
    """
    from assay_shell.checks.outputs.destinations import Destinations

    if len(invocation.operands) > 1:
        raise UsageError(f"a list of checks takes no argument '{invocation.operands[1]}'")
    destinations = Destinations.parse(invocation.texts("output"), terminal=sys.stdout.isatty())
    pause = _pause(invocation)
    log, redactor = _log(invocation, watched=destinations.stdout == "pretty" and _on_terminal())
    log.starting("check mode", config=path)
    from assay_shell.checks.loops import Signals

    with Signals() as signals:
        session = _Session(invocation, path, destinations, log, redactor, signals)
        return session.repeat(pause) if pause is not None else session.round()


def manage(invocation: Invocation) -> int:
    """Carry out `assay checks`: `validate FILE` or `schema`.

    Raises:
        UsageError: it is neither.
    """
    action, *files = invocation.operands or [""]
    if action == "schema" and not files:
        from assay_shell.checks.jsonschema import schema_text

        sys.stdout.write(schema_text())
        return 0
    if action == "validate" and len(files) == 1:
        return _validate(invocation, files[0])
    raise UsageError("'checks' needs one of: validate FILE, schema")


def _validate(invocation: Invocation, path: str) -> int:
    log, _ = _log(invocation, watched=False)
    try:
        suite = _load(invocation, path, log)
    except AssayError as exc:
        complain(f"loading config from {path}: {exc}")
        return _exit_code(invocation, exc)
    sys.stdout.write(f"{path}: {len(suite.checks)} checks\n")
    return 0


class _Session:
    """Everything that stays the same from one round to the next."""

    def __init__(
        self, invocation: Invocation, path: str, destinations: Destinations, log: Log, redactor: Redactor,
        signals: Signals,
    ) -> None:  # fmt: skip
        self._signals = signals
        self._invocation = invocation
        self._path = path
        self._destinations = destinations
        self._log = log
        self._redactor = redactor

    def round(self) -> int:
        """Read the file, run its checks, report; the exit code."""
        from assay_shell.checks.choose import selected
        from assay_shell.checks.errors import ConfigError

        try:
            suite = _load(self._invocation, self._path, self._log)
        except ConfigError as exc:
            complain(f"loading config from {self._path}: {self._redactor.text(str(exc))}")
            return _exit_code(self._invocation, exc)
        for secret in suite.secrets:
            self._redactor.add(secret)
        suite = selected(suite, self._invocation.texts("tag"), self._invocation.texts("only"))
        self._log.write(
            "info", "configuration loaded",
            checks=len(suite.checks), timeout_secs=int(suite.timeout), retries=suite.retries,
        )  # fmt: skip
        return self._run(suite)

    def repeat(self, pause: float) -> int:
        """Go on with rounds, *pause* seconds apart, until a signal comes; its exit code."""
        from asyncio import sleep

        while not self._signals.code:
            self.round()
            self._signals.run(sleep(pause))
        return self._signals.code

    def _run(self, suite: Suite) -> int:
        from assay_shell.checks.run import run_suite
        from assay_shell.checks.tools import Tools

        # Log lines on the same terminal would tear moving lines apart.
        observer = self._destinations.observer(progress=not (sys.stderr.isatty() and self._log.allows("info")))
        tools = Tools(
            self._log.write,
            self._redactor,
            observer.script_output,
            readonly=True if self._invocation.flag("readonly") else None,
            strict=self._invocation.flag("strict"),
            debug=self._invocation.flag("debug"),
        )
        report = self._signals.run(run_suite(suite, tools, observer))
        if report is None:
            return self._signals.code
        self._destinations.write_files(report)
        return 0 if report.passed else _FAILED


def _load(invocation: Invocation, path: str, log: Log) -> Suite:
    from assay_shell.checks.load import load_suite

    return load_suite(
        path, os.environ, strict=invocation.flag("strict"), warn=lambda message: log.write("warn", message)
    )


def _on_terminal() -> bool:
    return sys.stdout.isatty() and sys.stderr.isatty()


def _log(invocation: Invocation, *, watched: bool) -> tuple[Log, Redactor]:
    """The log, and what masks secrets in it; without INFO lines where a person watches the report grow (*watched*)."""
    from assay_shell.runtime.log import from_environment
    from assay_shell.runtime.redact import Redactor

    redactor = Redactor()
    environ = {"RUST_LOG": "warn", **os.environ} if watched else os.environ
    log = from_environment(
        environ, redactor.text,
        verbose=invocation.flag("verbose"), as_json=invocation.text("log-format") == "json",
    )  # fmt: skip
    return log, redactor


def _pause(invocation: Invocation) -> float | None:
    """The seconds of `--watch`, None without it."""
    text = invocation.text("watch")
    if text is None:
        return None
    from assay_shell.checks.durations import parse_duration

    try:
        return parse_duration(text)
    except ValueError as exc:
        raise UsageError(f"'--watch {text}': {exc}") from exc


def _exit_code(invocation: Invocation, error: AssayError) -> int:
    if invocation.text("exit-codes") != "detailed":
        return _FAILED
    step = getattr(error, "step", "")
    return _UNREADABLE if step.startswith("reading") else _NONSENSE

"""Where reports go: one format to standard output, any number to files."""

from __future__ import annotations

import sys

from assay_shell.checks.outputs import FORMATS, renderer
from assay_shell.checks.run import Observer
from assay_shell.runtime.errors import AssayError, UsageError, os_reason
from assay_shell.runtime.files import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assay_shell.checks.outputs.pretty import Pretty
    from assay_shell.checks.results import Report, Result
    from assay_shell.checks.suite import Check, Suite


class Destinations:
    """What `--output` asks for: *stdout* is a format, *files* are pairs of format and path."""

    def __init__(self, stdout: str, files: Sequence[tuple[str, str]]) -> None:
        self.stdout = stdout
        self.files = files

    @classmethod
    def parse(cls, texts: Sequence[str], *, terminal: bool) -> Destinations:
        """Read `FORMAT` (standard output) and `FORMAT=FILE` items.

        Without one for standard output it gets `pretty` on a terminal and `json` elsewhere.

        Raises:
            UsageError: a format does not exist, a file has no name, or standard output is asked for twice.
        """
        stdout, files = None, []
        for text in texts:
            name, assigned, path = text.partition("=")
            if name not in FORMATS:
                raise UsageError(f"'{name}' is no format of '--output' (one of: {', '.join(FORMATS)})")
            if assigned and not path:
                raise UsageError(f"'--output {text}' names no file")
            if assigned:
                files.append((name, path))
            elif stdout is not None:
                raise UsageError("'--output' can send one format to standard output; write FORMAT=FILE for the others")
            else:
                stdout = name
        return cls(stdout or ("pretty" if terminal else "json"), files)

    def observer(self, *, progress: bool) -> StandardOutput:
        """Who writes to standard output while checks run and afterwards; *progress* asks for moving lines."""
        if self.stdout == "ndjson":
            return Streaming()
        if self.stdout == "pretty":
            try:
                return Live(progress=progress)
            except ImportError:  # a small installation without rich
                return StandardOutput("pretty")
        return StandardOutput(self.stdout)

    def write_files(self, report: Report) -> None:
        """Write the report to all files; each appears whole or not at all.

        Raises:
            AssayError: a file cannot be written.
        """
        for name, path in self.files:
            _replace(path, renderer(name)(report).encode("utf-8", "replace"))


class StandardOutput(Observer):
    """Writes the whole report at the end; what scripts print comes before it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def ended(self, report: Report) -> None:
        _write(renderer(self._name)(report))

    @property
    def script_output(self) -> Callable[[bytes], object]:
        """Takes what scripts print: programs find the contract's report behind it, other formats stay pure."""
        if self._name in ("json", "pretty"):
            return sys.stdout.buffer.write
        return sys.stderr.buffer.write


class Streaming(StandardOutput):
    """Writes each check's line as soon as it is known."""

    def __init__(self) -> None:
        super().__init__("ndjson")

    def completed(self, result: Result) -> None:
        from assay_shell.checks.outputs.ndjson import check_line

        _write(check_line(result))

    def ended(self, report: Report) -> None:
        from assay_shell.checks.outputs.ndjson import summary_line

        _write(summary_line(report))


class Live(StandardOutput):
    """Shows people how it goes."""

    def __init__(self, *, progress: bool) -> None:
        from assay_shell.checks.outputs.pretty import Pretty

        super().__init__("pretty")
        self._pretty: Pretty = Pretty(progress=progress)

    def begun(self, suite: Suite) -> None:
        self._pretty.begun(suite)

    def started(self, check: Check) -> None:
        self._pretty.started(check)

    def retrying(self, check: Check, attempt: int, wait: float, message: str) -> None:
        self._pretty.retrying(check, attempt, wait, message)

    def finished(self, result: Result) -> None:
        self._pretty.finished(result)

    def completed(self, result: Result) -> None:
        self._pretty.completed(result)

    def ended(self, report: Report) -> None:
        self._pretty.ended(report)

    def aborted(self) -> None:
        self._pretty.aborted()

    @property
    def script_output(self) -> Callable[[bytes], object]:
        return self._pretty.write


def _write(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _replace(path: str, data: bytes) -> None:
    try:
        whole.write(path, data)
    except (OSError, ValueError) as exc:
        raise AssayError(f"writing {path}: {os_reason(exc)}") from exc

"""One JSON object a line: each check as soon as it is known, then the counts."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.results import Report, Result


def render(report: Report) -> str:
    """All lines."""
    return "".join(map(check_line, report.results)) + summary_line(report)


def check_line(result: Result) -> str:
    """The line of one check."""
    check = result.check
    return _line(
        {
            "name": check.name, "type": check.type, "state": result.state, "passed": result.passed,
            "duration_ms": result.milliseconds, "attempts": result.attempts, "message": result.message,
            "file": check.place.file, "line": check.place.line,
        }
    )  # fmt: skip


def summary_line(report: Report) -> str:
    """The last line."""
    counts = {state: report.count(state) for state in ("passed", "failed", "skipped")}
    return _line({"summary": counts, "passed": report.passed, "duration_ms": report.milliseconds})


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"

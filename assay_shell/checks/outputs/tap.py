"""Test Anything Protocol, version 14."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.results import Report, Result


def render(report: Report) -> str:
    """A plan and a test point for each check; what failed has a YAML block with the message."""
    lines = ["TAP version 14", f"1..{len(report.results)}"]
    for number, result in enumerate(report.results, 1):
        lines += _point(number, result)
    return "\n".join(lines) + "\n"


def _point(number: int, result: Result) -> list[str]:
    name = _escaped(result.check.name)
    if result.skipped:
        reason = (result.message or "").removeprefix("skipped: ")
        return [f"ok {number} - {name} # SKIP {_one_line(reason)}"]
    if result.passed:
        return [f"ok {number} - {name}"]
    # JSON strings are YAML too.
    message = json.dumps(result.message or "", ensure_ascii=False)
    return [
        f"not ok {number} - {name}",
        "  ---",
        f"  message: {message}",
        f"  duration_ms: {result.milliseconds}",
        f"  at: {json.dumps(str(result.check.place), ensure_ascii=False)}",
        "  ...",
    ]


def _escaped(text: str) -> str:
    return _one_line(text).replace("\\", "\\\\").replace("#", "\\#")


def _one_line(text: str) -> str:
    return " ".join(text.split())

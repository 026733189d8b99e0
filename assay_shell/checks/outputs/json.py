"""The contract's report: pretty-printed, keys in a fixed order."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.results import Report


def render(report: Report) -> str:
    """The report, with a newline at its end; checks that were skipped say so in a key of their own."""
    checks = []
    for result in report.results:
        entry: dict[str, object] = {
            "name": result.check.name,
            "passed": result.passed,
            "duration_ms": result.milliseconds,
            "message": result.message,
        }
        checks.append({**entry, "skipped": True} if result.skipped else entry)
    whole = {"passed": report.passed, "checks": checks, "duration_ms": report.milliseconds}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"

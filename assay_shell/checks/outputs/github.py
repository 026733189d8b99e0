"""Workflow commands of GitHub Actions: each failure marks its line in the file."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.results import Report, Result


def render(report: Report) -> str:
    """An error for what failed, a warning for what was skipped, a notice with the counts."""
    lines = [_command(result) for result in report.results if not result.passed]
    counts = ", ".join(f"{report.count(state)} {state}" for state in ("passed", "failed", "skipped"))
    lines.append(f"::notice title=checks::{_data(report.path)}: {counts} in {report.milliseconds / 1000:.1f} s")
    return "\n".join(lines) + "\n"


def _command(result: Result) -> str:
    place = result.check.place
    level = "warning" if result.skipped else "error"
    title = _property(result.check.name)
    where = f"file={_property(place.file)},line={place.line},col={place.column},title={title}"
    return f"::{level} {where}::{_data(result.message or 'failed')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

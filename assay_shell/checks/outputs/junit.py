"""The report as XML for CI servers: one test suite, named by the file."""

from __future__ import annotations

from assay_shell.runtime import junit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.results import Report, Result


def render(report: Report) -> str:
    """Return the report after the junit-10 schema."""
    cases = [_case(result) for result in report.results]
    return junit.render(report.path, cases, milliseconds=report.milliseconds, started=report.started)


def _case(result: Result) -> junit.Case:
    check = result.check
    return junit.Case(
        name=check.name,
        classname=f"checks.{check.type}",
        state=result.state,
        milliseconds=result.milliseconds,
        message=result.message or "",
        kind=check.type,
    )

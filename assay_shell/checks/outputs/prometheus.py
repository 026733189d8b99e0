"""Prometheus text format, as a node exporter's textfile collector reads it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.checks.results import Report, Result

_OF_EACH: tuple[tuple[str, str, Callable[[Result], float]], ...] = (
    ("assay_check_passed", "Whether the check passed.", lambda result: result.passed),
    ("assay_check_skipped", "Whether the check was skipped.", lambda result: result.skipped),
    ("assay_check_duration_seconds", "Time of the last attempt.", lambda result: result.milliseconds / 1000),
)


def render(report: Report) -> str:
    """Gauges for each check and for the run; checks of the same name are told apart by the label `nth`."""
    labels = _labels(report)
    lines: list[str] = []
    for name, about, value in _OF_EACH:
        _head(lines, name, about)
        lines += [f"{name}{{{label}}} {value(one):g}" for label, one in zip(labels, report.results, strict=True)]
    _head(lines, "assay_checks", "Number of checks by their result.")
    lines += [f'assay_checks{{result="{state}"}} {report.count(state)}' for state in ("passed", "failed", "skipped")]
    _head(lines, "assay_checks_duration_seconds", "Time of the whole run.")
    lines.append(f"assay_checks_duration_seconds {report.milliseconds / 1000:g}")
    _head(lines, "assay_checks_last_run_timestamp_seconds", "When the run began, in Unix time.")
    lines.append(f"assay_checks_last_run_timestamp_seconds {report.started:.3f}")
    return "\n".join(lines) + "\n"


def _head(lines: list[str], name: str, about: str) -> None:
    lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge"]


def _labels(report: Report) -> list[str]:
    seen: dict[str, int] = {}
    found = []
    for result in report.results:
        label = f'check="{_escaped(result.check.name)}",type="{result.check.type}"'
        seen[label] = seen.get(label, 0) + 1
        found.append(label if seen[label] == 1 else f'{label},nth="{seen[label]}"')
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

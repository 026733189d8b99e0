"""What a run tells: a line for each cell while it runs, a page for people, a file for CI servers."""

from __future__ import annotations

import sys
from typing import Any

from assay_shell.runbook.run import FAILED, PASSED, WAITING, Outcome, Step
from assay_shell.runtime import junit

_MARKS = {PASSED: ("✓", "32"), FAILED: ("✗", "31"), WAITING: ("?", "33"), "running": ("…", "2")}
_TITLE = 48


class Progress:
    """Tells of steps on standard error; on a terminal in place, elsewhere once each has ended."""

    def __init__(self, *, colour: bool, terminal: bool) -> None:
        self._colour = colour
        self._terminal = terminal
        self._number = 0

    def __call__(self, step: Step) -> None:
        if step.state == "running":
            self._number += 1
            if not self._terminal:
                return
        title = step.title if len(step.title) <= _TITLE else step.title[: _TITLE - 1] + "…"
        text = f" {self._mark(step.state)} {self._number} {title:<{_TITLE}}"
        text += "" if step.state == "running" else f" {step.seconds:.1f} s"
        text += "   waiting for approval" if step.state == WAITING else ""
        end = "" if step.state == "running" else "\n"
        sys.stderr.write(f"\r\x1b[2K{text}{end}" if self._terminal else f"{text}{end}")
        sys.stderr.flush()
        if step.state == FAILED:
            self._failed(step)

    def _failed(self, step: Step) -> None:
        """The cell itself and what went wrong in it."""
        lines = step.source.rstrip().split("\n")
        width = len(str(len(lines)))
        shown = [f"   {number:>{width}} │ {line}" for number, line in enumerate(lines, 1)]
        sys.stderr.write("\n".join([*shown, *(f"   {line}" for line in step.message.split("\n"))]) + "\n")

    def _mark(self, state: str) -> str:
        mark, code = _MARKS[state]
        return f"\x1b[{code}m{mark}\x1b[0m" if self._colour else mark


def as_junit(path: str, outcome: Outcome) -> str:
    """Return the outcome after the junit-10 schema; what waits for an approval counts as skipped."""
    cases = [_case(number, step) for number, step in enumerate(outcome.steps, 1)]
    return junit.render(path, cases, milliseconds=int(outcome.seconds * 1000), started=outcome.started)


def _case(number: int, step: Step) -> junit.Case:
    ended = step.state in (PASSED, FAILED)
    return junit.Case(
        name=f"{number} {step.title}",
        classname="runbook",
        state=step.state if ended else "skipped",
        milliseconds=int(step.seconds * 1000),
        message=step.message or ("" if ended else "not run"),
        kind="error",
    )


_PAGE = """{% extends 'lab/index.html.j2' %}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block jupyter_widgets %}{% endblock %}
"""
"""nbconvert's page without the scripts that it loads from elsewhere."""


def as_html(book: Any, title: str) -> str:
    """Return the notebook with its outputs as one page that loads nothing from anywhere."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(raw_template=_PAGE)
    page, _ = exporter.from_notebook_node(book, resources={"metadata": {"name": title}})
    return str(page)

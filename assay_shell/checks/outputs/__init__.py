"""The formats of reports, by name.

json        the contract's report
ndjson      one object for each check as soon as it is known, then one for all
junit       XML after the junit-10 schema
tap         Test Anything Protocol, version 14
github      workflow commands, which mark lines of the file
prometheus  text format for a node exporter's textfile collector
html        one page on its own
pretty      for people, with live progress on a terminal
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.checks.results import Report

    Render = Callable[[Report], str]

FORMATS = ("json", "ndjson", "junit", "tap", "github", "prometheus", "html", "pretty")


def renderer(name: str) -> Render:
    """The function that makes the text of a whole report in one of FORMATS."""
    from importlib import import_module

    found: Render = import_module(f"assay_shell.checks.outputs.{name}").render
    return found

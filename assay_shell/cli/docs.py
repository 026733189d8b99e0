"""`assay docs`: what is written about a builtin function or group."""

from __future__ import annotations

import sys

from assay_shell.cli import complain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.cli.arguments import Invocation

UNKNOWN = 1


def show(invocation: Invocation) -> int:
    """Print the documentation that was asked for; 1 when there is no such name."""
    from assay_shell.runtime.reference import markdown, overview_text
    from assay_shell.runtime.vm import Runtime

    with Runtime() as runtime:
        catalog = runtime.catalog
    if invocation.flag("all"):
        sys.stdout.write(markdown(catalog))
        return 0
    if not invocation.operands:
        sys.stdout.write(overview_text(catalog))
        return 0
    name = invocation.operands[0]
    text = catalog.explain(name)
    if text is not None:
        sys.stdout.write(text)
        return 0
    near = catalog.nearest(name)
    complain(f"there is no builtin '{name}'" + (f"; did you mean {near}?" if near else ""))
    return UNKNOWN

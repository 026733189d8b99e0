"""`assay` on a terminal: the shell."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.cli.arguments import Invocation


def run(invocation: Invocation) -> int:
    """Open the shell with the options of the command line; its exit code."""
    from assay_shell.repl.start import open_shell

    return open_shell(
        readonly=invocation.flag("readonly"), strict=invocation.flag("strict"), debug=invocation.flag("debug")
    )

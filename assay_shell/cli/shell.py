"""`assay` on a terminal: the shell."""

from __future__ import annotations

import sys

from assay_shell.runtime.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.cli.arguments import Invocation


def run(invocation: Invocation) -> int:
    """Open the shell with the options of the command line; its exit code.

    Raises:
        UsageError: there is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the shell needs a terminal; 'assay -' runs a script from standard input")
    from assay_shell.repl.start import open_shell

    return open_shell(
        readonly=invocation.flag("readonly"),
        ask=invocation.flag("ask"),
        strict=invocation.flag("strict"),
        debug=invocation.flag("debug"),
    )

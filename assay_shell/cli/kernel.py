"""`assay kernel install`: make the kernel known to Jupyter."""

from __future__ import annotations

import sys

from assay_shell.runtime.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.cli.arguments import Invocation


def manage(invocation: Invocation) -> int:
    """Carry out `assay kernel install`.

    Raises:
        UsageError: it is something else, or the name is none for a kernel.
    """
    if invocation.operands != ["install"]:
        raise UsageError("'kernel' needs: install")
    if invocation.flag("user") and invocation.text("prefix") is not None:
        raise UsageError("'--user' and '--prefix' exclude each other")
    from assay_shell.kernel.install import install

    name = invocation.text("name") or "assay"
    try:
        folder = install(user=invocation.flag("user"), prefix=invocation.text("prefix"), name=name)
    except ValueError as exc:
        raise UsageError(f"'{name}' is no name for a kernel") from exc
    sys.stdout.write(f"installed in {folder}\n")
    return 0

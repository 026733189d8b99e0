"""Programs that are started: where, and with what."""

from __future__ import annotations

import os

from assay_shell.runtime.values import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.guard import Effect
    from assay_shell.runtime.vm import Runtime


def details(runtime: Runtime, effect: Effect) -> list[str]:
    """The folder, and the names of the variables that are set."""
    options = effect.values[1] if len(effect.values) > 1 else None
    if not isinstance(options, Table):
        return [f"in {os.getcwd()}"]
    variables = options.get("env")
    lines = [f"in {options.get('cwd') or os.getcwd()}"]
    if isinstance(variables, Table):
        lines.append("with " + ", ".join(sorted(str(name) for name, _ in variables.items())))
    return lines

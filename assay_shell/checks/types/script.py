"""`script`: a Lua script that passes unless it raises an error."""

from __future__ import annotations

from functools import partial

from assay_shell.checks.scripts import evaluate, read_source
from assay_shell.checks.tools import Passed, needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.suite import Check
    from assay_shell.checks.tools import Tools


async def run(check: Check, tools: Tools) -> Passed:
    """Run the file; what it returns is for captures."""
    path = needed(check, "file")
    results = await evaluate(tools, partial(read_source, path), path, env=check.settings.get("env"))
    return Passed(data=lambda: results[0] if results else None)

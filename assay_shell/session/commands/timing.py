"""How long code takes."""

from __future__ import annotations

from assay_shell.session.answers import Answer, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.workspace import Workspace


async def measure(workspace: Workspace, argument: str) -> Answer:
    """Run code once and say how long it took beside its result.

    Raises:
        CommandError: there is no code.
    """
    if not argument:
        raise CommandError("what? .time CODE")
    outcome = await workspace.execute(argument)
    return Answer(
        _shown(outcome.seconds), values=outcome.values, outcome=outcome, error=outcome.error
    )


def _shown(seconds: float) -> str:
    for limit, factor, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if seconds < limit:
            return f"{seconds * factor:.1f} {unit}"
    return f"{seconds:.2f} s"

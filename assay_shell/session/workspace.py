"""What a user works in: a session with its commands, jobs and ways to show a result; shell and kernel are thin over it.

Everything here belongs to the thread that runs the VM.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay_shell.session.session import Completeness, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.errors import AssayError
    from assay_shell.runtime.vm import Runtime
    from assay_shell.session.session import Outcome


@dataclass(slots=True)
class Answer:
    """What a line came to: the *outcome* of code, or *text* of a command; *leave* says that the user wants out."""

    text: str = ""
    outcome: Outcome | None = None
    error: AssayError | None = None
    leave: bool = False


class Workspace:
    """One user's session over *runtime*."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.session = Session(runtime)

    async def submit(self, text: str) -> Answer:
        """Run a line: Lua code, a job or a command."""
        outcome = await self.session.execute(text)
        return Answer(outcome=outcome, error=outcome.error)

    def is_complete(self, text: str) -> Completeness:
        """Whether *text* can be run as it is."""
        return self.session.is_complete(text)

    def names(self, owner: str) -> list[str]:
        """What could have been meant: the functions of a group, or the globals and locals for ""."""
        known = self.runtime.known_names(owner)
        return known if owner else [*known, *self.session.cells.names()]

    def interrupt(self) -> bool:
        """Stop the Lua code that runs; for any thread. False when none does."""
        return self.session.interrupt()

    async def end(self) -> None:
        """Cancel what is left, on the loop that ran it."""
        await self.runtime.scheduler.end_async()

    def close(self) -> None:
        """Release what the runtime holds, once its loop has stopped."""
        self.runtime.close()

"""An interactive session: inputs are run one after the other, and what they define stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from assay_shell.runtime.errors import AssayError, ScriptSyntaxError
from assay_shell.session.cells import Cells
from assay_shell.session.tokens import depth_at_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.vm import Runtime

_KEPT_RESULTS = 100
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether an input can be run: *status* is `complete`, `incomplete` or `invalid`; *indent* starts its next line."""

    status: str
    indent: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many items of a stream came; within how many *seconds*, where somebody ended it."""

    count: int
    seconds: float | None


@dataclass(slots=True)
class Outcome:
    """What came of an input: raw *values* to show, or the *error* that ended it; *seconds* it took."""

    number: int
    source: str
    name: str
    values: list[Any] = field(default_factory=list)
    error: AssayError | None = None
    seconds: float = 0.0
    kept: bool = False
    """Whether its first value became `_`."""
    taken: Taken | None = None
    """What was taken of it, where it was a stream."""


class Session:
    """The inputs of one user over one runtime, which the caller makes and closes."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.cells = Cells(runtime)
        self.results: list[Any] = []
        """Raw results, the latest first: what `_`, `_2` and so on mean."""
        self.inputs: list[Outcome] = []
        """All that was run, in order."""
        self.number = 0

    async def execute(self, source: str, *, name: str = "", store: bool = True) -> Outcome:
        """Run *source* to its end on the running event loop; errors are part of the outcome, and call it *name*.

        With *store* unset nothing of it is remembered: neither the input nor its result.

        Raises:
            asyncio.CancelledError: whoever awaits this was cancelled; the input is then cancelled too.
        """
        number = self.number + 1
        if store:
            self.number = number
        outcome = Outcome(number, source, name or f"<input {number}>")
        started = monotonic()
        try:
            cell = self.cells.compile(source, outcome.name, self.results)
            values = await self.runtime.results_of(cell.function)
            outcome.values = [] if cell.is_call and values == [None] else values
        except AssayError as error:
            outcome.error = error
        outcome.seconds = monotonic() - started
        if store:
            self._remember(outcome)
        return outcome

    def _remember(self, outcome: Outcome) -> None:
        self.inputs.append(outcome)
        if len(self.inputs) > _KEPT_RESULTS:
            self.inputs[-_KEPT_RESULTS - 1].values = []  # what was shown long ago must not fill the memory
        outcome.kept = self.keep_result(outcome.values)

    def keep_result(self, values: list[Any]) -> bool:
        """Make the first of some raw values `_`, unless it is nil; whether it was."""
        if not values or values[0] is None:
            return False
        self.results = [values[0], *self.results[: _KEPT_RESULTS - 1]]
        return True

    def keep_items(self, outcome: Outcome | None, items: Any, count: int, seconds: float | None) -> None:
        """Make the raw list *items*, all that came of a stream, the result in the stream's place.

        *count* and *seconds* are as `Taken` says; *outcome* is of the input that gave the stream, if one did.
        """
        if outcome is not None:
            outcome.taken = Taken(count, seconds)
            if outcome.kept:
                self.results = self.results[1:]
        kept = self.keep_result([items])
        if outcome is not None:
            outcome.kept = kept

    def forget(self) -> None:
        """Drop locals and results; the inputs stay."""
        self.cells.forget()
        self.results = []

    def interrupt(self) -> bool:
        """Stop the input that runs, wherever it is; for any thread. False when none was running."""
        return self.runtime.interrupt()

    def is_complete(self, source: str) -> Completeness:
        """Whether *source* can be run as it is, needs more, or can never be right."""
        try:
            self.cells.compile(source, "<input>", self.results)
        except ScriptSyntaxError as error:
            if not error.incomplete or "unfinished string" in error.message:  # a quoted string ends on its line
                return Completeness("invalid")
            return Completeness("incomplete", _INDENT * depth_at_end(source))
        return Completeness("complete")

    def locals(self) -> dict[str, Any]:
        """The raw values of the locals that persist, by name."""
        return self.cells.values()

    def source_of(self, chunk: str) -> str | None:
        """The input that errors name *chunk*, None when none has that name. Lua cuts long ones at their front."""
        cut = chunk.removeprefix("...") if chunk.startswith("...") else None
        for outcome in reversed(self.inputs):
            if outcome.name == chunk or (cut and outcome.name.endswith(cut)):
                return outcome.source
        return None

"""How much work one rendering may do, so that no template can hang or fill the machine."""

from __future__ import annotations

from assay_shell.runtime.builtins.template.failure import Failure, invalid

STEPS = 10_000_000
"""Loop rounds, calls, comparisons and printed values in one rendering: some ten seconds of work."""

UNITS_PER_STEP = 32
"""Characters or list items that cost as much as one step to copy: 320 million in one rendering."""

RANGE_ITEMS = 100_000
"""The longest `range`."""

DEPTH = 500
"""Scopes that may be open at a time; a macro call counts for several."""


class Budget:
    """What is left of one rendering's allowance; it is charged before the work is done."""

    __slots__ = ("left",)

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Pay for *steps* steps.

        Raises:
            Failure: the allowance is used up.
        """
        self.left -= steps
        if self.left < 0:
            raise _exhausted()

    def make(self, units: int) -> None:
        """Pay for a text or list of *units* characters or items; call it before making them.

        Raises:
            Failure: the allowance is used up.
        """
        self.left -= 1 + units // UNITS_PER_STEP
        if self.left < 0:
            raise _exhausted()


def _exhausted() -> Failure:
    return invalid(
        f"the template does too much: more than {STEPS:,} steps (a step is a loop round, a call, a printed value,"
        f" or {UNITS_PER_STEP} characters or list items made)"
    )

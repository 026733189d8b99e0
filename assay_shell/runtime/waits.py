"""What a builtin may wait for besides an awaitable: cheaper, because no asyncio task is needed for it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.scheduler import Task


class Timer:
    """A plain wait of some *seconds*: `loop.call_later`, without an asyncio task."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def close(self) -> None:
        """Nothing is held before the wait starts."""


class Ended:
    """A wait for the end of another *task*; its result is how that ended."""

    __slots__ = ("task",)

    def __init__(self, task: Task) -> None:
        self.task = task

    def close(self) -> None:
        """Nothing is held before the wait starts."""

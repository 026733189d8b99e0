"""What a builtin may wait for besides an awaitable."""

from __future__ import annotations


class Timer:
    """A plain wait of some *seconds*: `loop.call_later`, without an asyncio task."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def close(self) -> None:
        """Nothing is held before the wait starts."""

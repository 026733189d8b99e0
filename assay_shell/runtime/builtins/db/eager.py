"""Coroutines that run at once as far as they get, so that what need not wait costs no event loop.

A short SQLite statement takes microseconds; a task for it on the event loop would take ten times as long, and the
first one would import asyncio.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator
    from typing import TypeVar

    Result = TypeVar("Result")


class _Suspended:
    """Awaiting it gives the event loop one turn."""

    def __await__(self) -> Generator[None, None, None]:
        yield


def suspended() -> _Suspended:
    """What a coroutine started by `eagerly` awaits before it touches the event loop."""
    return _Suspended()


def eagerly(coroutine: Coroutine[None, None, Result]) -> Result | Coroutine[None, None, Result]:
    """Run *coroutine* up to its first `suspended`: its result where it gets through, else itself, to be awaited.

    A task takes it up where it stands, since that first wait asks for nothing but a turn.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    return coroutine

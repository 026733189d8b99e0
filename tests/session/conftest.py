"""A session on a runtime of its own."""

from __future__ import annotations

import asyncio

import pytest

from assay_shell.runtime.vm import Runtime
from assay_shell.session.session import Outcome, Session


class Typed:
    """A session that is typed into: each input runs to its end on one event loop."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.loop = asyncio.new_event_loop()
        self.session = Session(runtime)

    def outcome(self, source: str) -> Outcome:
        """What came of *source*."""
        return self.loop.run_until_complete(self.session.execute(source))

    def values(self, source: str) -> list[object]:
        """The values of *source*, which must not fail."""
        outcome = self.outcome(source)
        assert outcome.error is None, outcome.error
        return [self.runtime.border.deep(raw) for raw in outcome.values]

    def close(self) -> None:
        """End what is left."""
        self.loop.run_until_complete(self.runtime.scheduler.end_async())
        self.runtime.close()
        self.loop.close()


@pytest.fixture
def printed():
    """The pieces that the session printed."""
    return []


@pytest.fixture
def typed(printed):
    """A session to type into; what it prints is in `printed`."""
    session = Typed(Runtime(stdout=printed.append))
    yield session
    session.close()

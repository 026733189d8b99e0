"""Fixtures every test may use: `run`, `fails`, `stub`, `cli`, and the check that nothing stays behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import settings

from tests.support.command import Command
from tests.support.leftovers import Leftovers
from tests.support.stub import Stub

# nbformat and jsonschema would take two seconds to load it, in each worker, and nothing here checks an IRI.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# A busy machine is no reason to fail: each test has its own time limit.
settings.register_profile("assay", deadline=None, max_examples=100)
settings.load_profile("assay")


class Run(Protocol):
    def __call__(self, code: str | bytes, /, name: str = "<test>", **options: object) -> object: ...


class Fails(Protocol):
    def __call__(self, code: str | bytes, /, name: str = "<test>", **options: object) -> str: ...


@pytest.fixture(autouse=True)
def nothing_stays_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves threads or child processes (mark `leaves(reason)` where that is meant)."""
    before = Leftovers()
    yield
    if request.node.get_closest_marker("leaves") is None and (left := before.wait()):
        pytest.fail("left behind: " + ", ".join(left))


@pytest.fixture
def run() -> Run:
    """Evaluate Lua code in a fresh runtime and return its first result as a Python value (None when there is none)."""

    def evaluate(code: str | bytes, /, name: str = "<test>", **options: object) -> object:
        from assay_shell.runtime.vm import Runtime

        runtime = Runtime(**options)  # type: ignore[arg-type]
        try:
            results = runtime.evaluate(code, name=name)
        finally:
            runtime.close()
        return results[0] if results else None

    return evaluate


@pytest.fixture
def fails(run: Run) -> Fails:
    """Evaluate Lua code that must end in an error nobody catches, and return that error's message."""

    def evaluate(code: str | bytes, /, name: str = "<test>", **options: object) -> str:
        from assay_shell.runtime.errors import ScriptError

        with pytest.raises(ScriptError) as caught:
            run(code, name=name, **options)
        return str(caught.value.message)

    return evaluate


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Run a loopback HTTP server for the length of the test."""
    server = Stub()
    yield server
    server.close()


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Command]:
    """Run the installed command in an empty folder."""
    command = Command(tmp_path)
    yield command
    command.close()

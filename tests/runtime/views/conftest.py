"""Fixtures for views: a runtime and the view of what Lua code returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from assay_shell.runtime.views.choose import choose
from assay_shell.runtime.vm import Runtime


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """A runtime that is closed after the test."""
    with Runtime() as made:
        yield made


@pytest.fixture
def raw(runtime: Runtime) -> Callable[[str], Any]:
    """The raw result of a Lua chunk."""
    return lambda code: runtime.compile(code)()


@pytest.fixture
def view(runtime: Runtime, raw: Callable[[str], Any]) -> Callable[[str], Any]:
    """The view of what a Lua chunk returns."""
    return lambda code: choose(runtime, raw(code))

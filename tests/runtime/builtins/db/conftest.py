"""A fresh SQLite database in memory for each test: `c` in the code that is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Fails, Run

Sqlite = Callable[..., object]
CONNECT = "local c = db.connect('sqlite::memory:') "


@pytest.fixture
def sqlite(run: Run) -> Sqlite:
    """Evaluate Lua code with `c` as a connection; its first result."""

    def evaluate(code: str, **options: Any) -> object:
        return run(CONNECT + code, **options)

    return evaluate


@pytest.fixture
def refused(fails: Fails) -> Callable[..., str]:
    """The message of Lua code that fails, with `c` as a connection."""

    def evaluate(code: str, **options: Any) -> str:
        return fails(CONNECT + code, **options)

    return evaluate

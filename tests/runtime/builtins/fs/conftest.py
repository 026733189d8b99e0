"""Where tests of files work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    pass

@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def zoo(here: Path) -> Path:
    """A directory with one of each kind."""
    (here / "zoo").mkdir()
    (here / "zoo/file").touch()
    (here / "zoo/.hidden").touch()
    (here / "zoo/dir/deep").mkdir(parents=True)
    (here / "zoo/dir/deep/bottom").touch()
    (here / "zoo/link").symlink_to("dir")
    (here / "zoo/dangling").symlink_to("nowhere")
    os.mkfifo(here / "zoo/pipe")
    return here / "zoo"

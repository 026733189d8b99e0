"""The first two minutes of a newcomer: a fresh clone, `make run`, and `make run` again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def make_run(clone: Path) -> str:
    """Return everything `make run` prints where there is no terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "VIRTUAL_ENV"))}
    done = subprocess.run(
        ["make", "run"], cwd=clone, env=kept, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_fresh_clone_shows_the_tour_and_sets_itself_up_only_once(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    first, second = make_run(clone), make_run(clone)
    assert "GET /inventory.json -> 200" in first
    assert "GET /inventory.json -> 200" in second
    assert "pip install" in first
    assert "pip install" not in second
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, check=True, capture_output=True)
    assert status.stdout == b""

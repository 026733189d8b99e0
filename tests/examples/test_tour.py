"""The tour that `make run` shows where there is no terminal."""

from __future__ import annotations

import re
from pathlib import Path

from assay_shell.runtime.builtins import GROUPS
from tests.support.command import Command

TOUR = Path(__file__).parents[2] / "examples" / "tour.lua"


def test_the_tour_runs_against_this_machine_and_a_real_server(cli: Command, tmp_path: Path) -> None:
    done = cli(TOUR, env={"EDITOR": "ed", "TMPDIR": str(tmp_path)})
    shown = done.stdout.decode()
    assert done.returncode == 0, done.stderr.decode()
    for line in (
        "editor: ed",
        "cart  port 8081, deployed on push",
        "version 3.11, major 3",
        "CART WEB ",
        "GET /inventory.json -> 200, application/json",
        "GET /missing -> 404",
        "wc counts 3 lines",
        "a slow command was stopped: true",
        "fs.read: os error 2",
    ):
        assert line in shown.splitlines()
    assert re.search(r"three requests after 0\.1 s each took 0\.[12] s: \d+, \d+, \d+ bytes", shown)
    assert "INFO the tour took" in done.stderr.decode()
    assert list(tmp_path.iterdir()) == []


def test_the_tour_visits_at_least_ten_groups() -> None:
    text = TOUR.read_text()
    assert len([group for group in GROUPS if f"{group}." in text]) >= 10

"""The screens of the tour are what the shell shows today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.picture import text_of
from tests.support.screens import SCENES, path_of, take

TOUR = Path(__file__).parent.parent.parent / "docs" / "shell.md"
ALWAYS = "pods"
"""The scene that each run of the tests plays."""


@pytest.mark.timeout(90)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == ALWAYS else pytest.mark.long) for name in SCENES]
)
def test_a_screen_shows_what_the_shell_shows(name: str) -> None:
    assert text_of(path_of(name).read_text()) == text_of(take(name)), "make screens takes them again"


def test_the_tour_shows_each_screen_once() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(assets/shell-(\w+)\.svg\)", TOUR.read_text())
    assert sorted(shown) == sorted(SCENES)


def test_no_screen_asks_a_server_for_anything() -> None:
    for name in SCENES:
        assert not re.search(r"url\((?!#)|@import|href|<image", path_of(name).read_text())

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assay_shell.runtime.files.trees import entries, kind_of, remove_tree, walk


def paths(root: Path, depth: int | None = None) -> list[str]:
    return [os.path.relpath(entry.path, root) for entry in walk(str(root), depth)]


def test_a_deep_tree_is_walked_without_recursion(tmp_path: Path) -> None:
    made = [f"{tmp_path}{'/d' * level}" for level in range(1, 1201)]
    for path in made:
        os.mkdir(path)
    assert [entry.path for entry in walk(str(tmp_path))] == made
    for path in reversed(made):  # pytest's own clean-up calls itself for each level
        os.rmdir(path)


def test_what_vanishes_during_the_walk_is_left_out(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "below").mkdir(parents=True)
    found = walk(str(tmp_path))
    first = next(found)
    other = tmp_path / ("b" if first.name == "a" else "a")
    (other / "below").rmdir()
    other.rmdir()
    assert [entry.name for entry in found] == ["below", other.name]


def test_a_link_to_a_directory_above_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/up").symlink_to("..")
    assert paths(tmp_path) == ["d", "d/up"]


def test_the_walk_of_no_directory_fails(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(NotADirectoryError):
        next(walk(str(tmp_path / "f")))


def test_kinds_are_those_of_the_entries_themselves(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    (tmp_path / "d").mkdir()
    (tmp_path / "l").symlink_to("d")
    assert {entry.name: kind_of(entry) for entry in entries(str(tmp_path))} == {
        "f": "file",
        "d": "directory",
        "l": "symlink",
    }


def test_removing_a_tree_does_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "d").mkdir()
    (tmp_path / "d/link").symlink_to(tmp_path / "kept")
    (tmp_path / "kept/f").touch()
    remove_tree(str(tmp_path / "d"))
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept/f").exists()

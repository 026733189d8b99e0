"""What a file is: its kind, times and permissions."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.runtime.builtins.fs.files import mode_of

if TYPE_CHECKING:
    from tests.conftest import Fails, Run


# fs.stat, fs.exists, fs.is_file, fs.is_dir


def test_stat_of_a_file(run: Run, here: Path) -> None:
    (here / "f").write_bytes(b"12345")
    os.utime(here / "f", (1_000_000, 1_234_567.5))
    found = run('return fs.stat("f")')
    assert isinstance(found, dict)
    assert {key: found[key] for key in ("size", "is_file", "is_dir", "is_symlink", "modified")} == {
        "size": 5,
        "is_file": True,
        "is_dir": False,
        "is_symlink": False,
        "modified": 1_234_567.5,
    }
    assert run('local s = fs.stat("f"); return math.type(s.size) .. math.type(s.modified)') == "integerfloat"


def test_stat_of_a_directory(run: Run, here: Path) -> None:
    (here / "d").mkdir()
    assert run('local s = fs.stat("d/"); return s.is_dir and not s.is_file and not s.is_symlink') is True


def test_stat_follows_a_link_but_for_is_symlink(run: Run, here: Path) -> None:
    (here / "f").write_bytes(b"12345")
    (here / "link").symlink_to("f")
    assert run('local s = fs.stat("link"); return s.is_file and s.is_symlink and s.size == 5') is True


def test_a_device_is_neither_file_nor_directory(run: Run) -> None:
    assert run('local s = fs.stat("/dev/null"); return s.is_file or s.is_dir') is False


def test_the_time_of_creation_stays_when_the_file_changes(run: Run, here: Path) -> None:
    before = time.time()
    (here / "f").touch()
    os.utime(here / "f", (0, 2_000_000_000))
    created = run('return fs.stat("f").created')
    assert created is None or (isinstance(created, float) and abs(created - before) < 60)


def test_exists_and_its_sisters_follow_links(run: Run, zoo: Path) -> None:
    (zoo / "to file").symlink_to("file")
    code = """
      local answers = {}
      for i, name in ipairs { "file", "dir", "link", "to file", "dangling", "pipe", "nothing", "file/", "" } do
        local path = "zoo/" .. name
        answers[i] = ("%s %s %s"):format(fs.exists(path), fs.is_file(path), fs.is_dir(path))
      end
      return answers
    """
    assert run(code) == [
        "true true false",
        "true false true",
        "true false true",
        "true true false",
        "false false false",
        "true false false",
        "false false false",
        "false false false",
        "true false true",
    ]


@pytest.mark.parametrize("function", ["exists", "is_file", "is_dir"])
def test_impossible_paths_do_not_exist(run: Run, function: str) -> None:
    for path in ('""', '"a\\0b"', '("x"):rep(5000)'):
        assert run(f"return fs.{function}({path})") is False


# fs.chmod


@pytest.mark.parametrize(
    ("mode", "bits"),
    [
        pytest.param('tonumber("755", 8)', 0o755, id="octal"),
        pytest.param("384", 0o600, id="plain integer"),
        pytest.param('"448"', 448, id="text is decimal"),
        pytest.param("384.9", 0o600, id="fractions are dropped"),
        pytest.param('tonumber("100640", 8)', 0o640, id="the kind of file is no permission"),
    ],
)
def test_permission_bits_are_set(run: Run, here: Path, mode: str, bits: int) -> None:
    (here / "f").touch()
    (here / "link").symlink_to("f")
    assert run(f'return fs.chmod("link", {mode})') is None
    assert mode_of(here / "f") == bits


@pytest.mark.parametrize("mode", ["-1", "2^32"])
def test_a_mode_out_of_range_is_an_error(fails: Fails, here: Path, mode: str) -> None:
    (here / "f").touch()
    assert fails(f'fs.chmod("f", {mode})') == "bad argument #2: error converting Lua integer to u32 (out of range)"

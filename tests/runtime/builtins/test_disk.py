from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.vm import Runtime

if TYPE_CHECKING:
    from tests.conftest import Fails, Run

MISSING = "No such file or directory (os error 2)"
NO_DIRECTORY = "Not a directory (os error 20)"
NUL = "file name contained an unexpected NUL byte"
HOUR = 3600


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def aged(path: Path, seconds: float) -> Path:
    """Set the modification time of *path* that far back."""
    moment = time.time() - seconds
    os.utime(path, (moment, moment))
    return path


# disk.usage


def test_usage_counts_bytes(run: Run) -> None:
    found = run('return disk.usage(".")')
    assert isinstance(found, dict)
    system = os.statvfs(".")
    assert found["total"] == system.f_blocks * system.f_frsize
    assert found["used"] == found["total"] - found["free"]
    assert 0 <= found["available"] <= found["free"] <= found["total"]
    assert found["percent"] == pytest.approx(100 * found["used"] / found["total"])


def test_usage_has_integers_and_a_float(run: Run) -> None:
    code = """
      local u, kinds = disk.usage("."), {}
      for i, name in ipairs { "total", "free", "used", "available", "percent" } do kinds[i] = math.type(u[name]) end
      return table.concat(kinds, " ")
    """
    assert run(code) == "integer integer integer integer float"


def test_usage_takes_a_file_and_a_link(run: Run, here: Path) -> None:
    (here / "f").touch()
    (here / "link").symlink_to("f")
    assert run('return disk.usage("f").total == disk.usage(".").total and disk.usage("link").total > 0') is True


def test_percent_stays_within_its_limits_even_without_any_blocks(run: Run) -> None:
    for path in ("/", "/proc", "/dev"):
        if os.path.exists(path):
            percent = run(f'return disk.usage("{path}").percent')
            assert isinstance(percent, float)
            assert 0 <= percent <= 100


# disk.sweep


def test_only_entries_older_than_the_age_go(run: Run, here: Path) -> None:
    old, young = here / "d/old", here / "d/young"
    for path in (old, young):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    aged(old, 2 * HOUR)
    aged(young, HOUR / 2)
    assert run(f'return disk.sweep("d", {HOUR})') == 1
    assert not old.exists()
    assert young.exists()


def test_directories_go_recursively_by_their_own_time(run: Run, here: Path) -> None:
    for name in ("old", "young"):
        (here / "d" / name / "deep").mkdir(parents=True)
        aged(here / "d" / name / "deep", 9 * HOUR)
    aged(here / "d/old", 2 * HOUR)
    assert run(f'return disk.sweep("d", {HOUR})') == 1
    assert [path.name for path in (here / "d").iterdir()] == ["young"]
    assert (here / "d/young/deep").exists()


def test_a_link_goes_by_the_time_of_what_it_leads_to_which_stays(run: Run, here: Path) -> None:
    (here / "outside").mkdir()
    aged(here / "outside", 2 * HOUR)
    (here / "d").mkdir()
    (here / "d/link").symlink_to(here / "outside")
    assert run(f'return disk.sweep("d", {HOUR})') == 1
    assert not (here / "d/link").is_symlink()
    assert (here / "outside").is_dir()


def test_a_dangling_link_is_skipped(run: Run, here: Path) -> None:
    (here / "d").mkdir()
    (here / "d/a").symlink_to("nowhere")
    (here / "d/loop").symlink_to("loop")
    for name in ("b", "0"):
        (here / "d" / name).touch()
        aged(here / "d" / name, 2 * HOUR)
    assert run(f'return disk.sweep("d", {HOUR})') == 2
    assert sorted(path.name for path in (here / "d").iterdir()) == ["a", "loop"]


@pytest.mark.parametrize(
    ("age", "removed"),
    [
        pytest.param("0", 1, id="anything from the past"),
        pytest.param("0.5", 1, id="a fraction"),
        pytest.param("'60'", 1, id="a numeric string"),
        pytest.param("1e300", 0, id="longer than time"),
        pytest.param("math.huge", 0, id="infinity"),
        pytest.param("0/0", 0, id="not a number"),
    ],
)
def test_the_age_is_any_number_of_seconds(run: Run, here: Path, age: str, removed: int) -> None:
    (here / "d").mkdir()
    (here / "d/f").touch()
    aged(here / "d/f", HOUR)
    assert run(f'return disk.sweep("d", {age})') == removed


def test_an_empty_directory_has_nothing_to_sweep(run: Run) -> None:
    assert run('return math.type(disk.sweep(".", 0)) .. disk.sweep(".", 0)') == "integer0"


def test_what_cannot_be_removed_does_not_keep_the_rest(run: Run, unprivileged: Path) -> None:
    run("return pcall(disk.sweep, '/nowhere', 1)")  # loads what is needed
    for name in ("a", "b", "c"):
        (unprivileged / name / "deep").mkdir(parents=True)
        aged(unprivileged / name, HOUR)
    (unprivileged / "b").chmod(0o500)
    try:
        with pytest.raises(ScriptError) as caught, Runtime() as runtime:
            runtime.evaluate(f'disk.sweep("{unprivileged}", 60)')
        assert [path.name for path in unprivileged.iterdir()] == ["b"]
    finally:
        (unprivileged / "b").chmod(0o700)
    expected = f'disk.sweep: failed to remove "{unprivileged}/b": Permission denied (os error 13)'
    assert caught.value.message == expected


# disk.dir_size


def test_the_size_is_the_sum_of_all_regular_files_below(run: Run, here: Path) -> None:
    (here / "outside").write_bytes(b"x" * 1000)
    (here / "d/e/f").mkdir(parents=True)
    (here / "d/a").write_bytes(b"x" * 7)
    (here / "d/.hidden").write_bytes(b"x" * 20)
    (here / "d/e/f/b").write_bytes(b"x" * 300)
    (here / "d/link").symlink_to(here / "outside")
    (here / "d/dangling").symlink_to("nowhere")
    (here / "d/up").symlink_to("..")
    os.mkfifo(here / "d/pipe")
    assert run('return disk.dir_size("d")') == 327
    assert run('return disk.dir_size("d/e/")') == 300


def test_an_empty_directory_has_size_0(run: Run) -> None:
    assert run('return math.type(disk.dir_size(".")) .. disk.dir_size(".")') == "integer0"


# disk.mounts


def test_mounts_name_what_is_mounted_where(run: Run) -> None:
    found = run("return disk.mounts(true)")
    assert isinstance(found, list)
    root = next(mount for mount in found if mount["mountpoint"] == "/")
    assert set(root) == {"device", "mountpoint", "fstype", "options"}
    assert root["fstype"]
    assert set(root["options"].split(",")) & {"ro", "rw"}


def test_windows_into_the_kernel_are_left_out_unless_asked_for(run: Run) -> None:
    found = run("return disk.mounts()")
    everything = run("return disk.mounts(true)")
    assert isinstance(found, list)
    assert isinstance(everything, list)
    assert any(mount["mountpoint"] == "/" for mount in found)
    assert not {"proc", "sysfs", "cgroup2", "devpts"} & {mount["fstype"] for mount in found}
    assert len(everything) >= len(found)


# errors and the guard


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param('disk.usage("no")', f'disk.usage: failed to stat "no": {MISSING}', id="usage"),
        pytest.param('disk.usage("a\\0b")', f'disk.usage: failed to stat "a\0b": {NUL}', id="usage NUL"),
        pytest.param('disk.sweep("no", 1)', f'disk.sweep: failed to list "no": {MISSING}', id="sweep"),
        pytest.param('disk.sweep("f", 1)', f'disk.sweep: failed to list "f": {NO_DIRECTORY}', id="sweep file"),
        pytest.param('disk.dir_size("no")', f'disk.dir_size: failed to read "no": {MISSING}', id="dir_size"),
        pytest.param('disk.dir_size("f")', f'disk.dir_size: failed to read "f": {NO_DIRECTORY}', id="dir_size file"),
    ],
)
def test_a_failure_names_function_path_and_cause(fails: Fails, here: Path, call: str, message: str) -> None:
    (here / "f").touch()
    assert fails(call) == message


@pytest.mark.parametrize("function", ["usage", "sweep", "dir_size"])
@pytest.mark.parametrize(("value", "kind"), [("nil", "nil"), ("true", "boolean"), ("{}", "table")])
def test_a_path_must_be_text_or_a_number(fails: Fails, function: str, value: str, kind: str) -> None:
    expected = f"bad argument #1: error converting Lua {kind} to String (expected string or number)"
    assert fails(f"disk.{function}({value}, 1)") == expected


@pytest.mark.parametrize(("value", "kind"), [("nil", "nil"), ("{}", "table"), ("'soon'", "string")])
def test_an_age_must_be_a_number(fails: Fails, value: str, kind: str) -> None:
    expected = f"bad argument #2: error converting Lua {kind} to number (expected number or string coercible to number)"
    assert fails(f'disk.sweep(".", {value})') == expected


def test_sweeping_is_refused_under_readonly(run: Run, here: Path) -> None:
    (here / "d").mkdir()
    aged(here / "d", HOUR)
    text = run('local ok, e = pcall(disk.sweep, ".", 1); return tostring(e)', readonly=True)
    assert "readonly: disk.sweep blocked (.)" in str(text)
    assert (here / "d").exists()


def test_looking_is_allowed_under_readonly(run: Run) -> None:
    code = 'return type(disk.usage(".")) .. disk.dir_size(".") .. type(disk.mounts())'
    assert run(code, readonly=True) == "table0table"

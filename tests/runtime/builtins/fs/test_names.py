"""Files and folders by name: listed, found, made, copied, renamed, linked, removed."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assay_shell.runtime.values import as_text
from tests.runtime.builtins.fs.files import ALL_BYTES, MISSING, NUL, lua_string, mode_of, names

if TYPE_CHECKING:
    from tests.conftest import Fails, Run


# fs.remove


def test_a_file_is_removed(run: Run, here: Path) -> None:
    (here / "f").touch()
    run('fs.remove("f")')
    assert not (here / "f").exists()


def test_a_directory_is_removed_with_all_it_holds(run: Run, here: Path) -> None:
    (here / "outside").mkdir()
    (here / "outside/kept").touch()
    (here / "d/e/f").mkdir(parents=True)
    (here / "d/e/file").touch()
    (here / "d/e/link").symlink_to(here / "outside")
    run('fs.remove("d")')
    assert not (here / "d").exists()
    assert (here / "outside/kept").exists()


@pytest.mark.parametrize("link", ["link", "link/", "link//"])
def test_of_a_link_only_the_link_is_removed(run: Run, here: Path, link: str) -> None:
    (here / "d").mkdir()
    (here / "d/kept").touch()
    (here / "link").symlink_to("d")
    run(f'fs.remove("{link}")')
    assert not (here / "link").is_symlink()
    assert (here / "d/kept").exists()


def test_a_dangling_link_is_removed(run: Run, here: Path) -> None:
    (here / "link").symlink_to("nowhere")
    run('fs.remove("link")')
    assert not (here / "link").is_symlink()


def test_a_directory_may_be_named_with_a_slash(run: Run, here: Path) -> None:
    (here / "d/e").mkdir(parents=True)
    run('fs.remove("d/")')
    assert not (here / "d").exists()


# fs.list, fs.readdir


@pytest.mark.usefixtures("zoo")
def test_a_list_has_name_and_type_of_each_entry(run: Run) -> None:
    assert names(run('return fs.list("zoo")'), "name") == {
        "file": "file",
        ".hidden": "file",
        "dir": "directory",
        "link": "symlink",
        "dangling": "symlink",
        "pipe": "file",
    }


def test_sockets_and_devices_count_as_files(run: Run, here: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("sock")
        assert names(run('return fs.list(".")'), "name") == {"sock": "file"}
    assert names(run('return fs.list("/dev")'), "name")["null"] == "file"


def test_an_empty_directory_lists_as_an_empty_table(run: Run) -> None:
    assert run('return #fs.list(".") + #fs.readdir(".")') == 0


@pytest.mark.usefixtures("zoo")
@pytest.mark.parametrize("path", ["zoo", "zoo/", "./zoo"])
def test_everything_below_a_directory_has_its_path_relative_to_it(run: Run, path: str) -> None:
    assert names(run(f'return fs.readdir("{path}")')) == {
        "file": "file",
        ".hidden": "file",
        "dir": "directory",
        "dir/deep": "directory",
        "dir/deep/bottom": "file",
        "link": "symlink",
        "dangling": "symlink",
        "pipe": "file",
    }


@pytest.mark.usefixtures("zoo")
def test_a_directory_comes_before_what_is_in_it(run: Run) -> None:
    found = list(names(run('return fs.readdir("zoo")')))
    assert found.index("dir") < found.index("dir/deep") < found.index("dir/deep/bottom")


@pytest.mark.usefixtures("zoo")
@pytest.mark.parametrize(
    ("opts", "deepest"),
    [
        pytest.param("{ depth = 0 }", 1, id="0 acts like 1"),
        pytest.param("{ depth = 1 }", 1, id="1"),
        pytest.param("{ depth = 2 }", 2, id="2"),
        pytest.param("{ depth = 2.9 }", 2, id="fractions are dropped"),
        pytest.param("{ depth = '2' }", 2, id="a numeric string"),
        pytest.param("{ depth = 99 }", 3, id="more than there is"),
        pytest.param("{}", 3, id="no depth"),
        pytest.param("nil", 3, id="nil"),
        pytest.param("1", 3, id="a number is ignored"),
        pytest.param("'x'", 3, id="a string is ignored"),
    ],
)
def test_depth_is_the_number_of_levels(run: Run, opts: str, deepest: int) -> None:
    found = names(run(f'return fs.readdir("zoo", {opts})'))
    assert max(path.count("/") for path in found) + 1 == deepest


def test_an_unknown_option_is_an_error_under_strict(run: Run) -> None:
    text = run('local ok, e = pcall(fs.readdir, ".", { deph = 1 }); return tostring(e)', strict=True)
    assert "deph" in str(text)
    assert "depth" in str(text)


@pytest.mark.parametrize(
    ("opts", "message"),
    [
        ("{ depth = {} }", "error converting Lua table to integer (expected number or string coercible to number)"),
        ("{ depth = -1 }", "error converting Lua integer to usize (out of range)"),
        ("{ depth = 1e300 }", "error converting Lua number to integer (out of range)"),
    ],
)
def test_a_depth_that_is_no_count_is_an_error(fails: Fails, opts: str, message: str) -> None:
    assert fails(f'fs.readdir(".", {opts})') == message


@pytest.mark.parametrize("arguments", ["", "nil", "nil, { depth = 1 }"])
def test_reading_a_tree_needs_a_path(fails: Fails, arguments: str) -> None:
    assert fails(f"fs.readdir({arguments})") == "fs.readdir: path required"


# fs.mkdir


def test_a_directory_is_made_with_its_parents(run: Run, here: Path) -> None:
    assert run('return fs.mkdir("a/b/c")') is None
    assert (here / "a/b/c").is_dir()
    run('fs.mkdir("a/b/c") fs.mkdir("a/b/") fs.mkdir(".")')


def test_a_link_to_a_directory_is_one(run: Run, here: Path) -> None:
    (here / "d").mkdir()
    (here / "link").symlink_to("d")
    run('fs.mkdir("link") fs.mkdir("link/below")')
    assert (here / "d/below").is_dir()


# fs.copy


def test_a_copy_has_the_content_and_the_permissions(run: Run, here: Path) -> None:
    (here / "f").write_bytes(ALL_BYTES * 10_000)
    (here / "f").chmod(0o751)
    assert run('return fs.copy("f", "g")') == 2_560_000
    assert (here / "g").read_bytes() == ALL_BYTES * 10_000
    assert mode_of(here / "g") == 0o751


def test_a_copy_overwrites_and_takes_over_the_permissions(run: Run, here: Path) -> None:
    (here / "f").write_text("new")
    (here / "f").chmod(0o600)
    (here / "g").write_text("old and longer")
    (here / "g").chmod(0o644)
    assert run('return fs.copy("f", "g")') == 3
    assert (here / "g").read_text() == "new"
    assert mode_of(here / "g") == 0o600


def test_copying_follows_links_on_both_sides(run: Run, here: Path) -> None:
    (here / "f").write_text("content")
    (here / "from").symlink_to("f")
    (here / "g").touch()
    (here / "to").symlink_to("g")
    run('fs.copy("from", "to")')
    assert (here / "to").is_symlink()
    assert (here / "g").read_text() == "content"


def test_an_empty_file_is_copied(run: Run, here: Path) -> None:
    (here / "f").touch()
    assert run('return fs.copy("f", "g")') == 0
    assert (here / "g").exists()


def test_a_file_can_be_copied_into_a_device(run: Run, here: Path) -> None:
    (here / "f").write_text("content")
    before = mode_of(Path("/dev/null"))
    assert run('return fs.copy("f", "/dev/null")') == 7
    assert mode_of(Path("/dev/null")) == before


def test_copying_a_file_onto_itself_leaves_it_whole(fails: Fails, here: Path) -> None:
    (here / "f").write_text("content")
    (here / "link").symlink_to("f")
    assert fails('fs.copy("f", "link")') == 'fs.copy: failed to copy "f" to "link": they are the same file'
    assert (here / "f").read_text() == "content"


# fs.rename


def test_renaming_replaces_an_existing_file(run: Run, here: Path) -> None:
    (here / "f").write_text("new")
    (here / "g").write_text("old")
    assert run('return fs.rename("f", "g")') is None
    assert (here / "g").read_text() == "new"
    assert not (here / "f").exists()


def test_directories_are_renamed_too(run: Run, here: Path) -> None:
    (here / "d/e").mkdir(parents=True)
    run('fs.rename("d", "f")')
    assert (here / "f/e").is_dir()


# fs.symlink, fs.readlink


def test_a_link_is_made_and_read(run: Run, here: Path) -> None:
    assert run('fs.symlink("no/where", "link"); return fs.readlink("link")') == "no/where"
    assert os.readlink(here / "link") == "no/where"


def test_a_link_to_any_bytes_is_read(run: Run) -> None:
    target = ALL_BYTES.replace(b"\0", b"") if sys.platform == "linux" else "ä€".encode()
    assert run(f'fs.symlink({lua_string(target)}, "link"); return fs.readlink("link")') == as_text(target)


# fs.glob (its rules: tests/runtime/files/test_glob.py)


def test_matches_are_sorted_paths(run: Run, here: Path) -> None:
    for name in ("b.txt", "a.txt", ".c.txt", "d.log"):
        (here / name).touch()
    assert run('return fs.glob("./*.txt")') == [".c.txt", "a.txt", "b.txt"]
    assert run(f'return fs.glob("{here}/*.log")') == [f"{here}/d.log"]


def test_no_match_gives_an_empty_table(run: Run) -> None:
    assert run('return type(fs.glob("*")) == "table" and #fs.glob("*")') == 0


@pytest.mark.parametrize(
    ("pattern", "shown", "reason"),
    [
        pytest.param("a[b", "a[b", 'a "[" is never closed in "a[b"', id="open set"),
        pytest.param("x/a**", "x/a**", '"**" has to stand alone between slashes, not as in "a**"', id="crowded stars"),
        pytest.param("***", "***", '"**" has to stand alone between slashes, not as in "***"', id="three stars"),
        pytest.param('\\"[', '\\"[', 'a "[" is never closed in "\\"["', id="quote"),
        pytest.param("a\\0b", "a\0b", NUL, id="NUL"),
    ],
)
def test_an_invalid_pattern_is_an_error(fails: Fails, pattern: str, shown: str, reason: str) -> None:
    assert fails(f'fs.glob("{pattern}")') == f'fs.glob: invalid pattern "{shown}": {reason}'


# fs.tempdir


def test_a_temporary_directory_is_new_and_private(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(here))
    first, second = Path(str(run("return fs.tempdir()"))), Path(str(run("return fs.tempdir()")))
    assert first != second
    for path in (first, second):
        assert path.is_dir()
        assert path.parent == here
        assert re.fullmatch(r"assay-[0-9a-f]+-\d+", path.name)
        assert mode_of(path) == 0o700


def test_without_tmpdir_the_system_s_folder_is_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (None, ""):
        monkeypatch.delenv("TMPDIR", raising=False) if value is None else monkeypatch.setenv("TMPDIR", value)
        path = Path(str(run("return fs.tempdir()")))
        path.rmdir()
        assert path.parent == Path("/tmp")


def test_a_missing_tmpdir_is_an_error(fails: Fails, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(here / "gone"))
    message = fails("fs.tempdir()")
    assert message.startswith(f'fs.tempdir: failed to create "{here}/gone/assay-')
    assert message.endswith(f": {MISSING}")

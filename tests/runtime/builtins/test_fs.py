from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.values import as_bytes, as_text
from assay_shell.runtime.vm import Runtime

if TYPE_CHECKING:
    from tests.conftest import Fails, Run

ALL_BYTES = bytes(range(256))
MISSING = "No such file or directory (os error 2)"
NO_DIRECTORY = "Not a directory (os error 20)"
NUL = "file name contained an unexpected NUL byte"


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


def lua_string(data: bytes) -> str:
    return '"' + "".join(f"\\{byte:03}" for byte in data) + '"'


def names(found: object, key: str = "path") -> dict[str, str]:
    """Name (or path) -> type of what `fs.list` and `fs.readdir` answer."""
    assert isinstance(found, list)
    return {entry[key]: entry["type"] for entry in found}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# fs.read


def test_the_whole_file_is_read(run: Run, here: Path) -> None:
    (here / "f").write_text("one\r\ntwo\n\n")
    assert run('return fs.read("f")') == "one\r\ntwo\n\n"
    (here / "empty").touch()
    assert run('return fs.read("empty")') == ""


def test_all_bytes_of_a_file_are_read(run: Run, here: Path) -> None:
    (here / "f").write_bytes(ALL_BYTES)
    assert run('return fs.read("f")') == as_text(ALL_BYTES)
    assert run('return #fs.read("f")') == 256


def test_files_without_a_size_are_read(run: Run, here: Path) -> None:
    os.mkfifo(here / "pipe")
    writer = Thread(target=lambda: (here / "pipe").write_bytes(ALL_BYTES * 1000))
    writer.start()
    assert run('return fs.read("pipe")') == as_text(ALL_BYTES * 1000)
    writer.join()
    assert run('return fs.read("/dev/null")') == ""


def test_a_file_that_never_ends_is_an_error_and_the_script_goes_on(run: Run) -> None:
    code = 'local ok, e = pcall(fs.read, "/dev/zero"); return (ok and "" or tostring(e)) .. #fs.read("/dev/null")'
    text = run(code, memory_limit=8 << 20)
    assert "not enough memory" in str(text)
    assert str(text).endswith("0")


def test_a_file_beyond_the_memory_limit_is_an_error(run: Run, here: Path) -> None:
    with (here / "huge").open("wb") as file:
        file.truncate(1 << 40)
    text = run('local ok, e = pcall(fs.read, "huge"); return tostring(e)', memory_limit=8 << 20)
    assert "not enough memory" in str(text)


def test_a_tilde_is_an_ordinary_character(run: Run, here: Path) -> None:
    (here / "~").mkdir()
    (here / "~" / "f").write_text("mine")
    assert run('return fs.read("~/f")') == "mine"


ANY_NAME = st.binary(min_size=1, max_size=20).map(lambda raw: re.sub(rb"[/\0]", b"_", raw))
# macOS refuses names that are no UTF-8, and takes some names for one.
FILE_NAMES = (ANY_NAME if sys.platform == "linux" else st.from_regex(rb"[a-z ]{1,20}", fullmatch=True)).filter(
    lambda name: name not in (b".", b"..")
)


@given(data=st.binary(), name=FILE_NAMES)
def test_any_bytes_in_any_name_come_back(data: bytes, name: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, Runtime() as runtime:
        path = os.path.join(os.fsencode(folder), name)
        runtime.call("fs.write", path, data)
        [text] = runtime.call("fs.read", path)
        assert as_bytes(text) == data
        assert Path(os.fsdecode(path)).read_bytes() == data
        [[entry]] = runtime.call("fs.list", folder)
        assert as_bytes(entry["name"]) == name
        [[found]] = runtime.call("fs.glob", folder + "/*")
        assert as_bytes(found) == path


# fs.write, fs.append


def test_writing_creates_the_file_with_its_parents(run: Run, here: Path) -> None:
    run('fs.write("a/b/c.txt", "text")')
    assert (here / "a/b/c.txt").read_text() == "text"


def test_writing_answers_nothing(run: Run) -> None:
    assert run('return fs.write("f", "text")') is None
    assert run('return fs.append("f", "text")') is None


def test_writing_replaces_the_content(run: Run, here: Path) -> None:
    (here / "f").write_text("something longer")
    run('fs.write("f", "short")')
    assert (here / "f").read_text() == "short"


@pytest.mark.parametrize("function", ["write", "append"])
def test_all_bytes_are_written(run: Run, here: Path, function: str) -> None:
    run(f'fs.{function}("f", {lua_string(ALL_BYTES)})')
    assert (here / "f").read_bytes() == ALL_BYTES


def test_numbers_are_written_as_their_text(run: Run, here: Path) -> None:
    run('fs.write("f", 42) fs.append("f", 0.5)')
    assert (here / "f").read_text() == "420.5"


def test_writing_keeps_permissions_and_links(run: Run, here: Path) -> None:
    (here / "real").write_text("old")
    (here / "real").chmod(0o600)
    inode = (here / "real").stat().st_ino
    (here / "link").symlink_to("real")
    run('fs.write("link", "new")')
    assert (here / "link").is_symlink()
    assert (here / "real").read_text() == "new"
    assert mode_of(here / "real") == 0o600
    assert (here / "real").stat().st_ino == inode


@pytest.mark.usefixtures("umask")
def test_a_new_file_has_the_usual_permissions(run: Run, here: Path) -> None:
    run('fs.write("f", "")')
    assert mode_of(here / "f") == 0o644


def test_a_private_file_is_only_its_owners_and_replaced_as_a_whole(run: Run, here: Path) -> None:
    (here / "f").write_text("old")
    (here / "f").chmod(0o644)
    before = (here / "f").open()
    run('fs.write("f", "new", { private = true }) fs.write("a/b/token", "t", { private = true })')
    with before:
        assert before.read() == "old"
    assert ((here / "f").read_text(), mode_of(here / "f")) == ("new", 0o600)
    assert ((here / "a/b/token").read_text(), mode_of(here / "a/b/token")) == ("t", 0o600)
    assert [path.name for path in (here / "a/b").iterdir()] == ["token"]


def test_writing_through_a_dangling_link_creates_what_it_leads_to(run: Run, here: Path) -> None:
    (here / "link").symlink_to("target")
    run('fs.write("link", "x")')
    assert (here / "target").read_text() == "x"


def test_appending_adds_to_the_end_and_creates_what_is_missing(run: Run, here: Path) -> None:
    run('fs.append("logs/f", "one\\n") fs.append("logs/f", "two\\n")')
    assert (here / "logs/f").read_text() == "one\ntwo\n"


@pytest.mark.parametrize("function", ["write", "append"])
@pytest.mark.parametrize(
    ("path", "what"),
    [
        pytest.param(".", 'failed to write ".": Is a directory (os error 21)', id="a directory"),
        pytest.param("", f'failed to write "": {MISSING}', id="no name"),
        pytest.param("f/x", 'failed to create directories for "f/x": File exists (os error 17)', id="file as parent"),
        pytest.param("f/x/y", f'failed to create directories for "f/x/y": {NO_DIRECTORY}', id="file as grandparent"),
        pytest.param("astray", f'failed to write "astray": {MISSING}', id="link into nowhere"),
        pytest.param("a\\0b", f'failed to write "a\0b": {NUL}', id="NUL"),
    ],
)
def test_what_cannot_be_written_is_an_error(fails: Fails, here: Path, function: str, path: str, what: str) -> None:
    (here / "f").touch()
    (here / "astray").symlink_to("no/where")
    assert fails(f'fs.{function}("{path}", "x")') == f"fs.{function}: {what}"


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


# errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param('fs.read("no")', f'fs.read: failed to read "no": {MISSING}', id="read"),
        pytest.param('fs.read(".")', 'fs.read: failed to read ".": Is a directory (os error 21)', id="read directory"),
        pytest.param('fs.read("f/x")', f'fs.read: failed to read "f/x": {NO_DIRECTORY}', id="read below file"),
        pytest.param('fs.read("a\\0b")', f'fs.read: failed to read "a\0b": {NUL}', id="read NUL"),
        pytest.param('fs.read("")', f'fs.read: failed to read "": {MISSING}', id="read nothing"),
        pytest.param('fs.remove("no")', f'fs.remove: failed to remove "no": {MISSING}', id="remove"),
        pytest.param(
            'fs.remove("f/")', f'fs.remove: failed to remove "f/": {NO_DIRECTORY}', id="remove file with slash"
        ),
        pytest.param('fs.list("no")', f'fs.list: failed to list "no": {MISSING}', id="list"),
        pytest.param('fs.list("f")', f'fs.list: failed to list "f": {NO_DIRECTORY}', id="list file"),
        pytest.param('fs.list("a\\0b")', f'fs.list: failed to list "a\0b": {NUL}', id="list NUL"),
        pytest.param('fs.readdir("no")', f'fs.readdir: failed to read "no": {MISSING}', id="readdir"),
        pytest.param('fs.readdir("f")', f'fs.readdir: failed to read "f": {NO_DIRECTORY}', id="readdir file"),
        pytest.param('fs.stat("no")', f'fs.stat: failed to stat "no": {MISSING}', id="stat"),
        pytest.param('fs.stat("dangling")', f'fs.stat: failed to stat "dangling": {MISSING}', id="stat dangling"),
        pytest.param('fs.mkdir("f")', 'fs.mkdir: failed to create "f": File exists (os error 17)', id="mkdir on file"),
        pytest.param('fs.mkdir("f/d")', f'fs.mkdir: failed to create "f/d": {NO_DIRECTORY}', id="mkdir below file"),
        pytest.param('fs.copy("no", "g")', f'fs.copy: failed to copy "no" to "g": {MISSING}', id="copy"),
        pytest.param('fs.copy("f", "no/g")', f'fs.copy: failed to copy "f" to "no/g": {MISSING}', id="copy no parents"),
        pytest.param(
            'fs.copy("d", "g")',
            'fs.copy: failed to copy "d" to "g": the source is not a regular file',
            id="copy directory",
        ),
        pytest.param(
            'fs.copy("f", "d")', 'fs.copy: failed to copy "f" to "d": Is a directory (os error 21)', id="copy into"
        ),
        pytest.param('fs.rename("no", "g")', f'fs.rename: failed to rename "no" to "g": {MISSING}', id="rename"),
        pytest.param('fs.readlink("no")', f'fs.readlink: failed to read link "no": {MISSING}', id="readlink"),
        pytest.param(
            'fs.readlink("f")',
            'fs.readlink: failed to read link "f": Invalid argument (os error 22)',
            id="readlink of a file",
        ),
        pytest.param(
            'fs.symlink("x", "f")',
            'fs.symlink: failed to link "f" to "x": File exists (os error 17)',
            id="symlink over a file",
        ),
        pytest.param('fs.chmod("no", 384)', f'fs.chmod: failed to chmod "no": {MISSING}', id="chmod"),
        pytest.param('fs.read("a\\"\\\\b\\n")', f'fs.read: failed to read "a\\"\\\\b\\n": {MISSING}', id="quoting"),
    ],
)
def test_a_failure_names_function_path_and_cause(fails: Fails, here: Path, call: str, message: str) -> None:
    (here / "f").touch()
    (here / "d").mkdir()
    (here / "dangling").symlink_to("nowhere")
    assert fails(call) == message


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ('fs.read("{}/d/f")', "fs.read: failed to read"),
        ('fs.write("{}/d/f", "")', "fs.write: failed to write"),
        ('fs.write("{}/d/e/f", "")', "fs.write: failed to create directories for"),
        ('fs.remove("{}/d/f")', "fs.remove: failed to remove"),
        ('fs.remove("{}")', "fs.remove: failed to remove directory"),
        ('fs.list("{}/d")', "fs.list: failed to list"),
        ('fs.readdir("{}")', "fs.readdir: failed to read"),
        ('fs.mkdir("{}/d/e")', "fs.mkdir: failed to create"),
    ],
)
def test_what_is_forbidden_is_an_error(run: Run, unprivileged: Path, call: str, what: str) -> None:
    run("return fs, select('#', pcall(fs.readdir), pcall(fs.remove, '/nowhere'))")  # loads what is needed
    directory = unprivileged / "d"
    directory.mkdir()
    (directory / "f").touch()
    directory.chmod(0)
    try:
        with pytest.raises(ScriptError, match=r"Permission denied \(os error 13\)") as caught, Runtime() as runtime:
            runtime.evaluate(call.format(unprivileged))
    finally:
        directory.chmod(0o700)
    assert caught.value.message.startswith(what)


def test_forbidden_directories_match_nothing(run: Run, unprivileged: Path) -> None:
    (unprivileged / "a").mkdir()
    (unprivileged / "a/f").touch()
    (unprivileged / "b").mkdir(mode=0)
    assert run(f'return fs.glob("{unprivileged}/*/*")') == [f"{unprivileged}/a/f"]
    assert run(f'return fs.glob("{unprivileged}/**/f")') == [f"{unprivileged}/a/f"]


NEEDS_PATH = ("read", "remove", "list", "stat", "exists", "is_file", "is_dir", "mkdir", "readlink", "glob", "chmod")
NO_STRING = "bad argument #{}: error converting Lua {} to String (expected string or number)"


@pytest.mark.parametrize("function", [*NEEDS_PATH, "write", "append"])
@pytest.mark.parametrize(
    ("value", "kind"), [("nil", "nil"), ("true", "boolean"), ("{}", "table"), ("print", "function")]
)
def test_a_path_must_be_text_or_a_number(fails: Fails, function: str, value: str, kind: str) -> None:
    assert fails(f"fs.{function}({value})") == NO_STRING.format(1, kind)


@pytest.mark.parametrize("function", ["write", "append", "copy", "rename", "symlink"])
def test_the_second_argument_must_be_text_or_a_number(fails: Fails, function: str) -> None:
    assert fails(f'fs.{function}("x")') == NO_STRING.format(2, "nil")
    assert fails(f'fs.{function}("x", {{}})') == NO_STRING.format(2, "table")


def test_a_mode_must_be_a_number(fails: Fails) -> None:
    assert fails('fs.chmod(".")').startswith("bad argument #2: error converting Lua nil to ")
    assert fails('fs.chmod(".", "rwx")').endswith("(expected number or string coercible to number)")


def test_a_number_is_a_path_too(run: Run, here: Path) -> None:
    run('fs.write(42, "answer")')
    assert (here / "42").read_text() == "answer"
    assert run("return fs.read(42)") == "answer"


# the guard


@pytest.mark.parametrize(
    ("call", "target"),
    [
        ('fs.write("f", "x")', "f"),
        ('fs.append("f", "x")', "f"),
        ('fs.remove("f")', "f"),
        ('fs.mkdir("new")', "new"),
        ('fs.copy("f", "new")', "new"),
        ('fs.rename("f", "new")', "f -> new"),
        ('fs.symlink("f", "new")', "new"),
        ('fs.chmod("f", 0)', "f"),
        ("fs.tempdir()", "."),
    ],
)
def test_readonly_refuses_whatever_writes(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch, call: str, target: str
) -> None:
    monkeypatch.setenv("TMPDIR", ".")
    (here / "f").write_text("kept")
    before = mode_of(here / "f")
    function = call.partition("(")[0]
    text = run(f"local ok, e = pcall(function() {call} end); return tostring(e)", readonly=True)
    assert f"readonly: {function} blocked ({target})" in str(text)
    assert [path.name for path in here.iterdir()] == ["f"]
    assert (here / "f").read_text() == "kept"
    assert mode_of(here / "f") == before


def test_readonly_lets_reading_through(run: Run, here: Path) -> None:
    (here / "f").write_text("x")
    code = 'return fs.read("f") .. #fs.list(".") .. #fs.readdir(".") .. fs.stat("f").size .. #fs.glob("*")'
    assert run(code, readonly=True) == "x1111"


# cold start


def test_the_group_loads_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import assay_shell.runtime.builtins.fs;"
        "print(*set(sys.modules) - before)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "assay_shell.runtime.builtins.fs" in loaded
    assert not {"re", "shutil", "tempfile", "pathlib", "ctypes", "fnmatch", "asyncio"} & set(loaded)

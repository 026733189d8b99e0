"""What is in a file: read, written, appended."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.values import as_bytes, as_text
from assay_shell.runtime.vm import Runtime
from tests.runtime.builtins.fs.files import ALL_BYTES, MISSING, NO_DIRECTORY, NUL, lua_string, mode_of

if TYPE_CHECKING:
    from tests.conftest import Fails, Run


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

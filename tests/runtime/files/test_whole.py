from __future__ import annotations

import os
import resource
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay_shell.runtime.files.whole import check, write


def test_a_file_is_made_and_replaced(tmp_path: Path):
    path = tmp_path / "out"
    for data in (b"\xff\x00one", b"two"):
        write(str(path), data)
        assert path.read_bytes() == data
    assert os.listdir(tmp_path) == ["out"]


def test_a_name_without_a_folder_is_one_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write("out", b"here")
    assert (tmp_path / "out").read_bytes() == b"here"


def test_a_file_that_is_made_has_the_usual_mode(tmp_path: Path):
    usual = os.umask(0o027)
    try:
        for private, mode in ((False, 0o640), (True, 0o600)):
            write(str(tmp_path / f"{private}"), b"", private=private)
            assert (tmp_path / f"{private}").stat().st_mode & 0o777 == mode
    finally:
        os.umask(usual)


def test_a_file_for_its_owner_alone_stays_so(tmp_path: Path):
    path = tmp_path / "out"
    path.touch(0o600)
    write(str(path), b"x")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_goes_on_pointing_where_it_did(tmp_path: Path):
    (tmp_path / "link").symlink_to("real")
    write(str(tmp_path / "link"), b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"x"


def test_a_pipe_takes_the_bytes():
    reader, writer = os.pipe()
    write(f"/dev/fd/{writer}", b"through")
    os.close(writer)
    with open(reader, "rb") as file:
        assert file.read() == b"through"


def test_nothing_is_left_of_a_write_that_fails_halfway(tmp_path: Path):
    path = tmp_path / "out"
    path.write_bytes(b"as it was")
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write(str(path), b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert (path.read_bytes(), os.listdir(tmp_path)) == (b"as it was", ["out"])


@pytest.mark.parametrize("name", ["missing/out", "missing/", "x" * 300, ""])
def test_what_cannot_be_written_is_told(tmp_path: Path, name: str):
    with pytest.raises(OSError, match=r"No such|too long|directory"):
        write(f"{tmp_path}/{name}", b"x")


def test_what_is_private_is_so_behind_a_link_too(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write(str(tmp_path / "link"), b"new", private=True)
    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "real").read_text(), stat.S_IMODE((tmp_path / "real").stat().st_mode)) == ("new", 0o600)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


@pytest.mark.parametrize("private", [False, True])
def test_a_file_stays_its_owners(tmp_path: Path, private: bool) -> None:
    (tmp_path / "f").write_text("old")
    owner = (os.getuid(), os.getgid()) if os.getuid() else (12345, 54321)
    os.chown(tmp_path / "f", *owner)
    write(str(tmp_path / "f"), b"new", private=private)
    found = (tmp_path / "f").stat()
    assert ((tmp_path / "f").read_text(), found.st_uid, found.st_gid) == ("new", *owner)


def test_a_pipe_is_written_as_it_stands(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write(str(tmp_path / "pipe"), b"new", private=True)
    assert os.read(reader, 10) == b"new"
    os.close(reader)


@pytest.fixture
def fixed() -> Iterator[Path]:
    """A file that anybody may write, in a folder that takes no new files from who runs the test."""
    folder = Path(tempfile.mkdtemp())
    file = folder / "f"
    file.write_text("old content")
    file.chmod(0o666)
    folder.chmod(0o555)
    user = os.geteuid()
    os.seteuid(user or 65534)
    yield file
    os.seteuid(user)
    folder.chmod(0o700)
    shutil.rmtree(folder)


@pytest.mark.parametrize("private", [False, True])
def test_a_file_that_cannot_be_replaced_is_written_as_it_stands(fixed: Path, private: bool) -> None:
    inode = fixed.stat().st_ino
    write(str(fixed), b"new", private=private)
    assert (fixed.read_text(), fixed.stat().st_ino) == ("new", inode)


def test_no_name_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(FileNotFoundError):
        write("", b"x")
    assert os.listdir(tmp_path) == ["here"]


def test_whether_a_file_could_be_written_is_told_without_a_trace(tmp_path: Path):
    for path in (tmp_path / "new", Path("/dev/null"), Path("/dev/stdout")):
        check(str(path))
    assert os.listdir(tmp_path) == []
    for wrong, reason in ((tmp_path, "directory"), (tmp_path / "no/new", "No such")):
        with pytest.raises(OSError, match=reason):
            check(str(wrong))


def test_in_a_foreign_folder_only_what_is_there_can_be_written(fixed: Path):
    check(str(fixed))
    with pytest.raises(PermissionError):
        check(str(fixed.parent / "new"))

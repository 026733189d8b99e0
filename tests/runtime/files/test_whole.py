from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay_shell.runtime.files.whole import write_private, write_whole


def test_a_file_is_replaced_whole_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    path.chmod(0o644)
    write_whole(str(path), b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("safe")
    (tmp_path / f"f.{os.getpid()}.tmp").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic link"):
        write_whole(str(tmp_path / "f"), b"new")
    assert victim.read_text() == "safe"


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_private(str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "real").read_text(), stat.S_IMODE((tmp_path / "real").stat().st_mode)) == ("new", 0o600)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_file_stays_its_owners(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    owner = (os.getuid(), os.getgid()) if os.getuid() else (12345, 54321)
    os.chown(tmp_path / "f", *owner)
    write_private(str(tmp_path / "f"), b"new")
    found = (tmp_path / "f").stat()
    assert ((tmp_path / "f").read_text(), found.st_uid, found.st_gid) == ("new", *owner)


def test_a_pipe_is_written_as_it_stands(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_private(str(tmp_path / "pipe"), b"new")
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


def test_a_file_that_cannot_be_replaced_is_written_as_it_stands(fixed: Path) -> None:
    inode = fixed.stat().st_ino
    write_private(str(fixed), b"new")
    assert (fixed.read_text(), fixed.stat().st_ino) == ("new", inode)

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from assay_shell.runtime.whole import write


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


@pytest.mark.parametrize("name", ["missing/out", "x" * 300, ""])
def test_what_cannot_be_written_is_told(tmp_path: Path, name: str):
    with pytest.raises(OSError, match=r"No such|too long|directory"):
        write(f"{tmp_path}/{name}", b"x")

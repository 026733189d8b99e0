from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from assay_shell.runtime.files.birth import created


def test_a_file_was_created_when_it_was_made_whatever_its_times_say(tmp_path: Path) -> None:
    file = tmp_path / "grün"
    before = time.time()
    file.touch()
    os.utime(file, (1, 2_000_000_000))
    birth = created(str(file), file.stat())
    assert birth is None or before - 5 <= birth <= time.time() + 5


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    time.sleep(0.05)
    (tmp_path / "link").symlink_to("f")
    assert created(str(tmp_path / "link"), (tmp_path / "link").stat()) == created(
        str(tmp_path / "f"), (tmp_path / "f").stat()
    )


def test_it_is_absent_where_nobody_keeps_it(tmp_path: Path) -> None:
    if sys.platform == "linux":
        assert created("/proc/self/status", os.stat("/proc/self/status")) is None
        assert created(str(tmp_path / "gone"), os.stat(tmp_path)) is None

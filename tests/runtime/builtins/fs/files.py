"""What tests of files share."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

ALL_BYTES = bytes(range(256))
MISSING = "No such file or directory (os error 2)"
NO_DIRECTORY = "Not a directory (os error 20)"
NUL = "file name contained an unexpected NUL byte"



def lua_string(data: bytes) -> str:
    return '"' + "".join(f"\\{byte:03}" for byte in data) + '"'


def names(found: object, key: str = "path") -> dict[str, str]:
    """Name (or path) -> type of what `fs.list` and `fs.readdir` answer."""
    assert isinstance(found, list)
    return {entry[key]: entry["type"] for entry in found}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)

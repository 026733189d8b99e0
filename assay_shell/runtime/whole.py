"""Files that are there with all of their content, or as they were before."""

from __future__ import annotations

import os


def write(path: str, data: bytes) -> None:
    """Write *data* to *path*. A file keeps its mode, a link its target; a device takes the bytes as they come.

    Raises:
        OSError: it cannot be written; nothing is left of the attempt.
        ValueError: *path* is none.
    """
    if _takes_bytes_as_they_come(path):
        with open(path, "wb") as file:
            file.write(data)
        return
    target = os.path.realpath(path)
    draft = os.path.join(os.path.dirname(target), f".assay-{os.urandom(8).hex()}.part")
    try:
        with open(draft, "xb") as file:
            if os.path.exists(target):
                os.chmod(draft, os.stat(target).st_mode & 0o777)
            file.write(data)
        os.replace(draft, target)
    except BaseException:
        if os.path.lexists(draft):
            os.unlink(draft)
        raise


def _takes_bytes_as_they_come(path: str) -> bool:
    is_stream = path.startswith(("/dev/std", "/dev/fd/", "/proc/"))  # also where a shell has made it a file
    return is_stream or (os.path.exists(path) and not os.path.isfile(path))

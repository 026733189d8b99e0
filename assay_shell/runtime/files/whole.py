"""Files that are there with all they should hold, or as they were before, and that only their owner can read."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

_FIXED = frozenset((errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY))
"""What the system says where a file can be written but not replaced: in a foreign folder, mounted on its own."""


def write_private(path: str, data: bytes) -> None:
    """Replace what *path* leads to by a file of mode 0600 with *data*, as `write_whole` does; its owner stays.

    Where a file cannot be replaced, or is none, such as a pipe, it is written as it stands.

    Raises:
        OSError: it cannot be written, or its folder is missing.
        ValueError: there is a NUL byte in *path*.
    """
    target = os.path.realpath(path)
    try:
        before = os.stat(target)
    except FileNotFoundError:
        return write_whole(target, data)
    if stat.S_ISREG(before.st_mode):
        try:
            return write_whole(target, data, owner=(before.st_uid, before.st_gid))
        except OSError as exc:
            if exc.errno not in _FIXED:
                raise
    descriptor = os.open(target, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        _write(descriptor, data)
    finally:
        os.close(descriptor)


def write_whole(path: str, data: bytes, *, owner: tuple[int, int] | None = None) -> None:
    """Write a file of mode 0600 that is there with all of *data*, also after a loss of power, or not at all.

    It is given to *owner*, a user and a group, where that is allowed.

    Raises:
        OSError: it cannot be written; nothing is left of the attempt.
    """
    draft = f"{path}.{os.getpid()}.tmp"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            os.fchmod(descriptor, 0o600)
            _write(descriptor, data)
            if owner is not None:
                with contextlib.suppress(PermissionError):
                    os.fchown(descriptor, *owner)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    _synchronise(os.path.dirname(path))


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _synchronise(folder: str) -> None:
    """Have the names in *folder* reach the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

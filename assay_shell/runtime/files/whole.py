"""Files that are there with all they should hold, or as they were before."""

from __future__ import annotations

import errno
import os
import stat

UNFINISHED = ".part"
"""How names of files end that a process began and was killed over."""
_FIXED = frozenset((errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY))
"""What the system says where a file can be written but not replaced: in a foreign folder, mounted on its own."""
_STREAMS = ("/dev/std", "/dev/fd/", "/proc/")
"""What stands for an open stream, also where the shell has made it a file."""


def write(path: str, data: bytes, *, private: bool = False) -> None:
    """Make *path* a file with *data*, which is there whole, also after a loss of power, or not at all.

    A file keeps its owner and its mode, which is 0600 when *private*; a link keeps its target. What cannot be replaced,
    such as a pipe or a file in a foreign folder, is written as it stands.

    Raises:
        OSError: it cannot be written; nothing is left of the attempt.
        ValueError: there is a NUL byte in *path*.
    """
    if path.startswith(_STREAMS):
        _overwrite(path, data)
        return
    target = os.path.realpath(path)
    try:
        before = os.stat(path)
    except FileNotFoundError:
        if not os.path.basename(path):
            raise  # no name of a file
        _replace(target, data, None, private=private)
        return
    if stat.S_ISREG(before.st_mode):
        try:
            _replace(target, data, before, private=private)
        except OSError as exc:
            if exc.errno not in _FIXED:
                raise
        else:
            return
    _overwrite(path, data)


def check(path: str) -> None:
    """See whether *path* could be written now, without a trace.

    Raises:
        OSError: it could not, because there is a directory, no folder, or no permission.
        ValueError: there is a NUL byte in *path*.
    """
    if os.path.isdir(path):
        raise _error(errno.EISDIR, path)
    folder, name = os.path.split(os.path.realpath(path) if os.path.basename(path) else path)
    if path.startswith(_STREAMS) or _may_write(path):
        return
    if not name or not os.path.isdir(folder):
        raise _error(errno.ENOENT, path)
    if not _may_write(folder):
        raise _error(errno.EACCES, path)


def _may_write(path: str) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _error(number: int, path: str) -> OSError:
    return OSError(number, os.strerror(number), path)


def _overwrite(path: str, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC), "wb", buffering=0) as file:
        _put(file.fileno(), data)


def _replace(target: str, data: bytes, before: os.stat_result | None, *, private: bool) -> None:
    """Put a new file in the place of the one that looked like *before*."""
    draft = os.path.join(os.path.dirname(target), f".assay-{os.urandom(8).hex()}{UNFINISHED}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600 if private else 0o666)
    try:
        try:
            if before is not None:
                _give(descriptor, before)
                os.fchmod(descriptor, 0o600 if private else stat.S_IMODE(before.st_mode))
            _put(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(draft, target)
    except BaseException:
        os.unlink(draft)
        raise
    _synchronise(os.path.dirname(target))


def _give(descriptor: int, before: os.stat_result) -> None:
    """Leave the file to whom it belonged, where that is allowed."""
    found = os.fstat(descriptor)
    if (found.st_uid, found.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.fchown(descriptor, before.st_uid, before.st_gid)
        except PermissionError:
            return  # only the superuser gives files away: it belongs to whoever wrote it last


def _put(descriptor: int, data: bytes) -> None:
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

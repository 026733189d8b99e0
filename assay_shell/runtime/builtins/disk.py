"""Space on disks, and what takes it.

@module disk
@description Disks: usage, sweep, dir_size, mounts
@keywords disk, space, usage, free, storage, clean, sweep, mount, volume
@quickref disk.usage(path) -> {total, free, used, available, percent} | Space of the file system that holds path
@quickref disk.sweep(dir, age_secs) -> int | Remove entries older than that many seconds; answers how many
@quickref disk.dir_size(path) -> int | Bytes of all regular files below a directory
@quickref disk.mounts(all?) -> [{device, mountpoint, fstype, options}] | Mounted file systems
"""

from __future__ import annotations

import os
import stat as modes

from assay_shell.runtime.declare import read, write
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.files.failures import reported
from assay_shell.runtime.files.trees import entries, remove_tree, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime

KERNEL_FILE_SYSTEMS = frozenset(
    {
        "autofs",
        "binfmt_misc",
        "bpf",
        "cgroup",
        "cgroup2",
        "configfs",
        "debugfs",
        "devfs",
        "devpts",
        "efivarfs",
        "fusectl",
        "hugetlbfs",
        "mqueue",
        "nsfs",
        "proc",
        "pstore",
        "rpc_pipefs",
        "securityfs",
        "selinuxfs",
        "sysfs",
        "tracefs",
    }
)
"""File systems that hold no files of anybody: windows into the kernel."""


def register(runtime: Runtime) -> None:
    runtime.define(
        "disk",
        {
            "usage": read(usage, target="path"),
            "sweep": write(sweep, target="dir"),
            "dir_size": read(dir_size, target="path"),
            "mounts": read(mounts),
        },
    )


def usage(path: str) -> dict[str, int | float]:
    """Return the space of the file system that holds *path*, in bytes.

    `free` counts blocks that are reserved for root, `available` does not; `used` is `total - free`, and
    `percent` its share of `total`, 0 to 100.

    Example: `disk.usage("/").percent`

    Raises:
        BuiltinError: there is nothing at *path*.
    """
    with reported("disk.usage", "failed to stat {}", path):
        found = os.statvfs(path)
    total = found.f_blocks * found.f_frsize
    free = found.f_bfree * found.f_frsize
    used = total - free
    return {
        "total": total,
        "free": free,
        "used": used,
        "available": found.f_bavail * found.f_frsize,
        "percent": 100 * used / total if total else 0.0,
    }


def sweep(dir: str, age_secs: float) -> int:
    """Remove each direct entry of *dir* last modified more than *age_secs* seconds ago; return how many.

    Directories go with all they hold. For a symbolic link, the time is that of what it leads to, and the link
    is what goes; a link that leads nowhere stays. Where an entry cannot be removed, the others still are,
    before the error is raised.

    Example: `disk.sweep("/var/tmp/builds", 7 * 86400)`

    Raises:
        BuiltinError: *dir* cannot be read, or an entry cannot be removed.
    """
    import time  # a builtin module: free

    with reported("disk.sweep", "failed to list {}", dir):
        found = entries(dir)
    now = time.time()
    removed, failures = 0, []
    for entry in found:
        if not _older(entry, now - age_secs):
            continue
        try:
            _remove(entry)
            removed += 1
        except BuiltinError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return removed


def _older(entry: os.DirEntry[str], moment: float) -> bool:
    """Whether *entry* was last modified before *moment*; never for what leads nowhere or has just gone."""
    try:
        return entry.stat().st_mtime < moment
    except OSError:
        return False


def _remove(entry: os.DirEntry[str]) -> None:
    with reported("disk.sweep", "failed to remove {}", entry.path):
        if entry.is_dir(follow_symlinks=False):
            remove_tree(entry.path)
        else:
            os.remove(entry.path)


def dir_size(path: str) -> int:
    """Return the sum of the sizes in bytes of all regular files below *path*; symbolic links are not followed.

    Example: `disk.dir_size("/var/log")`

    Raises:
        BuiltinError: *path* is no directory, or something below it cannot be read.
    """
    with reported("disk.dir_size", "failed to read {}", path):
        return sum(map(_size, walk(path)))


def _size(entry: os.DirEntry[str]) -> int:
    """Bytes of a regular file; 0 for anything else, and for what has just gone."""
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return 0
    return found.st_size if modes.S_ISREG(found.st_mode) else 0


def mounts(all: bool = False) -> list[dict[str, str]]:  # noqa: FBT001, FBT002 - as Lua calls it
    """Return the mounted file systems: `device`, `mountpoint`, `fstype`, and `options` joined with commas.

    Windows into the kernel (`proc`, `sysfs`, `cgroup` ...) are left out unless *all* is true.

    Example: `for _, mount in ipairs(disk.mounts()) do print(mount.mountpoint) end`

    Raises:
        BuiltinError: the system does not tell.
    """
    import psutil  # 20 ms

    with reported("disk.mounts", "failed to read the list of mounts"):
        found = psutil.disk_partitions(all=True)
    return [
        {"device": mount.device, "mountpoint": mount.mountpoint, "fstype": mount.fstype, "options": mount.opts}
        for mount in found
        if all or mount.fstype not in KERNEL_FILE_SYSTEMS
    ]

"""Files and directories of this machine.

Paths are relative to the working directory of the process; `~` is an ordinary character.

@module fs
@description Filesystem: read and write files
@keywords fs, filesystem, file, read, write, io, path
@quickref fs.read(path) -> str | Whole file as a string of bytes
@quickref fs.write(path, data, opts?) -> nil | Replace or create a file, parent directories included; opts: {private}
@quickref fs.append(path, data) -> nil | Add to the end of a file, creating it where it is missing
@quickref fs.remove(path) -> nil | Remove a file, a symlink or a whole directory tree
@quickref fs.list(path) -> [{name, type}] | Entries of a directory, unsorted
@quickref fs.readdir(path, opts?) -> [{path, type}] | Everything below a directory; opts: {depth}
@quickref fs.stat(path) -> {size, is_file, is_dir, is_symlink, modified, created} | Size, kind and times of a file
@quickref fs.exists(path) -> bool | Whether the path leads to something
@quickref fs.is_file(path) -> bool | Whether the path leads to a regular file
@quickref fs.is_dir(path) -> bool | Whether the path leads to a directory
@quickref fs.mkdir(path) -> nil | Create a directory with its parents; an existing one is fine
@quickref fs.copy(src, dst) -> int | Copy a file with its permissions; answers the bytes copied
@quickref fs.rename(src, dst) -> nil | Rename or move within one file system, replacing a file
@quickref fs.symlink(target, link) -> nil | Create a symbolic link
@quickref fs.readlink(path) -> str | Where a symbolic link points
@quickref fs.glob(pattern) -> [path] | Sorted paths that match; * ? [a-z] [!x] and ** for any depth
@quickref fs.tempdir() -> path | Create a private temporary directory
@quickref fs.chmod(path, mode) -> nil | Set permission bits, for example tonumber("755", 8)
"""

from __future__ import annotations

import os
import stat as modes

from assay_shell.runtime.declare import read, write
from assay_shell.runtime.errors import BuiltinError, ConversionError, quoted
from assay_shell.runtime.files.failures import reported
from assay_shell.runtime.files.trees import entries, kind_of, remove_tree, walk
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO

    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

READDIR = Options("fs.readdir", depth="int")
WRITE = Options("fs.write", private="bool")
CHUNK = 1 << 20
"""Bytes that move at a time."""


def register(runtime: Runtime) -> None:
    runtime.define(
        "fs",
        {
            "read": read(read_file, target="path"),
            "write": write(write_file, target="path"),
            "append": write(append, target="path"),
            "remove": write(remove, target="path"),
            "list": read(list_directory, target="path"),
            "readdir": read(readdir, target="path"),
            "stat": read(stat, target="path"),
            "exists": read(exists, target="path"),
            "is_file": read(is_file, target="path"),
            "is_dir": read(is_dir, target="path"),
            "mkdir": write(mkdir, target="path"),
            "copy": write(copy, target="dst"),
            "rename": write(rename, target=_both_paths),
            "symlink": write(symlink, target="link"),
            "readlink": read(readlink, target="path"),
            "glob": read(glob, target="pattern"),
            "tempdir": write(tempdir, target=_temporary_parent),
            "chmod": write(chmod, target="path"),
        },
    )


def read_file(runtime: Runtime, path: str) -> bytes:
    """Return the whole file as a string of bytes, whatever they are.

    Example: `fs.read("/etc/hostname")`

    Raises:
        BuiltinError: the file is missing or unreadable, is a directory, or does not fit into the VM's memory.
    """
    with reported("fs.read", "failed to read {}", path), open(path, "rb", buffering=0) as file:
        return _content(file, runtime.border.reserve)


def _content(file: FileIO, reserve: Callable[[int], None]) -> bytes:
    """All bytes of *file*; *reserve* raises for a size that the VM's memory cannot take."""
    size = os.fstat(file.fileno()).st_size
    if size:
        reserve(size)
        return file.read()
    content = bytearray()  # no size: empty, or a pipe, a device, a file of /proc, some of which never end
    while chunk := file.read(CHUNK):
        content += chunk
        reserve(len(content))
    return bytes(content)


def write_file(runtime: Runtime, path: str, data: bytes, opts: Value = None) -> None:
    """Replace the content of a file by *data*, creating it and its parent directories where they are missing.

    An existing file keeps its permissions, and a symbolic link stays one: the file it leads to is written. With
    `opts.private` only the owner can read the file (mode 0600), and whatever happens meanwhile, it has all of *data*
    or what it had before: for tokens and keys.

    Example: `fs.write("out/report.json", json.encode(report))`

    Raises:
        BuiltinError: the file or one of its parents cannot be written.
    """
    if isinstance(opts, Table) and WRITE.read(runtime, opts).get("private"):
        from assay_shell.runtime.files import whole

        _put("fs.write", path, lambda: whole.write(path, data, private=True))
    else:
        _put("fs.write", path, lambda: _write_all(path, data, os.O_TRUNC))


def append(path: str, data: bytes) -> None:
    """Add *data* to the end of a file, creating it and its parent directories where they are missing.

    Example: `fs.append("deploy.log", "done\\n")`

    Raises:
        BuiltinError: the file or one of its parents cannot be written.
    """
    _put("fs.append", path, lambda: _write_all(path, data, os.O_APPEND))


def _put(function: str, path: str, put: Callable[[], None]) -> None:
    """Have *put* write the file, a second time once its missing folder is made."""
    with reported(function, "failed to write {}", path):
        try:
            put()
        except OSError:
            parent = os.path.dirname(path.rstrip("/"))
            if not parent or os.path.isdir(parent):
                raise
            with reported(function, "failed to create directories for {}", path):
                os.makedirs(parent, exist_ok=True)
            put()


def _write_all(path: str, data: bytes, flag: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flag, 0o666)
    with open(descriptor, "wb", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]


def remove(path: str) -> None:
    """Remove a file, a directory with all it holds, or a symbolic link (the link, never what it leads to).

    Example: `fs.remove(workdir)`

    Raises:
        BuiltinError: there is nothing at *path*, or it cannot be removed.
    """
    with reported("fs.remove", "failed to remove {}", path):
        directory = modes.S_ISDIR(os.lstat(path).st_mode)
        # "link/" is the directory behind the link to the system: asked for the link, remove the link.
        bare = path.rstrip("/") or "/"
        if not directory or os.path.islink(bare):
            os.remove(bare)
            return
    with reported("fs.remove", "failed to remove directory {}", path):
        remove_tree(bare)


def list_directory(path: str) -> list[dict[str, str]]:
    """Return the entries of a directory, in the order of the system, without `.` and `..`.

    `type` is `file`, `directory` or `symlink` (not followed).

    Example: `for _, entry in ipairs(fs.list("/etc")) do print(entry.type, entry.name) end`

    Raises:
        BuiltinError: *path* is no directory or cannot be read.
    """
    with reported("fs.list", "failed to list {}", path):
        return [{"name": entry.name, "type": kind_of(entry)} for entry in entries(path)]


def readdir(runtime: Runtime, path: str | None = None, opts: Value = None) -> list[dict[str, str]]:
    """Return everything below a directory, each directory before what is in it, with paths relative to *path*.

    `opts.depth` is the number of levels: 1 (or 0) for direct entries only, all levels without it. Symlinked
    directories are listed and not entered.

    Example: `fs.readdir("/etc", { depth = 2 })`

    Raises:
        BuiltinError: *path* is missing, is no directory, or something below it cannot be read.
    """
    if path is None:
        raise BuiltinError("fs.readdir", "path required")
    depth = READDIR.read(runtime, opts).get("depth") if isinstance(opts, Table) else None
    if depth is not None and depth < 0:
        raise ConversionError("error converting Lua integer to usize (out of range)")
    start = len(os.path.join(path, ""))
    with reported("fs.readdir", "failed to read {}", path):
        return [{"path": entry.path[start:], "type": kind_of(entry)} for entry in walk(path, depth)]


def stat(path: str) -> dict[str, bool | float | None]:
    """Return what is known about a file; a symbolic link is followed, but for `is_symlink`.

    `size` in bytes; `is_file`, `is_dir`, `is_symlink`; `modified` and `created` in seconds since 1970, `created`
    absent where the file system does not keep it.

    Example: `fs.stat("/etc/hosts").size`

    Raises:
        BuiltinError: there is nothing at *path*, or where its link leads.
    """
    from assay_shell.runtime.files.birth import created

    with reported("fs.stat", "failed to stat {}", path):
        found = os.stat(path)
        return {
            "size": found.st_size,
            "is_file": modes.S_ISREG(found.st_mode),
            "is_dir": modes.S_ISDIR(found.st_mode),
            "is_symlink": os.path.islink(path),
            "modified": found.st_mtime,
            "created": created(path, found),
        }


def exists(path: str) -> bool:
    """Tell whether *path* leads to something; false for a link that leads nowhere, and where looking is forbidden.

    Example: `if not fs.exists("config.yaml") then error("no configuration") end`
    """
    return os.path.exists(path)


def is_file(path: str) -> bool:
    """Tell whether *path* leads to a regular file; false where there is nothing.

    Example: `fs.is_file("/etc/hosts")`
    """
    return os.path.isfile(path)


def is_dir(path: str) -> bool:
    """Tell whether *path* leads to a directory; false where there is nothing.

    Example: `fs.is_dir("/etc")`
    """
    return os.path.isdir(path)


def mkdir(path: str) -> None:
    """Create a directory and the parents it lacks; an existing directory is fine.

    Example: `fs.mkdir("build/reports")`

    Raises:
        BuiltinError: it cannot be created, or a file is in its place.
    """
    with reported("fs.mkdir", "failed to create {}", path):
        os.makedirs(path, exist_ok=True)


def copy(src: str, dst: str) -> int:
    """Copy the file *src*, or the file its link leads to, with its permission bits; return the bytes copied.

    *dst* is overwritten where it exists; its parent directory must exist.

    Example: `fs.copy("app.conf", "app.conf.bak")`

    Raises:
        BuiltinError: *src* is missing or no regular file, *dst* cannot be written, or both are one file.
    """
    with reported("fs.copy", "failed to copy {} to {}", src, dst):
        status = os.stat(src)
        if not modes.S_ISREG(status.st_mode):
            raise OSError("the source is not a regular file")
        if os.path.exists(dst) and os.path.samestat(status, os.stat(dst)):
            raise OSError("they are the same file")
        return _copy(src, dst, modes.S_IMODE(status.st_mode))


def _copy(src: str, dst: str, mode: int) -> int:
    copied = 0
    with open(src, "rb") as reader:
        # Created with the mode of the source: what is private there must not be readable here for a moment.
        descriptor = os.open(dst, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with open(descriptor, "wb") as writer:
            if modes.S_ISREG(os.fstat(descriptor).st_mode):
                os.fchmod(descriptor, mode)
            while chunk := reader.read(CHUNK):
                copied += writer.write(chunk)
    return copied


def _both_paths(src: str, dst: str) -> str:
    return f"{src} -> {dst}"


def rename(src: str, dst: str) -> None:
    """Rename a file or directory, replacing an existing file; both paths must be on one file system.

    Example: `fs.rename("report.tmp", "report.json")`

    Raises:
        BuiltinError: *src* is missing, or *dst* cannot be replaced.
    """
    with reported("fs.rename", "failed to rename {} to {}", src, dst):
        os.replace(src, dst)


def symlink(target: str, link: str) -> None:
    """Create the symbolic link *link* that points to *target*, which need not exist.

    Example: `fs.symlink("releases/42", "current")`

    Raises:
        BuiltinError: *link* exists already or cannot be created.
    """
    with reported("fs.symlink", "failed to link {} to {}", link, target):
        os.symlink(target, link)


def readlink(path: str) -> str:
    """Return where a symbolic link points, as it was written into the link.

    Example: `fs.readlink("current")`

    Raises:
        BuiltinError: *path* is missing or no symbolic link.
    """
    with reported("fs.readlink", "failed to read link {}", path):
        return os.readlink(path)


def glob(pattern: str) -> list[str]:
    """Return the paths that match *pattern*, sorted; an empty table where none does.

    `*` and `?` match within a name (a leading dot too), `[a-z]` one of, `[!x]` none of some characters, `**`
    as a whole component any number of directories, links to directories included. Braces are ordinary
    characters. A pattern that ends in `/` or `**` finds directories only. A leading `./` is dropped.

    Example: `fs.glob("logs/**/*.log")`

    Raises:
        BuiltinError: a `[` is never closed, or `**` is part of a longer component.
    """
    from assay_shell.runtime.files.glob import glob as find
    from assay_shell.runtime.files.patterns import PatternError

    try:
        return find(pattern)
    except PatternError as exc:
        raise BuiltinError("fs.glob", f"invalid pattern {quoted(pattern)}: {exc}") from exc


def _temporary_parent() -> str:
    return os.environ.get("TMPDIR") or "/tmp"


def tempdir() -> str:
    """Create a directory that only this user can enter, below `$TMPDIR` or `/tmp`, and return its path.

    Nothing removes it by itself.

    Example: `local work = fs.tempdir()`

    Raises:
        BuiltinError: it cannot be created.
    """
    path = os.path.join(_temporary_parent(), f"assay-{os.urandom(8).hex()}-{os.getpid()}")
    with reported("fs.tempdir", "failed to create {}", path):
        os.mkdir(path, 0o700)
    return path


def chmod(path: str, mode: int) -> None:
    """Set the permission bits of a file, following a symbolic link. *mode* is a plain number.

    The text `"755"` is the decimal number 755: write `tonumber("755", 8)`.

    Example: `fs.chmod("deploy.sh", tonumber("755", 8))`

    Raises:
        BuiltinError: *path* is missing, belongs to somebody else, or *mode* is no 32-bit number.
    """
    if not 0 <= mode < 1 << 32:
        raise ConversionError("bad argument #2: error converting Lua integer to u32 (out of range)")
    with reported("fs.chmod", "failed to chmod {}", path):
        os.chmod(path, modes.S_IMODE(mode))

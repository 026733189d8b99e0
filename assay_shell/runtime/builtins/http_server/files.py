"""Files as answers: found without leaving their folder, sent whole or in part, or not at all when they are known."""

from __future__ import annotations

import os
import stat

from assay_shell.runtime.errors import BuiltinError, os_reason, quoted
from assay_shell.runtime.values import as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.http_server.head import Head
    from assay_shell.runtime.builtins.http_server.outlet import Outlet

_PIECE = 128 << 10
_UTF8 = "; charset=utf-8"

_TYPES = {
    "avif": "image/avif", "bin": "application/octet-stream", "bmp": "image/bmp", "css": "text/css" + _UTF8,
    "csv": "text/csv" + _UTF8, "gif": "image/gif", "gz": "application/gzip", "htm": "text/html" + _UTF8,
    "html": "text/html" + _UTF8, "ico": "image/x-icon", "jpeg": "image/jpeg", "jpg": "image/jpeg",
    "js": "text/javascript" + _UTF8, "json": "application/json", "jsonl": "application/jsonl",
    "lua": "text/plain" + _UTF8, "map": "application/json",
    "md": "text/markdown" + _UTF8, "mjs": "text/javascript" + _UTF8, "mp3": "audio/mpeg",
    "mp4": "video/mp4", "ogg": "audio/ogg", "otf": "font/otf", "pdf": "application/pdf", "png": "image/png",
    "svg": "image/svg+xml", "tar": "application/x-tar", "toml": "application/toml", "ttf": "font/ttf",
    "txt": "text/plain" + _UTF8, "wasm": "application/wasm", "wav": "audio/wav", "webm": "video/webm",
    "webmanifest": "application/manifest+json", "webp": "image/webp", "woff": "font/woff", "woff2": "font/woff2",
    "xml": "application/xml", "yaml": "application/yaml", "yml": "application/yaml", "zip": "application/zip",
}  # fmt: skip


def file_in(folder: str, way: bytes) -> tuple[str | None, str | None]:
    """The file that a path means within *folder*, and the address to go to first where it is a folder.

    Nothing outside the folder is ever meant, also not by a link, and nothing whose name starts with a dot except
    `.well-known`.
    """
    from urllib.parse import unquote_to_bytes

    parts = unquote_to_bytes(way).split(b"/")
    if any((part[:1] == b"." and part != b".well-known") or b"\0" in part or b"\\" in part for part in parts):
        return None, None
    root = os.path.realpath(os.fsencode(folder))
    found = _inside(root, os.path.join(root, *filter(None, parts)))
    if found is not None and os.path.isdir(found):
        if parts[-1]:
            return None, f"./{as_text(way.rpartition(b'/')[2])}/"
        found = _inside(root, os.path.join(found, b"index.html"))
    elif parts[-1] == b"":
        return None, None
    return (as_text(found) if found is not None and os.path.isfile(found) else None), None


def _inside(root: bytes, path: bytes) -> bytes | None:
    """*path* with its links resolved, None where that leads out of *root*."""
    found = os.path.realpath(path)
    return found if found == root or found.startswith(root.rstrip(b"/") + b"/") else None


class OpenFile:
    """A regular file that is open for reading.

    Raises:
        FileNotFoundError: there is none.
        BuiltinError: it cannot be read.
    """

    def __init__(self, path: str) -> None:
        try:
            self._handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe must not hold us up
        except FileNotFoundError:
            raise
        except (OSError, ValueError) as exc:
            raise BuiltinError("http.serve", f"failed to read {quoted(path)}: {os_reason(exc)}") from exc
        status = os.fstat(self._handle)
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise BuiltinError("http.serve", f"failed to read {quoted(path)}: not a regular file")
        self.path = path
        self.size = status.st_size
        self.modified = int(status.st_mtime)
        self.etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the descriptor."""
        os.close(self._handle)

    async def copy(self, part: tuple[int, int], outlet: Outlet) -> None:
        """Send *part* (first byte, number of bytes) as the body of a response.

        Raises:
            BuiltinError: the file cannot be read on.
        """
        offset, left = part
        while left > 0 and not outlet.closed:
            try:
                piece = os.pread(self._handle, min(left, _PIECE), offset)
            except OSError as exc:
                raise BuiltinError("http.serve", f"failed to read {quoted(self.path)}: {os_reason(exc)}") from exc
            if not piece:  # it has become shorter
                break
            offset += len(piece)
            left -= len(piece)
            outlet.write(piece)
            await outlet.flushed()
        outlet.end()


class Delivery:
    """What a request gets of a file: *status*, header *lines*, the *part* to send and, where all is said, a *text*."""

    __slots__ = ("lines", "part", "status", "text")

    def __init__(self, file: OpenFile, head: Head, status: int, lines: str, *, typed: bool) -> None:
        self.status = status
        self.lines = lines if typed else _type_line(file.path) + lines
        self.lines += f"etag: {file.etag}\r\nlast-modified: {_date(file.modified)}\r\naccept-ranges: bytes\r\n"
        self.part = (0, file.size)
        self.text: str | None = None
        if status != 200:
            return
        if _is_known(file, head):
            self.status, self.text = 304, ""
        elif head.method == b"GET" and (wanted := head.field(b"range")) is not None and _is_current(file, head):
            self._choose(wanted, file.size)

    def _choose(self, wanted: bytes, size: int) -> None:
        part = part_of(wanted, size)
        if part is None:
            return
        first, count = part
        if count == 0:
            self.status, self.text = 416, ""
            self.lines += f"content-range: bytes */{size}\r\n"
            return
        self.status, self.part = 206, part
        self.lines += f"content-range: bytes {first}-{first + count - 1}/{size}\r\n"


def part_of(wanted: bytes, size: int) -> tuple[int, int] | None:
    """First byte and number of bytes of a Range header; no bytes where it lies outside, None where it counts not."""
    unit, _, spec = wanted.partition(b"=")
    first, dash, last = spec.strip().partition(b"-")
    if unit.strip().lower() != b"bytes" or not dash or not all(one.isdigit() or not one for one in (first, last)):
        return None
    if not first:
        if not last:
            return None
        count = min(int(last[:19]), size)
        return size - count, count
    start = int(first[:19])
    end = min(int(last[:19]), size - 1) if last else size - 1
    if last and int(last[:19]) < start:
        return None
    return (start, end - start + 1) if start < size else (0, 0)


def _is_known(file: OpenFile, head: Head) -> bool:
    """Whether the client already has this version."""
    tags = head.field(b"if-none-match")
    if tags is not None:
        return any(tag.strip().removeprefix(b"W/") in (b"*", file.etag.encode()) for tag in tags.split(b","))
    since = _seconds(head.field(b"if-modified-since"))
    return since is not None and file.modified <= since


def _is_current(file: OpenFile, head: Head) -> bool:
    """Whether the version that a Range is meant for is this one."""
    wanted = head.field(b"if-range")
    return wanted is None or wanted == file.etag.encode() or _seconds(wanted) == file.modified


def _date(seconds: int) -> str:
    from email.utils import formatdate

    return formatdate(seconds, usegmt=True)


def _seconds(value: bytes | None) -> int | None:
    """The Unix time of an HTTP date, None for anything else."""
    from email.utils import parsedate_to_datetime

    if value is None:
        return None
    try:
        return int(parsedate_to_datetime(value.decode()).timestamp())
    except (ValueError, OverflowError):
        return None


def _type_line(path: str) -> str:
    extension = path.rpartition("/")[2].rpartition(".")[2].lower()
    return f"content-type: {_TYPES.get(extension, 'application/octet-stream')}\r\n"

"""`http.download`: a body into a file that appears when it is complete.

What arrives goes to `PATH.part`. With `resume`, that file outlives a failure, and beside it `PATH.part.from` keeps
the server's mark of the version it belongs to (ETag or Last-Modified): the next attempt asks for the rest of that
version only, and begins anew when the server has another one.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress

from assay_shell.runtime.builtins.http.client import options_of, url_of
from assay_shell.runtime.builtins.http.exchange import header
from assay_shell.runtime.builtins.http.settings import DEFAULT_TIMEOUT
from assay_shell.runtime.builtins.http.stream import begin, chunks_of, refused, streamed
from assay_shell.runtime.errors import BuiltinError, os_reason, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from io import FileIO

    from assay_shell.runtime.builtins.http.client import Client
    from assay_shell.runtime.builtins.http.engine import Headers, Incoming
    from assay_shell.runtime.builtins.http.exchange import Call
    from assay_shell.runtime.values import Function, Value
    from assay_shell.runtime.vm import Runtime

_WHERE = "http.download"
_BETWEEN_REPORTS = 0.1
"""Seconds between two calls of `progress`."""

_UNSATISFIABLE = 416


async def save(runtime: Runtime, client: Client, url: Value, path: str, opts: Value) -> dict[str, object]:
    """The work of `http.download`, for any client.

    Raises:
        BuiltinError: an argument is wrong, the status is not 2xx, the body broke off, or the file cannot be written.
    """
    address = url_of("download", url)
    given = options_of(runtime, "download", opts, "third")
    total = "timeout" in given
    given.setdefault("read_timeout", DEFAULT_TIMEOUT)
    call = streamed(runtime, client, _WHERE, address, given)
    resume = given.get("resume", False) and not call.settings.decompress  # ranges count coded bytes
    part = Part(path, keep=resume)
    try:
        part.prepare()
        return await _Download(call, part, given.get("progress"), given.get("max_body"), total=total).run(path)
    except OSError as exc:
        raise BuiltinError(_WHERE, f"failed to write {quoted(path)}: {os_reason(exc)}") from exc
    finally:
        part.leave()


class Part:
    """The file that grows, with the mark of the version it belongs to.

    *keep* says that it may outlive a failure.
    """

    def __init__(self, path: str, *, keep: bool) -> None:
        self._target = path
        self._path = f"{path}.part"
        self._mark_path = f"{path}.part.from"
        self._keep = keep
        self._file: FileIO | None = None
        self.size = 0
        """Bytes that are there."""

    def prepare(self) -> None:
        """Make the parent directories and see what an earlier attempt has left.

        Raises:
            OSError: the directories cannot be made, or the target is one itself.
        """
        if os.path.isdir(self._target):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        parent = os.path.dirname(self._target)
        if parent:
            try:
                os.makedirs(parent, exist_ok=True)
            except FileExistsError as exc:  # a file stands where a directory should
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from exc
        if self._keep and self.mark() is not None:
            with suppress(FileNotFoundError):
                self.size = os.path.getsize(self._path)

    def mark(self) -> str | None:
        """The server's mark of the version that the file belongs to, None where there is none."""
        try:
            with open(self._mark_path, encoding="ascii") as file:
                return file.read() or None
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def open(self, mark: str | None, *, anew: bool) -> None:
        """Open the file for more, or empty it first when it is to be written *anew*."""
        self._file = open(self._path, "wb" if anew else "ab", buffering=0)  # noqa: SIM115 - closed by leave
        if not anew:
            return
        self.size = 0
        if self._keep and mark is not None:
            with open(self._mark_path, "w", encoding="ascii") as file:
                file.write(mark)
        else:
            self._forget_mark()

    def write(self, data: bytes) -> None:
        """Add to the file."""
        assert self._file is not None
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        self.size += len(data)

    def finish(self) -> None:
        """Put the file in its place."""
        self._close()
        os.replace(self._path, self._target)
        self._forget_mark()

    def drop(self) -> None:
        """Forget what is there."""
        self._close()
        self.size = 0
        self._forget_mark()
        with suppress(FileNotFoundError):
            os.unlink(self._path)

    def leave(self) -> None:
        """Close the file; without `keep`, or without a mark to go on from, it goes."""
        self._close()
        if not (self._keep and self.mark() is not None):
            with suppress(OSError):
                os.unlink(self._path)

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _forget_mark(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self._mark_path)


class _Download:
    """One call of `http.download`."""

    def __init__(self, call: Call, part: Part, progress: Function | None, limit: int | None, *, total: bool) -> None:
        self._call = call
        self._part = part
        self._progress = progress
        self._limit = limit
        self._total = total

    async def run(self, path: str) -> dict[str, object]:
        """Fetch and write; what the script gets."""
        incoming, address = await self._ask()
        if incoming.status == _UNSATISFIABLE and self._part.size:
            await incoming.discard()
            if _whole_size(incoming.headers) == self._part.size:  # it had broken off after the last byte
                return self._done(path, incoming, resumed=True)
            self._part.drop()
            incoming, address = await self._ask()
        if not 200 <= incoming.status < 300:
            raise await refused(_WHERE, incoming, address)
        resumed = incoming.status == 206 and self._part.size > 0
        if incoming.status == 206 and _first_byte(incoming.headers) != self._part.size:
            await incoming.discard()
            raise BuiltinError(f"{_WHERE} failed", f"the answer is another part than asked for, from url ({address})")
        self._part.open(_mark(incoming.headers), anew=not resumed)
        await self._receive(incoming)
        return self._done(path, incoming, resumed=resumed)

    async def _ask(self) -> tuple[Incoming, str]:
        headers, mark = self._call.headers, self._part.mark()
        for name in ("range", "if-range"):
            headers.pop(name, None)
        if self._part.size and mark is not None:
            headers["range"] = ("range", f"bytes={self._part.size}-")
            headers["if-range"] = ("if-range", mark)
        return await begin(_WHERE, self._call, total=self._total)

    async def _receive(self, incoming: Incoming) -> None:
        report = _Report(self._progress, _expected(incoming.headers, self._part.size))
        chunks: AsyncIterator[bytes] = chunks_of(_WHERE, self._call, incoming, self._limit)
        async for chunk in chunks:
            self._part.write(chunk)
            await report.tell(self._part.size)
        await report.tell(self._part.size, last=True)

    def _done(self, path: str, incoming: Incoming, *, resumed: bool) -> dict[str, object]:
        size = self._part.size
        self._part.finish()
        headers = dict(incoming.headers)
        return {"status": incoming.status, "headers": headers, "path": path, "size": size, "resumed": resumed}


class _Report:
    """Calls the script's `progress` now and then."""

    def __init__(self, function: Function | None, total: int | None) -> None:
        self._function = function
        self._total = total
        self._next = 0.0

    async def tell(self, done: int, *, last: bool = False) -> None:
        from time import monotonic

        if self._function is None or not (last or monotonic() >= self._next):
            return
        self._next = monotonic() + _BETWEEN_REPORTS
        await self._function.call(done, self._total)


def _mark(headers: Headers) -> str | None:
    """What tells this version from others: a strong ETag, else Last-Modified."""
    tag = header(headers, "etag")
    return tag if tag and not tag.startswith("W/") else header(headers, "last-modified")


def _expected(headers: Headers, there: int) -> int | None:
    """The size that the file will have, None when the server does not tell."""
    length = header(headers, "content-length")
    return there + int(length) if length and length.isdecimal() else None


def _first_byte(headers: Headers) -> int | None:
    """Where the part begins, from `Content-Range: bytes 5-9/10`."""
    unit, _, span = (header(headers, "content-range") or "").partition(" ")
    first = span.partition("-")[0]
    return int(first) if unit == "bytes" and first.isdecimal() else None


def _whole_size(headers: Headers) -> int | None:
    """The size of the whole, from `Content-Range: bytes */10`."""
    size = (header(headers, "content-range") or "").rpartition("/")[2]
    return int(size) if size.isdecimal() else None

"""`io.popen` and `os.execute`: commands as Lua's own library runs them, without holding up other tasks."""

from __future__ import annotations

from assay_shell.runtime.declare import Builtin, read, write
from assay_shell.runtime.errors import BuiltinError, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.children.child import Child
    from assay_shell.runtime.values import Raw, Value
    from assay_shell.runtime.vm import Runtime

_GRACE = 0.02
"""Seconds between asking a command to end and forcing it, when its script is cancelled."""

_LONGEST_NUMERAL = 200


class Pipe:
    """A command whose output is read, or whose input is written."""

    def __init__(self, child: Child, *, reads: bool) -> None:
        self._child = child
        self._reads = reads
        stream = child.process.stdout if reads else child.process.stdin
        assert stream is not None
        self._descriptor = stream.fileno()
        self._buffer = bytearray()
        self._ended = False
        self.status: int | None = None
        self.handle: Raw | None = None
        """What the script holds, until it is closed: `write` gives it back."""

    def check(self, what: str, *, reading: bool) -> None:
        """Refuse a use that the mode does not allow."""
        if self.status is not None:
            raise BuiltinError(None, f"attempt to use a closed file ({what})")
        if reading != self._reads:
            raise BuiltinError(None, f"Bad file descriptor ({what})")

    async def line(self, *, keep_end: bool) -> bytes | None:
        """The next line, None at the end."""
        while (found := self._buffer.find(b"\n")) < 0 and await self._fill():
            pass
        if found >= 0:
            line = self._take(found + 1)
            return line if keep_end else line[:-1]
        return self._take(len(self._buffer)) if self._buffer else None

    async def count(self, size: int) -> bytes | None:
        """At most *size* bytes, None at the end; with 0, b"" unless it is the end."""
        while len(self._buffer) < max(size, 1) and await self._fill():
            pass
        return self._take(size) if self._buffer else None

    async def rest(self) -> bytes:
        """Everything up to the end."""
        while await self._fill():
            pass
        return self._take(len(self._buffer))

    async def write(self, data: bytes) -> None:
        """Send *data* to the command's input."""
        from assay_shell.runtime.children.pipes import write_all

        await write_all(self._descriptor, memoryview(data))

    async def close(self) -> int:
        """Close our end and wait for the command; its exit code, or minus the number of the signal that ended it."""
        if self.status is None:
            self.handle = None
            self._child.close_pipes()
            self.status = await wait_for_end(self._child)
        return self.status

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    async def _fill(self) -> bool:
        from assay_shell.runtime.children.pipes import read_some

        if not self._ended:
            data = await read_some(self._descriptor)
            self._buffer += data
            self._ended = not data
        return not self._ended


async def wait_for_end(child: Child) -> int:
    """Wait for a child; when that is cancelled the child is ended."""
    try:
        await child.ended()
        return child.collect()
    finally:
        await child.stop(_GRACE)


def open_pipe(runtime: Runtime, command: bytes, mode: str = "r") -> Raw:
    """Start *command* in `/bin/sh` and read its output (`r`) or write its input (`w`)."""
    if mode not in ("r", "w"):
        raise BuiltinError(None, "bad argument #2 to 'popen' (invalid mode)")
    from subprocess import PIPE  # at the first command: it would double the start-up time

    child = _start(
        runtime, "io.popen", command, stdin=PIPE if mode == "w" else None, stdout=PIPE if mode == "r" else None
    )
    methods = {
        "read": read(read_pipe),
        "lines": read(lines_of_pipe),
        "write": write(write_pipe),
        "close": read(close_pipe),
        "flush": read(flush_pipe),
        "setvbuf": read(flush_pipe),
    }
    pipe = Pipe(child, reads=mode == "r")
    pipe.handle = runtime.handle(pipe, "FILE*", methods, close=read(close_pipe))
    return pipe.handle


async def execute(runtime: Runtime, command: bytes) -> tuple[bool | None, str, int]:
    """Run *command* in `/bin/sh` on our own terminal: true or nil, then `exit` or `signal` and the number."""
    return _outcome(await wait_for_end(_start(runtime, "os.execute", command)))


def _start(
    runtime: Runtime, name: str, command: bytes, stdin: int | None = None, stdout: int | None = None
) -> Child:
    from assay_shell.runtime.children.registry import children_of

    runtime.flush()
    try:
        return children_of(runtime).spawn([b"/bin/sh", b"-c", command], stdin=stdin, stdout=stdout, own_session=False)
    except (OSError, ValueError) as exc:
        raise BuiltinError(name, os_reason(exc)) from exc


def _outcome(status: int) -> tuple[bool | None, str, int]:
    if status < 0:
        return None, "signal", -status
    return (True if status == 0 else None), "exit", status


async def read_pipe(pipe: Pipe, *formats: Value) -> tuple[Value, ...]:
    """Read by the formats of Lua's `file:read`: `l`, `L`, `a`, `n` or a number of bytes."""
    pipe.check("read", reading=True)
    results: list[Value] = []
    for wanted in formats or ("l",):
        results.append(await _read_one(pipe, wanted))
        if results[-1] is None:
            break
    return tuple(results)


async def _read_one(pipe: Pipe, wanted: Value) -> Value:
    if isinstance(wanted, int):
        return await pipe.count(wanted)  # type: ignore[return-value]
    kind = str(wanted).removeprefix("*")[:1]
    if kind in ("l", "L"):
        return await pipe.line(keep_end=kind == "L")  # type: ignore[return-value]
    if kind == "a":
        return await pipe.rest()  # type: ignore[return-value]
    if kind == "n":
        return await _read_number(pipe)
    raise BuiltinError(None, "bad argument #1 to 'read' (invalid format)")


async def _read_number(pipe: Pipe) -> float | None:
    """A numeral up to the next blank; what does not spell a number gives nil."""
    from assay_shell.runtime.convert import parse_number

    text = b""
    while len(text) < _LONGEST_NUMERAL:
        byte = await pipe.count(1)
        if byte is None or (byte.isspace() and text):
            break
        text += byte.strip()
    return parse_number(text.decode("latin-1"))


async def next_line(pipe: Pipe) -> bytes | None:
    """The next line, nil at the end."""
    return await pipe.line(keep_end=False)


def lines_of_pipe(runtime: Runtime, pipe: Pipe) -> Raw:
    """An iterator over the lines of the command's output."""
    pipe.check("lines", reading=True)
    return runtime.handle(pipe, "lines of FILE*", {}, call=read(next_line))


async def write_pipe(pipe: Pipe, *pieces: Value) -> Raw | None:
    """Send strings and numbers to the command's input; the pipe, for the next call."""
    from assay_shell.runtime.convert import number_text
    from assay_shell.runtime.values import as_bytes

    pipe.check("write", reading=False)
    for piece in pieces:
        if isinstance(piece, bool) or not isinstance(piece, str | int | float):
            raise BuiltinError(None, "bad argument #1 to 'write' (string expected)")
        try:
            await pipe.write(as_bytes(piece if isinstance(piece, str) else number_text(piece)))
        except OSError as exc:
            raise BuiltinError("io.popen", os_reason(exc)) from exc
    return pipe.handle


def flush_pipe(pipe: Pipe, *_: Value) -> bool:
    """Nothing is held back."""
    return True


async def close_pipe(pipe: Pipe) -> tuple[bool | None, str, int]:
    """Close the pipe and wait for the command: true or nil, `exit` or `signal`, the number."""
    return _outcome(await pipe.close())


HELPERS: dict[str, tuple[str, Builtin]] = {
    "popen": ("io.popen", write(open_pipe, target="command")),
    "execute": ("os.execute", write(execute, target="command")),
}
"""Names for the core's Lua files -> public names and builtins."""

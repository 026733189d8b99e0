"""Scripts from the command line: found, read, run, and their failure told."""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock

from assay_shell.cli import complain
from assay_shell.runtime.errors import (
    DeadlineExceeded,
    Interrupted,
    ScriptError,
    ScriptExit,
    ScriptMemoryError,
    ScriptSyntaxError,
    UsageError,
    os_reason,
    quoted,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assay_shell.cli.arguments import Invocation
    from assay_shell.runtime.log import Log
    from assay_shell.runtime.vm import Runtime

STANDARD_INPUT = "-"
_FROM_STANDARD_INPUT = "<stdin>"
UNREADABLE = 1

# Under --exit-codes=detailed, in the order they are looked for; the others are 1.
_DETAILED_UNREADABLE = 3
_DETAILED: tuple[tuple[type[BaseException], int], ...] = (
    (ScriptSyntaxError, 4),
    (ScriptMemoryError, 5),
    (DeadlineExceeded, 124),
)


class Script:
    """What is to run: *source* without its shebang, under the *name* that messages use; *args* reach it as `arg`.

    *mode* is what the first log line calls the run; *fields* follow it there.
    """

    __slots__ = ("args", "fields", "mode", "name", "source")

    def __init__(self, name: str, source: bytes, args: Sequence[str], mode: str, **fields: str) -> None:
        self.name = name
        self.source = source
        self.args = args
        self.mode = mode
        self.fields = fields


def run_file(invocation: Invocation) -> int:
    """Carry out `assay FILE` and `assay run FILE`: what the file's extension says.

    Raises:
        UsageError: no file was named.
    """
    if not invocation.operands:
        raise UsageError("'run' needs a file")
    path, *args = invocation.operands
    if path == STANDARD_INPUT:
        return _run_path(invocation, path, args)
    extension = extension_of(path)
    if extension in ("yaml", "yml"):
        from assay_shell.cli.checks import run_checks

        return run_checks(invocation, path)
    if extension != "lua":
        complain(f"unsupported file extension {quoted(extension)} (expected .yaml, .yml, or .lua){_meant(path)}")
        return _unreadable(invocation)
    _refuse_check_options(invocation)
    return _run_path(invocation, path, args)


def _refuse_check_options(invocation: Invocation) -> None:
    for name in ("output", "tag", "only", "watch"):
        if name in invocation.options:
            raise UsageError(f"'--{name}' is for lists of checks (.yaml, .yml); write -- before a script's arguments")


def run_exec(invocation: Invocation) -> int:
    """Carry out `assay exec`: code from the command line, or any file as Lua."""
    code = invocation.text("eval")
    if code is not None:
        from assay_shell.runtime.vm import without_shebang

        source = without_shebang(os.fsencode(code))
        return _run(invocation, Script("<eval>", source, invocation.operands, "inline eval mode"))
    if not invocation.operands:
        complain("exec requires either -e <code> or a file path")
        return UNREADABLE
    path, *args = invocation.operands
    return _run_path(invocation, path, args)


def extension_of(path: str) -> str:
    """Return the text after the last dot of the file's name; "" for none, and for a name that only starts with one."""
    stem, dot, extension = path.rstrip("/").rpartition("/")[2].rpartition(".")
    return extension if dot and stem else ""


def read_script(path: str) -> bytes:
    """Return the bytes of a script, which are UTF-8; `-` reads standard input.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is not UTF-8.
    """
    if path == STANDARD_INPUT:
        source = sys.stdin.buffer.read()
    else:
        with open(path, "rb") as file:
            source = file.read()
    source.decode()
    return source


def _run_path(invocation: Invocation, path: str, args: Sequence[str]) -> int:
    if (invocation.text("mode") or os.environ.get("ASSAY_MODE")) == "tool":
        from assay_shell.cli.tool import run_tool

        return run_tool(invocation, path, args)
    name = _FROM_STANDARD_INPUT if path == STANDARD_INPUT else path
    try:
        source = read_script(path)
    except UnicodeDecodeError:
        complain(f"reading {name}: stream did not contain valid UTF-8")
    except (OSError, ValueError) as exc:
        complain(f"reading {name}: {os_reason(exc)}")
    else:
        from assay_shell.runtime.vm import without_shebang

        return _run(invocation, Script(name, without_shebang(source), args, "script mode", script=name))
    return _unreadable(invocation)


def _run(invocation: Invocation, script: Script) -> int:
    from assay_shell.runtime.log import from_environment, write_stderr
    from assay_shell.runtime.vm import Runtime

    log = from_environment(
        os.environ, lambda text: runtime.redactor.text(text),
        verbose=invocation.flag("verbose"), as_json=invocation.text("log-format") == "json",
    )  # fmt: skip
    runtime = Runtime(
        readonly=True if invocation.flag("readonly") else None,
        strict=invocation.flag("strict"),
        debug=invocation.flag("debug"),
        stdout=_standard_output(),
        stderr=write_stderr,
        log=log.write,
    )
    if script.name != _FROM_STANDARD_INPUT:
        runtime.resources["command"] = (sys.executable, *sys.orig_argv[1:])  # for processes that run the same script
    log.starting(script.mode, **script.fields)
    try:
        _run_watched(runtime, script, log, invocation.count("timeout"))
    except DeadlineExceeded as exc:
        log.write("error", timed_out(exc.seconds))
        return _exit_code(invocation, exc)
    except (ScriptExit, Interrupted) as exc:
        return exc.exit_code
    except ScriptError as exc:
        return _exit_code(invocation, exc)
    return 0


_INTERRUPTED_READ = os.strerror(4)
"""What `io.lines` raises where a signal (EINTR) ends its read before the script is stopped."""


def _run_watched(runtime: Runtime, script: Script, log: Log, timeout: int | None) -> None:
    """Run the script to its end, or until a signal or its deadline stops it, and release what it held."""
    from assay_shell.runtime.interrupt import SignalWatch

    ended = allocate_lock()
    ended.acquire()

    def stop(code: int) -> None:
        # A signal that comes before the first line of the script runs has to wait for it.
        while not runtime.interrupt(Interrupted(code)) and not ended.acquire(timeout=0.005):
            pass

    with SignalWatch(runtime, stop=stop, kill=os._exit) as watch, runtime:
        try:
            _evaluate(runtime, script, timeout, log)
            watch.check()
        except ScriptError as exc:
            if _INTERRUPTED_READ in exc.message:
                watch.check()
            _tell(exc, script, runtime, log)  # while the runtime can still say which names there are
            raise
        finally:
            ended.release()


def _evaluate(runtime: Runtime, script: Script, timeout: int | None, log: Log) -> None:
    if script.args:
        runtime.set_arguments(script.name, script.args)
    if timeout is None:
        runtime.evaluate(script.source, script.name, script.args)
        return
    from assay_shell.runtime.deadline import Deadline

    def kill(code: int) -> None:
        log.write("error", timed_out(timeout))
        os._exit(code)

    with Deadline(runtime, timeout, kill=kill):
        runtime.evaluate(script.source, script.name, script.args)


def timed_out(seconds: float) -> str:
    """Return what is said of a run that took longer than *seconds*."""
    return f"execution timed out after {seconds:g}s"


def _standard_output() -> Callable[[bytes], object]:
    """Return what scripts print through: at once where somebody watches, in blocks otherwise."""
    write, flush = sys.stdout.buffer.write, sys.stdout.buffer.flush
    if not sys.stdout.isatty():
        return write

    def write_through(data: bytes) -> None:
        write(data)
        flush()

    return write_through


def _tell(error: ScriptError, script: Script, runtime: Runtime, log: Log) -> None:
    """Show an uncaught error: as a panel on a terminal, as one log line elsewhere."""
    from assay_shell.runtime.report import panel, text_with_hint

    if not log.allows("error"):
        return

    source = _source_of(error.chunk, script)
    if log.as_json:
        place = {"script": error.chunk, "line": error.line} if error.chunk is not None else {}
        log.write("error", text_with_hint(error, source, runtime.known_names), **place)
    elif sys.stderr.isatty():
        log.block(panel(error, source, colour=log.colour, names=runtime.known_names))
    else:
        log.write("error", text_with_hint(error, source, runtime.known_names))


def _source_of(chunk: str | None, script: Script) -> str | None:
    """Return the text that an error's chunk was made from; None where it cannot be had."""
    if chunk is None:
        return None
    # Lua shortens long chunk names from the left.
    if chunk == script.name or (chunk.startswith("...") and script.name.endswith(chunk[3:])):
        return script.source.decode("utf-8", "surrogateescape")
    try:
        with open(chunk, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except (OSError, ValueError):
        return None


def _exit_code(invocation: Invocation, error: ScriptError | Interrupted) -> int:
    if invocation.text("exit-codes") == "detailed":
        return next((code for kind, code in _DETAILED if isinstance(error, kind)), error.exit_code)
    return error.exit_code


def _unreadable(invocation: Invocation) -> int:
    return _DETAILED_UNREADABLE if invocation.text("exit-codes") == "detailed" else UNREADABLE


def _meant(path: str) -> str:
    """Return a second line for what looks like a mistyped command; "" for what looks like a file."""
    if not path.isalpha() or os.path.exists(path):
        return ""
    from assay_shell.cli.arguments import COMMANDS
    from assay_shell.runtime.nearest import nearest

    found = nearest(path, COMMANDS)
    return f"\nhint: there is a command 'assay {found}'" if found else ""

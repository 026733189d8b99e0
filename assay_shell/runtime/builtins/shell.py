"""Run shell commands: input, output, time limit, and nothing left behind.

@module shell
@description Run shell commands with input, time limit and live output
@keywords shell, exec, command, run, subprocess, sh, quote, process, stdout, stderr, timeout
@quickref shell.exec(cmd, opts?) -> {status, stdout, stderr, timed_out} | opts: {cwd, env, stdin, timeout, on_line}
@quickref shell.quote(s) -> str | One word for the shell, whatever is in it
"""

from __future__ import annotations

from assay_shell.runtime.declare import pure, write
from assay_shell.runtime.errors import BuiltinError, os_reason, quoted
from assay_shell.runtime.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.children.child import Child
    from assay_shell.runtime.children.conversation import Ending, Feed
    from assay_shell.runtime.children.output import Lines
    from assay_shell.runtime.values import Function, Table, Value
    from assay_shell.runtime.vm import Runtime

_NAME = "shell.exec"
_OPTIONS = Options(_NAME, cwd="bytes", env="Table", stdin="bytes", timeout="float", on_line="Function")
_LONGEST = 1e9  # seconds; event loops do not take much more
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-")


def register(runtime: Runtime) -> None:
    runtime.define("shell", {"exec": write(execute, target="cmd"), "quote": pure(quote)})


async def execute(runtime: Runtime, cmd: str | None = None, opts: Value = None) -> dict[str, object]:
    """Run *cmd* with `/bin/sh -c` while other tasks go on, and return how it ended and what it wrote.

    `status` is the exit code, -1 when a signal ended the command; `stdout` and `stderr` hold every byte it wrote.
    A status other than 0 is no error. Options:

    - `cwd`: the folder to run in.
    - `env`: a table of variables added to the environment.
    - `stdin`: the input; without it the command reads /dev/null.
    - `timeout`: seconds. Then the command and all it started are ended (SIGTERM, after 0.2 s SIGKILL), and the
      result has `timed_out = true`, `status = -1` and what was written until then. The same happens when the task
      is cancelled or the script ends.
    - `on_line`: a function that gets each line, without its newline, and `"stdout"` or `"stderr"` while the command
      runs. The command waits for it. `stdout` and `stderr` then keep the last MiB only, and an error in the function
      ends the command.

    Programs in the background keep the call waiting as long as they hold stdout or stderr: redirect both, as in
    `server >/dev/null 2>&1 &`, and they live on.

    Example: `shell.exec("wc -c", { stdin = "abc", timeout = 2 }).stdout`

    Raises:
        BuiltinError: there is no command, it cannot be started, it closed its input before it was written, the
            time limit is negative or not finite, or its output does not fit into memory.
    """
    if cmd is None:
        raise BuiltinError(_NAME, "command string required")
    options = _options(runtime, opts)
    reserve, on_line = runtime.border.reserve, options.get("on_line")
    from assay_shell.runtime.children.conversation import converse  # brings asyncio: 40 ms
    from assay_shell.runtime.children.output import Lines, Whole

    child, feed = _start(runtime, cmd, options)
    output: Lines | Whole
    if on_line is None:
        output = Whole(reserve)
        ending = await converse(child, feed, output, options.get("timeout"))
    else:
        output = Lines(reserve)
        ending = await _hand_on(child, feed, output, options.get("timeout"), on_line)
    if ending.unfed and not ending.timed_out:
        raise BuiltinError(_NAME, f"failed to write stdin: {os_reason(ending.unfed)}") from ending.unfed
    stdout, stderr = output.text("stdout"), output.text("stderr")
    reserve(len(stdout) + len(stderr))
    status = -1 if ending.timed_out else max(ending.status, -1)
    return {"status": status, "stdout": stdout, "stderr": stderr, "timed_out": ending.timed_out}


def quote(s: bytes) -> bytes:
    """Return *s* as one word for the shell, quoted where it needs to be; `''` for an empty string.

    Example: `shell.exec("ls -l -- " .. shell.quote("a file's name"))`

    Raises:
        BuiltinError: it holds a NUL byte, which no argument of a command can.
    """
    if b"\0" in s:
        raise BuiltinError("shell.quote", "a NUL byte cannot be part of a command")
    if s and _PLAIN.issuperset(s):
        return s
    return b"'" + s.replace(b"'", b"'\"'\"'") + b"'"


def _options(runtime: Runtime, opts: Value) -> dict[str, Any]:
    from assay_shell.runtime.values import Table

    options = _OPTIONS.read(runtime, opts if isinstance(opts, Table) else None)
    timeout = options.get("timeout")
    if timeout is not None:
        if not 0 <= timeout < float("inf"):
            raise BuiltinError(_NAME, "timeout must be a non-negative finite number")
        options["timeout"] = min(timeout, _LONGEST)
    if "env" in options:
        options["env"] = _environment(runtime, options["env"])
    return options


def _environment(runtime: Runtime, table: Table) -> dict[bytes, bytes]:
    from assay_shell.runtime.convert import CONVERTERS

    convert, border = CONVERTERS["bytes"], runtime.border
    found = {convert(name, "", border): convert(value, "", border) for name, value in table.raw.items()}
    for name in found:
        if not name or b"=" in name:
            shown = quoted(name.decode("utf-8", "surrogateescape"))
            raise BuiltinError(_NAME, f"failed to spawn command: illegal environment variable name {shown}")
    return found


def _start(runtime: Runtime, cmd: str, options: dict[str, Any]) -> tuple[Child, Feed | None]:
    from assay_shell.runtime.children.conversation import start
    from assay_shell.runtime.children.registry import children_of
    from assay_shell.runtime.values import as_bytes

    try:
        return start(
            children_of(runtime),
            (b"/bin/sh", b"-c", as_bytes(cmd)),
            stdin=options.get("stdin"),
            cwd=options.get("cwd"),
            env=options.get("env"),
        )
    except OSError as exc:
        raise BuiltinError(_NAME, f"failed to spawn command: {os_reason(exc)}") from exc
    except ValueError as exc:
        raise BuiltinError(_NAME, "failed to spawn command: nul byte found in provided data") from exc


async def _hand_on(child: Child, feed: Feed | None, lines: Lines, timeout: float | None, on_line: Function) -> Ending:
    """Give every line to *on_line* while the command runs."""
    import asyncio

    from assay_shell.runtime.children.conversation import converse

    talking = asyncio.create_task(converse(child, feed, lines, timeout))
    talking.add_done_callback(lambda _: lines.finish())
    try:
        async for stream, line in lines:
            await on_line.call(line, stream)
    finally:
        talking.cancel()
        await asyncio.wait([talking])
    return talking.result()

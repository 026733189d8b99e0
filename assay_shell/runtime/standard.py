"""Lua's own library as scripts see it: output through the runtime, guarded files, `require`, and the clock.

Loaded into every VM; everything else waits until a script looks into its group.

@module sleep
@description Sleep for N seconds
@keywords sleep, delay, pause, wait, time
@quickref sleep(seconds) -> nil | Wait while other tasks run; fractions are fine

@module time
@description Unix timestamp in seconds
@keywords time, timestamp, unix, epoch, clock, datetime
@quickref time() -> float | Seconds since 1970-01-01 00:00 UTC, with fractions

@module input
@description Ask the human for a line of text
@keywords input, ask, prompt, read, question, password, interactive
@quickref input(prompt?, secret?) -> string|nil | Ask for a line of text, hidden when secret; nil at the end of input

@module display
@description Show a value now: as a table, chart, tree or text
@keywords display, show, view, render, output
@quickref display(value, opts?) -> nil | Show a value; opts: {as = "table", title, columns, sort, limit, unit}
"""

from __future__ import annotations

import os
import time

from assay_shell.runtime.commands import HELPERS as COMMANDS
from assay_shell.runtime.declare import Builtin, depends, read, write
from assay_shell.runtime.errors import BuiltinError, ScriptExit, os_reason
from assay_shell.runtime.waits import Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.values import Function, Table
    from assay_shell.runtime.vm import Runtime

COMPATIBLE_WITH = "0.8.2"
"""The release of the original whose scripts run here; scripts see it as `_ASSAY_COMPAT`."""

_LONGEST_SLEEP = 86400.0 * 365 * 100


def register(runtime: Runtime) -> None:
    """Set up the standard library of a fresh VM."""
    for name, builtin in _HELPERS.items():
        runtime.lend(name, builtin)
    for operation in _GUARDED:
        runtime.lend(f"allow_{operation.replace('.', '_')}", write(allow_target, target="target"), public=operation)
    runtime.lend("allow_io_open", depends(allow_open, effect_of_open), public="io.open")
    for name, (public, builtin) in COMMANDS.items():
        runtime.lend(name, builtin, public=public)
    runtime.lend("kube_forward", write(kube_forward, target="_target"), public="k8s.port_forward")
    runtime.define("", {"sleep": read(sleep), "time": read(unix_time), "input": read(ask_for_input)})
    runtime.lend("display", read(display), public="display")
    runtime.include("stdio")
    runtime.include("require")
    runtime.include("sandbox")


def sleep(seconds: float) -> Timer:
    """Wait *seconds* while other tasks run; fractions are fine.

    Example: `sleep(0.5)`

    Raises:
        BuiltinError: *seconds* is negative, not a number, or longer than a century.
    """
    if not 0 <= seconds <= _LONGEST_SLEEP:
        raise BuiltinError("sleep", f"seconds must be between 0 and a century, got {seconds:g}")
    return Timer(seconds)


def unix_time() -> float:
    """Seconds since 1970-01-01 00:00 UTC, with fractions.

    Example: `local started = time()`
    """
    return time.time()


def ask_for_input(runtime: Runtime, prompt: str = "", secret: bool = False) -> object:  # noqa: FBT001, FBT002 - Lua's
    """Ask for a line of text; other tasks run meanwhile. nil at the end of input.

    In a notebook an input box appears, on a terminal the prompt. *secret* hides what is typed, and masks it from then
    on wherever this session shows or logs something.

    Example: `local version = input("version to roll out: ")`
    """
    from assay_shell.runtime.asking import answer

    return answer(runtime, prompt, secret=secret)


def display(runtime: Runtime, held: Table, opts: Table | None = None) -> object:
    """Show a value now, as it would be shown as a result: in the shell, in a notebook, or as text on standard output.

    `as` asks for a form: `table`, `chart`, `tree`, `json`, `text`, `markdown` or `log`; the other options are those of
    that view. A stream is shown while it runs, until it ends or is interrupted. Secrets are masked.

    Example: `display({ { name = "cart", replicas = 3 } }, { title = "Deployments", columns = { "name", "replicas" } })`

    Raises:
        BuiltinError: the value cannot be shown as it was asked for.
    """
    from assay_shell.runtime.views.showing import display_held

    return display_held(runtime, held, opts)


def write_out(runtime: Runtime, data: bytes) -> None:
    """Print to the script's standard output.

    Raises:
        Interrupted: the reader has gone; the script ends quietly.
        BuiltinError: it cannot be written, for lack of space for example.
    """
    try:
        runtime.write_out(data)
    except OSError as exc:
        _give_up(runtime, "standard output", exc)


def write_error(runtime: Runtime, data: bytes) -> None:
    """Print to the script's standard error; errors as `write_out`."""
    try:
        runtime.write_error(data)
    except OSError as exc:
        _give_up(runtime, "standard error", exc)


def flush_out(runtime: Runtime) -> None:
    """Hand on what is buffered; errors as `write_out`."""
    try:
        runtime.flush()
    except OSError as exc:
        _give_up(runtime, "standard output", exc)


def _give_up(runtime: Runtime, where: str, exc: OSError) -> None:
    if isinstance(exc, BrokenPipeError):
        runtime.stop_with(ScriptExit(1))
    raise BuiltinError(None, f"writing {where}: {os_reason(exc)}") from exc


def leave(runtime: Runtime, code: int) -> None:
    """End the script with an exit code (0 to 255), after its clean-up."""
    runtime.stop_with(ScriptExit(code & 0xFF))


def allow_target(target: str) -> None:
    """Pass the guard for a write of Lua's own library; the guard decides before this runs."""


def allow_open(path: str, mode: str) -> None:
    """Pass the guard for `io.open`."""


def effect_of_open(path: str, mode: str) -> tuple[str, str]:
    """Opening writes unless the mode only reads."""
    return ("read" if mode.rstrip("b") == "r" else "write"), path


def environment(name: str) -> str | None:
    """A variable of the process environment, None where it is not set."""
    return os.environ.get(name)


def embedded_module(name: str) -> bytes | None:
    """Source of the stdlib module `assay.NAME`, None where there is none."""
    from assay_shell.runtime.modules import embedded_source

    return embedded_source(name)


def mask(runtime: Runtime, text: str) -> str:
    """Return *text* with all secrets masked."""
    return runtime.redactor.text(text)


def hide(runtime: Runtime, secret: str) -> None:
    """Never show *secret* again."""
    runtime.redactor.add(secret)


def json_mark(runtime: Runtime, value: Table) -> str | None:
    """Whether a table is marked to be written as an `object` or an `array`."""
    from assay_shell.runtime.builtins.json import mark_of

    return mark_of(runtime, value.raw)


def kube_account(runtime: Runtime, context: str | None, listed: str | None, home: str | None) -> object:
    """How to reach and sign in to the Kubernetes cluster of a context; None where there is no kubeconfig."""
    from assay_shell.runtime.kubeconfig.calls import account

    return account(runtime, context, listed, home)


def kube_renew(runtime: Runtime, context: str, listed: str | None, home: str | None, refused: float) -> bool:
    """Whether a request that was sent at the time *refused*, and refused, may be sent again with other credentials."""
    from assay_shell.runtime.kubeconfig.calls import renew

    return renew(runtime, context, listed, home, refused)


def kube_contexts(runtime: Runtime, listed: str | None, home: str | None) -> object:
    """The contexts of the kubeconfig."""
    from assay_shell.runtime.kubeconfig.calls import contexts

    return contexts(runtime, listed, home)


async def kube_forward(runtime: Runtime, dial: Function, address: str, port: int, _target: str) -> object:
    """Listen on a port that leads to a pod; *dial* gives a WebSocket to there for each connection."""
    from assay_shell.runtime.kubeconfig.forward import forward

    return await forward(runtime, dial, address, port)


_HELPERS: dict[str, Builtin] = {
    "write": read(write_out),
    "write_error": read(write_error),
    "flush": read(flush_out),
    "exit": read(leave),
    "getenv": read(environment),
    "embedded_module": read(embedded_module),
    "mask": read(mask),
    "hide": read(hide),
    "json_mark": read(json_mark),
    "kube_account": read(kube_account),
    "kube_renew": read(kube_renew),
    "kube_contexts": read(kube_contexts),
}

_GUARDED = ("io.output", "io.tmpfile", "os.remove", "os.rename", "os.tmpname")

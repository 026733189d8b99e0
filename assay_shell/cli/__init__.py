"""The command `assay`: reads its arguments and hands over to the one front end that was asked for."""

from __future__ import annotations

import atexit
import os
import sys

from assay_shell.cli.arguments import BARE_FILE, parse
from assay_shell.runtime.errors import AssayError, UsageError, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from assay_shell.cli.arguments import Invocation

# Where each command lives; imported when it is asked for.
_COMMANDS: dict[str, tuple[str, str]] = {
    BARE_FILE: ("assay_shell.cli.script", "run_file"),
    "run": ("assay_shell.cli.script", "run_file"),
    "exec": ("assay_shell.cli.script", "run_exec"),
    "docs": ("assay_shell.cli.docs", "show"),
    "checks": ("assay_shell.cli.checks", "manage"),
    "context": ("assay_shell.cli.context", "show"),
    "modules": ("assay_shell.cli.modules", "show"),
    "shell": ("assay_shell.cli.shell", "run"),
    "doctor": ("assay_shell.cli.doctor", "show"),
    "completion": ("assay_shell.cli.completion", "show"),
    "resume": ("assay_shell.cli.tool", "resume"),
    "approvals": ("assay_shell.cli.approvals", "run"),
    "runbook": ("assay_shell.cli.runbook", "manage"),
    "kernel": ("assay_shell.cli.kernel", "manage"),
}

INTERRUPTED = 130


def run() -> NoReturn:
    """Run the command with the process's arguments and end the process.

    All that has to be released is by then. Taking the interpreter apart would cost every run a tenth of its time, and
    waiting for threads that hang in a system call (a name that does not resolve) would make Ctrl-C wait as well.
    """
    code = main()
    atexit._run_exitfuncs()
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with *arguments* (the process's own when None) and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:
        _open_missing_streams()
    try:
        code = _run(parse(given))
    except UsageError as exc:
        complain(f"{exc}\n\nFor more, try '--help'.")
        code = exc.exit_code
    except AssayError as exc:
        complain(str(exc))
        code = exc.exit_code
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = 0  # whoever read the output has seen enough
    except OSError as exc:
        complain(f"writing standard output: {os_reason(exc)}")
        code = 1
    except Exception as exc:  # a fault of ours
        if "--debug" in given:
            raise
        complain(f"internal error: {type(exc).__name__}: {exc} (--debug shows where)")
        code = 1
    return code if _flush() else code or 1


def _run(invocation: Invocation) -> int:
    if invocation.flag("help") or invocation.command == "help":
        return _help(invocation)
    if invocation.flag("version"):
        return _version()
    if not invocation.command:
        return _without_command(invocation)
    return front_end(*_COMMANDS[invocation.command])(invocation)


def front_end(module: str, function: str) -> Callable[[Invocation], int]:
    """Import the function that carries out a command."""
    __import__(module)  # importlib would be another import to pay for
    found: Callable[[Invocation], int] = getattr(sys.modules[module], function)
    return found


def complain(message: str) -> None:
    """Write an `error: ` line to standard error; no log filter touches it."""
    from assay_shell.runtime.log import visible, write_stderr

    write_stderr(f"error: {visible(message)}\n".encode("utf-8", "backslashreplace"))


def _without_command(invocation: Invocation) -> int:
    """Open the shell on a terminal. Elsewhere show the help, and tell pipelines by the exit code that nothing ran."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        return front_end("assay_shell.cli.shell", "run")(invocation)
    from assay_shell.cli import help as texts

    sys.stdout.write(texts.text(invocation.command))
    return 1


def _help(invocation: Invocation) -> int:
    from assay_shell.cli import help as texts

    asked_for = invocation.operands[0] if invocation.command == "help" and invocation.operands else invocation.command
    sys.stdout.write(texts.text("" if asked_for == "help" and not invocation.flag("help") else asked_for))
    return 0


def _version() -> int:
    from assay_shell import __version__

    sys.stdout.write(f"assay {__version__}\n")
    return 0


def _open_missing_streams() -> None:
    """Put the null device where a standard stream was closed: the next file opened would take its number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            os.dup2(descriptor, number)
            if descriptor != number:
                os.close(descriptor)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  open for the life of the process


def _flush() -> bool:
    """Hand on what is still buffered; False when it cannot be written. A reader that left is nobody's error."""
    try:
        sys.stdout.flush()
    except OSError as exc:
        # The interpreter would try once more on its way out, and say so.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(exc, BrokenPipeError):
            return True
        complain(f"writing standard output: {os_reason(exc)}")
        return False
    return True

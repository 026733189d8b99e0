"""What can go wrong, and what each failure tells its front end.

    AssayError                 exit code 1, unless a class says otherwise
    ├── UsageError             wrong use of the command line: 2
    ├── BuiltinError           a builtin failed: raised by builtins, seen by scripts as an error object
    │   └── ConversionError    an argument had the wrong type
    ├── ScriptError            a script failed: raised by the runtime, seen by front ends
    │   ├── ScriptSyntaxError  it did not compile
    │   └── ScriptMemoryError  it hit its memory limit
    ├── Interrupted            it was stopped from outside: 130, or 143 after SIGTERM
    │   └── DeadlineExceeded   it ran out of time
    └── ScriptExit             it called os.exit: the code it gave
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class AssayError(Exception):
    """Base of all errors of this package."""

    exit_code = 1


class UsageError(AssayError):
    """The command line makes no sense."""

    exit_code = 2


class BuiltinError(AssayError):
    """A builtin failed; *where* (`fs.read`) may be None where the contract fixes a text without prefix.

    *fields* become fields of the error object that the script catches.
    """

    kind = "builtin"

    def __init__(self, where: str | None, reason: str, fields: Mapping[str, object] | None = None) -> None:
        self.message = f"{where}: {reason}" if where else reason
        self.fields = fields
        super().__init__(self.message)


class ConversionError(BuiltinError):
    """An argument or option had the wrong type; scripts see its text without the `runtime error: ` prefix."""

    kind = "conversion"

    def __init__(self, reason: str) -> None:
        super().__init__(None, reason)


class ScriptError(AssayError):
    """A script ended with an error.

    Attributes:
        message: the first lines, without traceback: `FILE:LINE: text` or the builtin's message.
        traceback: Lua traceback without the core's frames; "" where there is none.
        chunk, line: where it happened, None where that is unknown.
        value: what the script threw, as a Python value (str for plain errors).
    """

    def __init__(
        self,
        message: str,
        *,
        traceback: str = "",
        chunk: str | None = None,
        line: int | None = None,
        value: object = None,
    ) -> None:
        self.message = message
        self.traceback = traceback
        self.chunk = chunk
        self.line = line
        self.value = value
        super().__init__(message)

    @property
    def text(self) -> str:
        """Form 2 of the contract's error model: the message, and the traceback where there is one."""
        return f"{self.message}\n{self.traceback}" if self.traceback else self.message


class ScriptSyntaxError(ScriptError):
    """A chunk did not compile; *incomplete* says that more input could still make it valid."""

    def __init__(self, message: str, *, chunk: str | None = None, line: int | None = None) -> None:
        super().__init__(f"syntax error: {message}", chunk=chunk, line=line)
        self.incomplete = message.endswith("<eof>")


class ScriptMemoryError(ScriptError):
    """The script hit the memory limit of its VM."""


class Interrupted(AssayError):
    """The script was stopped from outside: Ctrl-C (130) or SIGTERM (143)."""

    def __init__(self, exit_code: int = 130) -> None:
        super().__init__("interrupted")
        self.exit_code = exit_code


class DeadlineExceeded(Interrupted):
    """The script ran longer than its deadline of *seconds*."""

    def __init__(self, seconds: float) -> None:
        super().__init__(1)
        self.seconds = seconds


class ScriptExit(AssayError):
    """The script ended itself with `os.exit`."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"exit {exit_code}")
        self.exit_code = exit_code


def os_reason(exc: OSError | ValueError) -> str:
    """The system's words and number, `No such file or directory (os error 2)`."""
    if isinstance(exc, OSError) and exc.errno is not None:
        import os  # loaded by the interpreter at its start: free

        return f"{os.strerror(exc.errno)} (os error {exc.errno})"
    if "null" in str(exc):  # Python's refusal of NUL bytes in paths and commands
        return "file name contained an unexpected NUL byte"
    return str(exc)


_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def quoted(text: str) -> str:
    """*text* in double quotes, as paths and names stand in messages."""
    return '"' + text.translate(_ESCAPES) + '"'

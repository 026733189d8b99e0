"""Failures of file operations, told in the contract's words."""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError, os_reason, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class reported:  # read as a word, like `suppress`: `with reported("fs.read", "failed to read {}", path):`
    """Turn the system's errors inside a `with` block into a `BuiltinError` of *function*.

    *sentence* has one `{}` for each of *paths*, which are put in quoted once something fails: a file operation
    takes a few microseconds, which formatting and a generator of `contextlib` would double.

    Raises:
        BuiltinError: the block raised an OSError, or the ValueError that a NUL byte in a path ends in.
    """

    __slots__ = ("_function", "_paths", "_sentence")

    def __init__(self, function: str, sentence: str, *paths: str) -> None:
        self._function = function
        self._sentence = sentence
        self._paths = paths

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: type[BaseException] | None, exc: BaseException | None, _tb: TracebackType | None) -> None:
        if isinstance(exc, OSError | ValueError):
            what = self._sentence.format(*map(quoted, self._paths))
            raise BuiltinError(self._function, f"{what}: {os_reason(exc)}") from exc

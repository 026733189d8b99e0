"""The one exception of the template language: what is wrong, in which words, and on which line."""

from __future__ import annotations

SYNTAX = "syntax error"
UNDEFINED_VALUE = "undefined value"
INVALID = "invalid operation"
UNKNOWN_FILTER = "unknown filter"
UNKNOWN_TEST = "unknown test"
UNKNOWN_FUNCTION = "unknown function"
UNKNOWN_METHOD = "unknown method"
UNKNOWN_BLOCK = "unknown block"
NOT_FOUND = "template not found"
TOO_MANY_ARGUMENTS = "too many arguments"
MISSING_ARGUMENT = "missing argument"
CANNOT_UNPACK = "cannot unpack"
BAD_ESCAPE = "bad string escape"


class Failure(Exception):
    """A template cannot be read or rendered.

    *kind* is one of the constants above, *detail* says more, *line* counts from 1 and is 0 until it is known.
    """

    def __init__(self, kind: str, detail: str, line: int = 0) -> None:
        super().__init__(kind, detail, line)
        self.kind = kind
        self.detail = detail
        self.line = line

    def describe(self, name: str) -> str:
        """The contract's form, with *name* as the template's name: `KIND: DETAIL (in NAME:LINE)`."""
        return f"{self.kind}: {self.detail} (in {name}:{self.line or 1})"


def invalid(detail: str) -> Failure:
    """The most common kind: an operation that these values do not allow."""
    return Failure(INVALID, detail)

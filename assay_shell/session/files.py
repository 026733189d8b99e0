"""Files that a user names: read within bounds, written whole or not at all."""

from __future__ import annotations

import os
import shlex

from assay_shell.runtime.files import whole
from assay_shell.session.answers import CommandError

_LONGEST = 1 << 20


def named(argument: str, usage: str) -> str:
    """Return the one path in *argument*, `~` and quotes resolved.

    Raises:
        CommandError: there is none, or more than one.
    """
    words = words_in(argument)
    if len(words) != 1:
        raise CommandError(f"which file? {usage}")
    return expanded(words[0])


def words_in(argument: str) -> list[str]:
    """Return the words of *argument* as a shell splits them.

    Raises:
        CommandError: a quote is not closed.
    """
    try:
        return shlex.split(argument)
    except ValueError as error:
        raise CommandError(f"{argument}: {error}") from error


def expanded(path: str) -> str:
    """Return *path* with `~` resolved."""
    return os.path.expanduser(path)


def read_text(path: str) -> str:
    """Return the text of a file.

    Raises:
        CommandError: it is longer than 1 MiB, or not UTF-8.
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        data = file.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise CommandError(f"{path}: longer than 1 MiB")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: not UTF-8") from error


def write_text(path: str, text: str) -> int:
    """Write a file, which takes the place of an old one once it is complete; the bytes in it.

    The user has named it, so that it is no effect of the session's code, and nobody is asked.

    Raises:
        OSError: it cannot be written.
    """
    data = text.encode("utf-8", "surrogateescape")
    whole.write(path, data)
    return len(data)

"""Names from outside of the VM: files and variables of the environment."""

from __future__ import annotations

import os

from assay_shell.session.completion.answers import Candidate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_FILES = 2_000


def variables(injected: Mapping[str, str]) -> Iterator[Candidate]:
    """The names of variables; never their values."""
    for name in sorted({*injected, *os.environ}):
        yield Candidate(name, "env")


def files(typed: str) -> tuple[str, list[Candidate]]:
    """What is in the folder that *typed* leads to; the part behind the last slash, and candidates for it.

    Hidden files only where a dot was typed. An unreadable folder has none.
    """
    folder, slash, last = typed.rpartition("/")
    try:
        with os.scandir(folder + slash or ".") as found:
            entries = [entry for entry, _ in zip(found, range(_MOST_FILES), strict=False)]
    except (OSError, ValueError):
        return last, []
    shown = [entry for entry in entries if last.startswith(".") or not entry.name.startswith(".")]
    return last, [_file(entry) for entry in sorted(shown, key=lambda entry: entry.name)]


def _file(entry: os.DirEntry[str]) -> Candidate:
    folder = _is_folder(entry)
    return Candidate(f"{entry.name}/" if folder else entry.name, "path", "", "folder" if folder else "")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False

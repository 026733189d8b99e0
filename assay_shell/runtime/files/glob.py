"""Paths that match a pattern: the rules of the contract's `fs.glob`."""

from __future__ import annotations

import os

from assay_shell.runtime.files.patterns import SPECIAL, NamePattern, PatternError
from assay_shell.runtime.files.trees import entries
from assay_shell.runtime.values import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Part = str | NamePattern | None

ANY_DEPTH = None
"""The part that `**` becomes."""


def glob(pattern: str) -> list[str]:
    """All paths that match *pattern*, in byte order, relative where the pattern is; hidden ones match too.

    `**` stands for any number of directories, symlinked ones included unless they lead back to where the
    search came from; at the end of a pattern it finds directories only, as does a `/` there. Directories
    that cannot be read match nothing.

    Raises:
        PatternError: the pattern is invalid.
    """
    if "\0" in pattern:
        raise PatternError("file name contained an unexpected NUL byte")
    parts = _parts(pattern)
    root = "/" if pattern.startswith("/") else ""
    if not parts:
        return [root or "."] if pattern else []
    found = set(_search(root, parts))
    if pattern.endswith("/"):
        found = set(filter(os.path.isdir, found))
    return sorted(found, key=as_bytes)


def _parts(pattern: str) -> list[Part]:
    """The components of *pattern*; those that change nothing (`.`, an empty one, a repeated `**`) are left out."""
    parts: list[Part] = []
    for text in pattern.split("/"):
        if text in ("", ".") or (text == "**" and parts and parts[-1] is ANY_DEPTH):
            continue
        if text == "**":
            parts.append(ANY_DEPTH)
        else:
            parts.append(text if SPECIAL.isdisjoint(text) else NamePattern(text))
    return parts


def _search(root: str, parts: list[Part]) -> Iterator[str]:
    """Follow *parts* from *root*; each directory is looked at once for each part. Paths may come more than once."""
    pending = [(root, 0)]
    seen = set(pending)
    while pending:
        base, index = pending.pop()
        last = index == len(parts) - 1
        for path, is_directory in _step(base, parts[index], at_end=last):
            if last:
                yield path
            elif is_directory and (path, index + 1) not in seen:
                seen.add((path, index + 1))
                pending.append((path, index + 1))


def _step(base: str, part: Part, *, at_end: bool) -> Iterator[tuple[str, bool]]:
    """The paths that one *part* leads to from *base*, and whether the search can go on from there."""
    if part is ANY_DEPTH:
        if not at_end:
            yield base, True
        yield from ((path, True) for path in _directories_below(base))
    elif isinstance(part, str):
        path = os.path.join(base, part)
        if os.path.lexists(path):
            yield path, True
    else:
        for entry in _listed(base):
            if part.matches(entry.name):
                yield os.path.join(base, entry.name), _is_directory(entry)


def _directories_below(base: str) -> Iterator[str]:
    pending = [base]
    while pending:
        above = pending.pop()
        for entry in _listed(above):
            path = os.path.join(above, entry.name)
            if _is_directory(entry) and not (entry.is_symlink() and _leads_back(path, base)):
                yield path
                pending.append(path)


def _leads_back(link: str, base: str) -> bool:
    """Whether *link* leads to one of the directories on the way to it, *base* first."""
    try:
        target = os.stat(link)
        above = os.path.dirname(link)
        while not os.path.samestat(os.stat(above or "."), target):
            if above == base:
                return False
            above = os.path.dirname(above)
    except OSError:  # gone meanwhile, or links that only lead to one another: nothing to enter
        pass
    return True


def _listed(path: str) -> list[os.DirEntry[str]]:
    """The entries of *path*, "" for the current directory; none where it cannot be read."""
    try:
        return entries(path or ".")
    except OSError:
        return []


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False

"""Which line an uncaught error is shown at: that of the script, where a module of ours noticed what went wrong."""

from __future__ import annotations

_OURS = "assay/"
"""How the chunks of the modules that come with us begin."""


def blamed(traceback: str, chunk: str | None, line: int | None) -> tuple[str | None, int | None]:
    """Return chunk and line of the innermost frame that is the script's own, for an error at *chunk* and *line*.

    These themselves where they are the script's, and where no frame is.
    """
    if not _is_ours(chunk):
        return chunk, line
    for frame in frames(traceback):
        if not _is_ours(frame[0]):
            return frame
    return chunk, line


def frames(traceback: str) -> list[tuple[str, int]]:
    """Return chunk and line of each frame of a traceback that has them, the innermost first."""
    found = []
    for text in traceback.split("\n")[1:]:
        place, _, where = text.strip().partition(": in ")
        chunk, _, line = place.rpartition(":")
        if where and chunk and line.isdigit() and not place.startswith("["):
            found.append((chunk, int(line)))
    return found


def without_our_place(message: str) -> str:
    """Return *message* without the `assay/k8s.lua:1: ` that errors raised by our modules may begin with.

    It stays where Lua itself objected, which is a fault of the module.
    """
    place, mark, text = message.partition(": ")
    chunk, _, line = place.rpartition(":")
    if mark and line.isdigit() and chunk.startswith(_OURS) and not text.startswith("attempt to "):
        return text
    return message


def _is_ours(chunk: str | None) -> bool:
    if chunk is None or not chunk.startswith(_OURS):
        return False
    import os

    return not os.path.exists(chunk)  # a script may lie in a folder of that name

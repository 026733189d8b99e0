"""Writes to files: the difference to what is there."""

from __future__ import annotations

from assay_shell.runtime.values import as_bytes
from assay_shell.session.effects.lines import cut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.guard import Effect
    from assay_shell.runtime.vm import Runtime

_LONGEST = 256 << 10


def details(runtime: Runtime, effect: Effect) -> list[str]:
    """How much is written."""
    data = _data(effect)
    return [] if data is None else [f"{len(data)} bytes"]


async def compare(runtime: Runtime, effect: Effect) -> list[str]:
    """The lines that a written file loses and gets; the size of one that is removed."""
    name, path = effect.name, effect.target
    data = _data(effect)
    if name == "fs.remove":
        return [f"{path}: {len(_read(path))} bytes"]
    if data is None:
        return []
    if name == "fs.append":
        return cut([f"+{line}" for line in _lines(data)])
    from difflib import unified_diff

    before = _read(path)
    if len(before) > _LONGEST or len(data) > _LONGEST:
        return [f"{len(before)} → {len(data)} bytes"]
    found = list(unified_diff(_lines(before), _lines(data), lineterm="", n=1))[2:]
    return cut(found) or ["no change"]


def _data(effect: Effect) -> bytes | None:
    if effect.name not in ("fs.write", "fs.append") or len(effect.values) < 2:
        return None
    value = effect.values[1]
    return as_bytes(value) if isinstance(value, str) else value


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST + 1)
    except OSError:
        return b""


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").splitlines()

"""Nested data as lines that can be compared: `spec.replicas  4 -> 12`."""

from __future__ import annotations

from assay_shell.runtime.redact import MASK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Mask = Callable[[Any], Any]

MOST = 20
"""Lines that are shown of one thing."""
_WIDEST = 160
_NOTHING = object()


def cut(lines: list[str]) -> list[str]:
    """*lines*, of too many the first and how many are left out."""
    shown = [line if len(line) <= _WIDEST else f"{line[:_WIDEST]}…" for line in lines[:MOST]]
    return [*shown, f"… {len(lines) - MOST} more"] if len(lines) > MOST else shown


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Path and value of everything in *data* that holds nothing further."""
    if isinstance(data, dict) and (data or not path):
        for key, value in data.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list) and (data or not path):
        for index, value in enumerate(data, 1):
            yield from leaves(value, f"{path}[{index}]")
    else:
        yield path or "(all)", data


def shown(data: Any, mask: Mask) -> list[str]:
    """One line for each leaf, secrets masked."""
    return cut([f"{path}  {_brief(value)}" for path, value in leaves(mask(data))])


def changes(before: Any, after: Any, mask: Mask, *, whole: bool) -> list[str]:
    """One line for each leaf that *after* changes; with *whole* also for those of *before* that it lacks."""
    old, new = dict(leaves(before)), dict(leaves(after))
    old_shown, new_shown = dict(leaves(mask(before))), dict(leaves(mask(after)))

    def of(masked: dict[str, Any], path: str) -> str:
        return _brief(masked.get(path, MASK))

    lines = []
    for path, value in new.items():
        known = old.get(path, _NOTHING)
        if known is _NOTHING:
            lines.append(f"{path}  + {of(new_shown, path)}")
        elif known != value:
            lines.append(f"{path}  {of(old_shown, path)} → {of(new_shown, path)}")
    if whole:
        lines += [f"{path}  - {of(old_shown, path)}" for path in old if path not in new]
    return cut(lines) or ["no change"]


def _brief(value: Any) -> str:
    from assay_shell.runtime.values import brief

    return brief(value)

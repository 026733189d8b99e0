"""Nested data as lines that can be compared: `spec.replicas  4 -> 12`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

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
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list) and data:
        for index, value in enumerate(data, 1):
            yield from leaves(value, f"{path}[{index}]")
    else:
        yield path or "(all)", data


def shown(data: Any) -> list[str]:
    """One line for each leaf."""
    return cut([f"{path}  {_brief(value)}" for path, value in leaves(data)])


def changes(before: Any, after: Any, *, whole: bool) -> list[str]:
    """One line for each leaf that *after* changes; with *whole* also for those of *before* that it lacks."""
    old, new = dict(leaves(before)), dict(leaves(after))
    lines = []
    for path, value in new.items():
        known = old.get(path, _NOTHING)
        if known is _NOTHING:
            lines.append(f"{path}  + {_brief(value)}")
        elif known != value:
            lines.append(f"{path}  {_brief(known)} → {_brief(value)}")
    if whole:
        lines += [f"{path}  - {_brief(value)}" for path, value in old.items() if path not in new]
    return cut(lines) or ["no change"]


def _brief(value: Any) -> str:
    from assay_shell.runtime.values import brief

    return brief(value)

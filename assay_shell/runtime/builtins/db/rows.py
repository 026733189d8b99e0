"""Results on their way from a database into Lua: columns first, then one flat list of values.

A flat list crosses once and Lua makes the row tables from it, which takes a third of the time that handing over
nested Python data would. What a column's values need on top (booleans out of 0 and 1, JSON, dates) is done column by
column, by slices of that list.
"""

from __future__ import annotations

from assay_shell.runtime.values import Raw, as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from assay_shell.runtime.vm import Runtime

    Converter = Callable[[Any], Any]

_CHUNK = 20_000  # values that cross at a time
_FEW = 60  # values
_ROW, _SLOT, _VALUE = 72, 40, 40  # bytes in the VM: a table, a field of it, a value on its way


class TooMuch(MemoryError):
    """A result has more bytes than the VM may hold."""


class Rows:
    """Rows of one statement: *names* of the columns, *flat* values row by row.

    *converters* maps the index of a column to a function for its values that are not None; *nested* are the columns
    whose values become tables. *size* is the bytes of all strings.
    """

    __slots__ = ("converters", "flat", "names", "nested", "size")

    def __init__(
        self,
        names: Sequence[str],
        flat: list[Any],
        *,
        converters: dict[int, Converter] | None = None,
        nested: frozenset[int] = frozenset(),
        size: int | None = None,
    ) -> None:
        self.names = names
        self.flat = flat
        self.converters = converters or {}
        self.nested = nested
        self.size = strings_size(flat) if size is None else size

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.flat) // len(self.names) if self.names else 0

    def records(self) -> list[dict[str, Any]]:
        """The rows as dicts with text instead of bytes, for what is looked up behind the scenes."""
        width, found = len(self.names), []
        for at in range(0, len(self.flat), width):
            values = self.flat[at : at + width]
            for index, convert in self.converters.items():
                if values[index] is not None:
                    values[index] = convert(values[index])
            found.append({name: _text(value) for name, value in zip(self.names, values, strict=True)})
        return found


class Outcome:
    """What a call gave: the rows of each statement that has any, and how many rows were *affected*."""

    __slots__ = ("affected", "parts")

    def __init__(self, parts: list[Rows], affected: int) -> None:
        self.parts = parts
        self.affected = affected


def strings_size(flat: list[Any]) -> int:
    """The bytes of the strings in *flat*."""
    return sum([len(value) for value in flat if type(value) is str or type(value) is bytes])


def to_lua(runtime: Runtime, parts: list[Rows]) -> Any:
    """The raw Lua list of row tables; what is NULL is absent from its row.

    Raises:
        BuiltinError: the VM has no room for them.
    """
    from assay_shell.runtime.builtins.db.lua import lua_side

    if len(parts) == 1 and len(parts[0].flat) <= _FEW and not parts[0].nested:
        return _few_to_lua(runtime, parts[0])
    lua = lua_side(runtime)
    total = sum(part.count for part in parts)
    found = lua["new_list"](total)
    at = 0
    for part in parts:
        width = len(part.names)
        slots = 1 << max(width - 1, 0).bit_length()
        runtime.border.reserve(part.size + part.count * (_ROW + slots * _SLOT) + min(len(part.flat), _CHUNK) * _VALUE)
        names = runtime.lua.table_from([as_bytes(name) for name in part.names])
        step = max(_CHUNK // max(width, 1), 1) * width
        for start in range(0, len(part.flat), step or 1):
            chunk = _lowered(runtime, part, part.flat[start : start + step])
            lua["append_rows"](found, at, names, runtime.lua.table_from(chunk), len(chunk) // width)
            at += len(chunk) // width
    return found


def _few_to_lua(runtime: Runtime, part: Rows) -> Any:
    """The same for a handful of values, where a flat list would not pay."""
    runtime.border.reserve(part.size + _ROW + len(part.flat) * (_ROW + _SLOT))
    values, width = _lowered(runtime, part, part.flat[:]), len(part.names)
    names = [name if name.isascii() else as_bytes(name) for name in part.names]
    rows = []
    for at in range(0, len(values), width):
        row = dict(zip(names, values[at : at + width], strict=True))
        rows.append(row if None not in row.values() else {k: v for k, v in row.items() if v is not None})
    return runtime.lua.table_from(rows, recursive=True)


def _lowered(runtime: Runtime, part: Rows, chunk: list[Any]) -> list[Any]:
    """The values as lupa takes them."""
    width = len(part.names)
    for index, convert in part.converters.items():
        chunk[index::width] = [None if value is None else convert(value) for value in chunk[index::width]]
    for index in part.nested:
        chunk[index::width] = [_lowered_table(runtime, value) for value in chunk[index::width]]
    return [value if type(value) is not str or value.isascii() else as_bytes(value) for value in chunk]


def _lowered_table(runtime: Runtime, value: Any) -> Any:
    if isinstance(value, dict):
        return runtime.border.to_lua(value)
    lowered = _with_dates(runtime, value)
    return runtime.border.to_lua(lowered) if isinstance(lowered, list | Raw) else lowered


def _with_dates(runtime: Runtime, value: Any) -> Any:
    """*value*, in which dates are the tables they become."""
    if isinstance(value, list):
        return [_with_dates(runtime, item) for item in value]
    from assay_shell.runtime.builtins.db.moments import Moment, to_table

    return Raw(to_table(runtime, value)) if isinstance(value, Moment) else value


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

"""Rows of tables, read from Lua when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import overload

from assay_shell.runtime.redact import MASK
from assay_shell.runtime.redact.data import is_secret, is_secret_member
from assay_shell.runtime.values import as_bytes, from_raw
from assay_shell.runtime.views.nodes import bearings_of, describe, node_of, scalar_text
from assay_shell.runtime.views.reading import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from assay_shell.runtime.views.model import Cell, Key, Node, Row
    from assay_shell.runtime.views.reading import Reader

_CHUNK = 250
"""Rows that are read and masked together."""
_BRIEF_MEMBERS, _BRIEF_LENGTH = 4, 60
"""What is shown of a table inside a cell: members, characters."""


class Rows(Sequence["Row"]):
    """The rows of a table: *read* gives those from index *first* to before *last*."""

    def __init__(self, count: int, read: Callable[[int, int], list[Row]]) -> None:
        self._count = count
        self._read = read

    def __len__(self) -> int:
        return self._count

    def head(self, count: int) -> Rows:
        """The first *count* of them."""
        return Rows(min(count, self._count), self._read)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            first, last, step = index.indices(self._count)
            if step != 1:
                return [self[each] for each in range(first, last, step)]
            return [row for start in range(first, last, _CHUNK) for row in self._read(start, min(last, start + _CHUNK))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return self._read(index % self._count, index % self._count + 1)[0]

    def __iter__(self) -> Iterator[Row]:
        for start in range(0, self._count, _CHUNK):
            yield from self._read(start, min(self._count, start + _CHUNK))


class Records:
    """Reads the members *keys* of a list of records as cells; *titles* are what they are called besides."""

    def __init__(self, reader: Reader, raw: Any, keys: Sequence[Key], titles: Sequence[str] = ()) -> None:
        self._reader, self._raw, self._width = reader, raw, len(keys)
        self._keys = reader.list_of([as_bytes(key) if isinstance(key, str) else key for key in keys])
        self._secret = [
            at for at, (key, title) in enumerate(zip_longest(keys, titles)) if is_secret(key) or is_secret(title)
        ]
        self._named = [at for at, key in enumerate(keys) if key in ("value", "Value")]

    def read(self, first: int, last: int) -> list[Row]:
        """The rows from index *first* to before *last*."""
        values, lengths = self._reader.block(self._raw, first + 1, last, self._keys)
        for at in self._secret:
            values[at :: self._width] = map(_hidden, values[at :: self._width])
        if self._named:
            self._hide_named(values, first, last)
        most = self._reader.shown
        cells = [
            raw
            if type(raw) in _PLAIN or (type(raw) is str and raw.isascii() and len(raw) <= most)
            else self._cell(raw)
            for raw in values
        ]
        for position, whole in lengths.items():
            cells[position - 1] = self._cut(values[position - 1], whole)
        return rows_of(self._reader, cells, self._width)

    def _cell(self, raw: Any) -> Cell:
        if isinstance(raw, str):
            return from_raw(raw) if len(raw) <= self._reader.shown else self._cut(raw, None)
        return brief(self._reader, raw) if kind_of(raw) == "table" else describe(self._reader, raw)

    def _cut(self, raw: Any, whole: int | None) -> str:
        text, left_out = self._reader.text(raw, whole)
        return f"{text}…" if left_out else text

    def _hide_named(self, values: list[Any], first: int, last: int) -> None:
        """Mask the values of records whose name says that they are secrets."""
        for row, item in enumerate(self._reader.items(self._raw, first + 1, last)):
            if kind_of(item.raw) == "table" and is_secret_member(bearings_of(self._reader, item.raw), "value", None):
                for at in self._named:
                    place = row * self._width + at
                    values[place] = _hidden(values[place])


_PLAIN = (int, float, bool, type(None))


def _hidden(raw: Any) -> Any:
    """What is shown of the secret *raw*; tables under such a name only refer to one."""
    if raw is None or isinstance(raw, bool) or raw == "" or kind_of(raw) == "table":
        return raw
    return _RAW_MASK


_RAW_MASK = as_bytes(MASK).decode("latin-1")


def rows_of(reader: Reader, cells: list[Cell], width: int) -> list[Row]:
    """*cells* as rows of *width*, with the secrets in their texts masked."""
    texts = {cell for cell in cells if type(cell) is str}
    hidden = reader.hide(texts)
    if hidden:
        cells = [hidden.get(cell, cell) if type(cell) is str else cell for cell in cells]
    return list(zip(*[iter(cells)] * width, strict=True))


def brief(reader: Reader, raw: Any) -> str:
    """A table in one short line: `{a = 1, b = …}`."""
    return brief_node(node_of(reader, raw))


def brief_node(node: Node) -> str:
    """A node in one short line."""
    if not node.nested:
        return scalar_text(node)
    parts = []
    for key, member in node.members(_BRIEF_MEMBERS):
        shown = scalar_text(member) if not member.nested else "{…}" if member.kind == "map" else f"[{member.size}]"
        parts.append(f"{key}={shown}" if node.kind == "map" else shown)
    text = ", ".join(parts) + (", …" if node.size > len(parts) else "")
    if len(text) > _BRIEF_LENGTH:
        text = text[: _BRIEF_LENGTH - 1] + "…"
    return f"{{{text}}}" if node.kind == "map" else f"[{text}]"



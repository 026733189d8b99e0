"""Streams that are shown while they run: what came last, as a table or a log."""

from __future__ import annotations

from collections import deque
from time import monotonic

from assay_shell.runtime.values import Raw, as_text
from assay_shell.runtime.values import Table as LuaTable
from assay_shell.runtime.views.model import LOG, Column, Table, Text
from assay_shell.runtime.views.nodes import plain_node
from assay_shell.runtime.views.rows import brief_node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.host import Host
    from assay_shell.runtime.views.model import Cell, Live, Row, View
    from assay_shell.runtime.views.screen import Place

KEPT = 500
"""Items of a stream that stay visible."""
REDRAWN = 0.1
"""Seconds between two drawings at least."""
_LONGEST_CELL = 200
_LONGEST_LINE = 2000
_MOST_COLUMNS = 12


class Feed:
    """What has come out of a stream: the last `KEPT` items, masked."""

    def __init__(self, runtime: Host, title: str = "") -> None:
        self._runtime = runtime
        self._title = title
        self._items: deque[Any] = deque(maxlen=KEPT)
        self.total = 0
        """Items that came."""

    def add(self, item: object) -> str:
        """Keep *item*, which the stream gave; it as one line of text."""
        shown = _flat(self._runtime.redactor.value(_plain(self._runtime, item)))
        self._items.append(shown)
        self.total += 1
        return _line(shown)

    def view(self) -> View:
        """The items as they are now: records as a table, the newest first; all else as a log."""
        title = f"{self._title}  {self.total:,} items" if self._title else f"{self.total:,} items"
        items = list(self._items)
        if items and all(isinstance(item, dict) for item in items):
            return self._table(items, title)
        left = [f"({self.total - len(items):,} earlier items)"] if self.total > len(items) else []
        return Text("\n".join([*left, *map(_line, items)]), LOG, 0, title)

    def _table(self, items: list[dict[str, Any]], title: str) -> Table:
        given = (name for item in items for name, value in item.items() if value is not None)
        names = list(dict.fromkeys(map(str, given)))[:_MOST_COLUMNS]
        rows: list[Row] = [tuple(_cell(item.get(name)) for name in names) for item in reversed(items)]
        return Table(tuple(map(Column, names)), rows, self.total, title)


async def follow(runtime: Host, live: Live, place: Place, feed: Feed | None = None) -> Feed:
    """Show the items of *live* at *place* as they come, until the stream ends; what came, in *feed* or a new one.

    The place is drawn at most each `REDRAWN` seconds, however fast the items come. Whoever cancels this, as Ctrl-C
    does, closes the stream and leaves the place as it looked last.
    """
    import asyncio

    feed, stream = feed or Feed(runtime, live.title), live.stream
    add = getattr(place, "add", None)
    loop, pending = asyncio.get_running_loop(), None
    drawn = -REDRAWN

    def draw() -> None:
        nonlocal drawn, pending
        pending, drawn = None, monotonic()
        place.update(feed.view())

    try:
        async for item in _items(stream):
            line = feed.add(item)
            if add is not None:
                add(line)
            elif pending is None:
                pending = loop.call_later(max(0.0, drawn + REDRAWN - monotonic()), draw)
    finally:
        if pending is not None:
            pending.cancel()
        place.close(feed.view())
        await stream.close()  # type: ignore[attr-defined]
    return feed


async def _items(stream: Any) -> Any:
    """The items of an open stream. The event loop gets a turn now and then, also when they come without a wait."""
    import asyncio

    turn = monotonic()
    while (item := await stream.next()) is not None:
        yield item
        if monotonic() - turn > REDRAWN / 4:
            await asyncio.sleep(0)
            turn = monotonic()


def _plain(runtime: Host, item: object) -> Any:
    """An item as plain Python data."""
    if isinstance(item, LuaTable):
        return runtime.border.deep(item.raw)
    if isinstance(item, Raw):
        return runtime.border.deep(item.obj)
    if isinstance(item, dict):
        return {_plain(runtime, name): _plain(runtime, value) for name, value in item.items()}
    if isinstance(item, list):
        return [_plain(runtime, part) for part in item]
    return as_text(bytes(item)) if isinstance(item, bytes | bytearray | memoryview) else item


def _flat(item: Any) -> Any:
    """The event of a Kubernetes watch as what an operator looks for; everything else as it is."""
    thing = item.get("object") if isinstance(item, dict) else None
    metadata = thing.get("metadata") if isinstance(thing, dict) else None
    if not isinstance(metadata, dict) or not isinstance(thing, dict):
        return item
    status = thing.get("status")
    found = {
        "type": item.get("type"),
        "kind": thing.get("kind"),
        "namespace": metadata.get("namespace"),
        "name": metadata.get("name"),
        "phase": status.get("phase") if isinstance(status, dict) else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else brief_node(plain_node(value))
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"


def _line(item: Any) -> str:
    """An item in one line."""
    if isinstance(item, dict):
        return "  ".join(f"{name}={_cell(value)}" for name, value in item.items() if value is not None)
    text = item if isinstance(item, str) else str(_cell(item))
    return text.rstrip("\r\n")[:_LONGEST_LINE]

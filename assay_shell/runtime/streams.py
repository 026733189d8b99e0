"""Async iterators of Python as values that scripts loop over."""

from __future__ import annotations

from assay_shell.runtime.declare import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.host import Host
    from assay_shell.runtime.values import Function, Raw, Stream, Table


class OpenStream:
    """A Stream that a script holds: gives its items one at a time, and is closed once."""

    def __init__(self, stream: Stream, closed: Callable[[OpenStream], None]) -> None:
        self._closed = closed
        self._items = stream.items
        self._close = stream.close
        self.ended = False

    async def next(self) -> Any:
        """The next item, None at the end."""
        if self.ended:
            return None
        try:
            return await anext(self._items)
        except StopAsyncIteration:
            await self.close()
            return None

    async def close(self) -> None:
        """Release what the stream holds; a second call does nothing."""
        if self.ended:
            return
        self.ended = True
        self._closed(self)
        finish = getattr(self._items, "aclose", None)
        if finish is not None:
            await finish()
        result = self._close() if self._close else None
        if result is not None:
            await result


class LuaIterator:
    """An iterator of a script, one that `for` would step and close, read like an open stream."""

    def __init__(self, subject: Table, step: Function, close: Function) -> None:
        self._subject = subject
        self._step = step
        self._close = close

    async def next(self) -> Any:
        """The first value of the next step, None at the end."""
        found = await self._step.call(self._subject)
        return found[0] if found else None

    async def close(self) -> None:
        """Do what `for` does when it is left."""
        await self._close.call(self._subject)


async def next_item(stream: OpenStream) -> Any:
    """Wait for the next item; nil at the end."""
    return await stream.next()


async def close_stream(stream: OpenStream) -> None:
    """End the stream and release what it holds; harmless when it has ended."""
    await stream.close()


def handle_of(runtime: Host, stream: Stream) -> Raw:
    """The handle of *stream*: callable for `for`, with `next` and `close`."""
    opened = OpenStream(stream, lambda ended: runtime.keep_open(ended.close))
    runtime.on_close(opened.close)
    methods = {"next": read(next_item), "close": read(close_stream)}
    return runtime.handle(opened, stream.name, methods, call=read(next_item), close=read(close_stream))

"""The parent's ends of a child's pipes: reading and writing without holding up anybody else."""

from __future__ import annotations

import asyncio
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 1 << 16  # bytes: what a pipe holds


async def read_some(descriptor: int) -> bytes:
    """Return the next bytes of a pipe, at most CHUNK, as soon as there are any; b"" at its end.

    Other tasks run before every read, so that a child that never stops talking holds up nobody.
    """
    while True:
        await readable(descriptor)
        try:
            return os.read(descriptor, CHUNK)
        except BlockingIOError:
            continue


async def write_all(descriptor: int, data: memoryview) -> None:
    """Write all of *data* to a pipe as fast as its reader takes it.

    Raises:
        OSError: the reader closed its end.
    """
    while data:
        await _ready(descriptor, for_writing=True)
        data = data[write_at_once(descriptor, data) :]


def write_at_once(descriptor: int, data: memoryview) -> int:
    """Write what fits into a pipe without waiting and return how many bytes that was.

    Raises:
        OSError: the reader closed its end.
    """
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0


def drain(descriptor: int, take: Callable[[bytes], None], limit: int = 1 << 24) -> None:
    """Hand over what stands in a pipe by now; *limit* bytes at most, since its writer may go on for ever."""
    while limit > 0:
        try:
            data = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return
        if not data:
            return
        take(data)
        limit -= len(data)


async def readable(descriptor: int) -> None:
    """Wait until a descriptor has something to read, its end included."""
    await _ready(descriptor, for_writing=False)


async def _ready(descriptor: int, *, for_writing: bool) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    add, remove = (loop.add_writer, loop.remove_writer) if for_writing else (loop.add_reader, loop.remove_reader)
    add(descriptor, _fulfil, ready)
    try:
        await ready
    finally:
        remove(descriptor)


def _fulfil(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)

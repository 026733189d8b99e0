"""A whole conversation with a child: what it is told, what it answers, and when it has to end."""

from __future__ import annotations

import asyncio
import os
import subprocess
from abc import abstractmethod
from dataclasses import dataclass
from functools import partial
from io import FileIO

from assay_shell.runtime.children.pipes import drain, read_some, write_all, write_at_once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping, Sequence
    from typing import IO

    from assay_shell.runtime.children.child import Child
    from assay_shell.runtime.children.registry import Children

_GRACE_AFTER_TIMEOUT = 0.2  # seconds from asking to forcing
_GRACE_AFTER_CANCEL = 0.02  # Ctrl-C has to be through in 50 ms


class Listener:
    """Takes what a child writes; subclasses say what becomes of it."""

    @abstractmethod
    def take(self, stream: str, data: bytes) -> None:
        """Take some bytes of "stdout" or "stderr"; an exception ends the child."""

    async def room(self) -> None:
        """Return when there is room for more: until then the child has to wait."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended.

    `status` is its exit code, or minus the number of the signal that ended it. `timed_out` says that it was the
    time limit. `unfed` is the error that kept a part of the input from it, None if there was none.
    """

    status: int
    timed_out: bool
    unfed: OSError | None


@dataclass(slots=True)
class Feed:
    """The input of a child: the descriptor it reads, our end, and what is still to be written there."""

    theirs: int
    ours: FileIO
    rest: memoryview
    failure: OSError | None = None


def start(
    children: Children,
    arguments: Sequence[bytes],
    *,
    stdin: bytes | None = None,
    cwd: bytes | None = None,
    env: Mapping[bytes, bytes] | None = None,
) -> tuple[Child, Feed | None]:
    """Start a program for `converse`; without *stdin* it reads /dev/null.

    Raises:
        OSError: the program cannot be started, or *cwd* cannot be entered.
        ValueError: a NUL byte in an argument, a bad name in *env*.
    """
    feed = None if stdin is None else _open_feed(stdin)
    try:
        child = children.spawn(
            arguments,
            cwd=cwd,
            env=env,
            stdin=feed.theirs if feed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except BaseException:
        if feed:
            feed.ours.close()
        raise
    finally:
        if feed:
            os.close(feed.theirs)
    return child, feed


async def converse(child: Child, feed: Feed | None, listener: Listener, timeout: float | None) -> Ending:
    """Return how the child ended: when everybody has let go of its output, or after *timeout* seconds.

    At the time limit, on cancellation and when the listener raises, the child and all it started are ended.
    Either way the child is collected and no descriptor stays open.

    Raises:
        Exception: what the listener raised.
    """
    work = [asyncio.create_task(job) for job in _jobs(child, feed, listener)]
    timed_out = False
    try:
        _, pending = await asyncio.wait(work, timeout=timeout, return_when=asyncio.FIRST_EXCEPTION)
        if not pending:
            child.collect()
        elif not _failures(work):
            timed_out = True
            await child.stop(_GRACE_AFTER_TIMEOUT)
    finally:
        try:
            await child.stop(_GRACE_AFTER_CANCEL)  # unless it is collected by now
        finally:
            await _end(work, child, feed)
    for failure in _failures(work):
        raise failure
    status = child.process.returncode
    return Ending(-1 if status is None else status, timed_out, feed.failure if feed else None)


def _open_feed(data: bytes) -> Feed:
    """Open a pipe and fill it: what fits has arrived even if the child ends before it looks."""
    theirs, ours = os.pipe()
    os.set_blocking(ours, False)
    feed = Feed(theirs, FileIO(ours, "w"), memoryview(data))
    feed.rest = feed.rest[write_at_once(ours, feed.rest) :]
    if not feed.rest:
        feed.ours.close()
    return feed


def _jobs(child: Child, feed: Feed | None, listener: Listener) -> Iterator[Coroutine[None, None, None]]:
    yield child.ended()
    for stream, pipe in (("stdout", child.process.stdout), ("stderr", child.process.stderr)):
        if pipe is not None:
            yield _listen(pipe, stream, listener)
    if feed and feed.rest:
        yield _feed(feed)


async def _listen(pipe: IO[bytes], stream: str, listener: Listener) -> None:
    take = partial(listener.take, stream)
    with pipe:
        try:
            while data := await read_some(pipe.fileno()):
                take(data)
                await listener.room()
        except asyncio.CancelledError:
            drain(pipe.fileno(), take)
            raise


async def _feed(feed: Feed) -> None:
    with feed.ours:
        try:
            await write_all(feed.ours.fileno(), feed.rest)
        except OSError as exc:
            feed.failure = exc


def _failures(work: list[asyncio.Task[None]]) -> list[BaseException]:
    ended = [task for task in work if task.done() and not task.cancelled()]
    return [failure for task in ended if (failure := task.exception())]


async def _end(work: list[asyncio.Task[None]], child: Child, feed: Feed | None) -> None:
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    child.close_pipes()  # a task cancelled before its first step never got to it
    if feed:
        feed.ours.close()

"""The one writer to the terminal: scripts, results, jobs and the spinner all pass here, in order, from any thread."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, TextIO

_MOST_HELD = 64 << 10
"""Bytes that wait to be written before a script that writes faster than the terminal takes it has to wait as well."""
_PATIENCE = 5.0
_JOB_PAUSE = 0.05
"""Seconds between two times that output goes above the prompt, which is drawn anew for it."""


class Screen:
    """Writes to a terminal. While a line is being typed, output goes above it by *above*."""

    def __init__(self, stream: TextIO | None = None, *, environment: dict[str, str] | None = None) -> None:
        self._stream = stream or sys.stdout
        env = dict(os.environ) if environment is None else environment
        self.dumb = env.get("TERM", "dumb").lower() in ("dumb", "unknown")
        self.colour = not self.dumb and not env.get("NO_COLOR")
        self.encoding = self._stream.encoding or "utf-8"
        self.unicode = self.encoding.lower().replace("-", "") == "utf8"
        self.prompt = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} " if self.unicode else "> "
        self._modes: list[Any] | None = None
        self._held = bytearray()
        self._free = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduled = False
        self._status = ""
        self._at_start = True
        self._region: list[str] | None = None
        self._rows = 0
        self.held = False
        """Whether a program has the terminal for itself."""
        self.above: Callable[[Callable[[], None]], Awaitable[None]] | None = None
        """Runs a function that writes above the line being typed; None while none is."""

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write from *loop* from now on."""
        self._loop = loop
        if self._held:
            loop.call_soon(self._drain)

    def invite(self) -> None:
        """Show a prompt before the editor is loaded: keys wait in the terminal until `begin`, and do not show."""
        self.flush()
        if self.dumb:
            return
        import termios

        self._status = self.prompt  # whatever is written next takes its place
        self._put(self.encoded(self.paint(self.prompt, "1;36")))
        with suppress(OSError, termios.error):
            descriptor = self._stream.fileno()
            self._modes = termios.tcgetattr(descriptor)
            silent = termios.tcgetattr(descriptor)
            silent[3] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(descriptor, termios.TCSANOW, silent)

    def begin(self) -> None:
        """Give the terminal its own modes back: the editor is there, or has failed to come."""
        modes, self._modes = self._modes, None
        if modes is not None:
            import termios

            with suppress(OSError, termios.error):
                termios.tcsetattr(self._stream.fileno(), termios.TCSANOW, modes)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        try:
            found = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            return 80, 24
        return found.columns or 80, found.lines or 24

    def write(self, data: bytes) -> None:
        """Write *data* as it is, soon; for any thread."""
        with self._free:
            if threading.get_ident() != _main_thread():
                self._free.wait_for(lambda: len(self._held) < _MOST_HELD, _PATIENCE)
            self._held += data
            if self._scheduled or self._loop is None or self._loop.is_closed():
                return
            self._scheduled = True
        self._loop.call_soon_threadsafe(self._drain)

    def say(self, text: str) -> None:
        """Write *text* and a line end; what the terminal's encoding lacks is spelled out."""
        self.write(self.encoded(f"{text}\n"))

    def encoded(self, text: str) -> bytes:
        """*text* in the terminal's encoding."""
        if self.unicode:
            return text.encode("utf-8", "surrogateescape")
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").encode(self.encoding, "replace")

    def paint(self, text: str, code: str) -> str:
        """*text* in the colour of an ANSI *code*, where there is colour."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def dim(self, text: str) -> str:
        """*text* set back where there is colour."""
        return self.paint(text, "2")

    def copy(self, text: str) -> None:
        """Put *text* on the clipboard of the terminal's user, wherever that is (OSC 52)."""
        from base64 import b64encode

        if not self.dumb:
            self.write(b"\x1b]52;c;" + b64encode(text.encode("utf-8", "replace")) + b"\x07")

    def status(self, text: str) -> None:
        """Show *text* in a line of its own until something else is written; "" removes it."""
        if self.dumb or self.held or self._rows or (text and not self._at_start) or text == self._status == "":
            return
        self._status = text
        self._put(b"\r\x1b[K" + self.encoded(text))

    def region(self, lines: list[str]) -> None:
        """Show *lines*, each of at most the screen's width, in the place of those before; for any thread."""
        with self._free:
            self._region = lines
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._draw_region)

    def _draw_region(self) -> None:
        with self._free:
            lines, self._region = self._region, None
        if lines is None or self.held:
            return
        self.status("")
        self.flush()
        up = f"\x1b[{self._rows}A" if self._rows else ""
        self._put(self.encoded(f"\r{up}\x1b[J" + "".join(f"{line}\r\n" for line in lines)))
        self._rows = len(lines)

    def end_region(self) -> None:
        """What comes next goes below the region; for any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end_region)

    def _end_region(self) -> None:
        self._draw_region()
        self._rows = 0

    async def hold(self) -> None:
        """Write nothing more until `release`: a program has the terminal."""
        self.fresh_line()
        self.held = True

    def release(self) -> None:
        """The terminal is ours again."""
        self.held = False
        self._at_start = True
        self._drain()

    def flush(self) -> None:
        """Write all that is held back, on the loop's thread, where no line is being typed."""
        if self.held:
            return
        with self._free:
            held, self._held = bytes(self._held), bytearray()
            self._free.notify_all()
        if not held:
            return
        if self._status:
            held = b"\r\x1b[K" + held
            self._status = ""
        self._rows = 0
        self._at_start = held.endswith(b"\n")
        self._put(held)

    def discard(self) -> None:
        """Drop what is held back: whoever stops a flood does not want to see the rest of it."""
        with self._free:
            self._held.clear()
            self._free.notify_all()

    def fresh_line(self) -> None:
        """Have what comes next begin at the start of a line."""
        self.flush()
        self.status("")
        if not self._at_start:
            self._put(b"\n")
            self._at_start = True

    def _put(self, data: bytes) -> None:
        buffer = self._stream.buffer
        try:
            buffer.write(data)
            buffer.flush()
        except BlockingIOError:  # somebody made the terminal non-blocking: what did not fit is lost to it anyway
            return

    def _drain(self) -> None:
        self._scheduled = False
        if self.above is None:
            self.flush()
        elif self._held and self._loop is not None:
            self._writing = self._loop.create_task(self._drain_above(self.above))

    async def _drain_above(self, above: Callable[[Callable[[], None]], Awaitable[None]]) -> None:
        self._scheduled = True
        await asyncio.sleep(_JOB_PAUSE)
        self._scheduled = False
        if self.above is above and self._held:
            await above(self.fresh_line)
        else:
            self._drain()


def _main_thread() -> int | None:
    return threading.main_thread().ident

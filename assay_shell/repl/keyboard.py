"""The keys of a terminal, where Ctrl-C is a signal at any time.

While a line is read, terminals are usually told to hand Ctrl-C over as a key. One that is pressed just when the line
has been accepted would then lie in the queue as a key that nobody reads until the next prompt. As a signal it arrives.
"""

from __future__ import annotations

import os
import termios
from contextlib import contextmanager

from prompt_toolkit.input.vt100 import Vt100Input, raw_mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_LOCAL_MODES, _CHARACTERS = 3, 6


class Keyboard(Vt100Input):
    """Standard input, or another terminal."""

    def raw_mode(self) -> AbstractContextManager[None]:
        """Hand over each key at once, except those of signals."""
        return _raw_with_signals(self.fileno())


@contextmanager
def _raw_with_signals(descriptor: int) -> Iterator[None]:
    """Raw mode in which Ctrl-C raises SIGINT; what suspends and quits stay keys."""
    with raw_mode(descriptor):  # which puts back all that was there before
        modes = termios.tcgetattr(descriptor)
        modes[_LOCAL_MODES] |= termios.ISIG
        none = bytes((os.fpathconf(descriptor, "PC_VDISABLE") & 0xFF,))
        for name in ("VSUSP", "VQUIT", "VDSUSP"):
            if hasattr(termios, name):
                modes[_CHARACTERS][getattr(termios, name)] = none
        termios.tcsetattr(descriptor, termios.TCSANOW, modes)
        yield

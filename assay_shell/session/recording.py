"""What inputs printed and showed, kept in bounds for `.notebook`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 64 << 10
_KEPT = 1000


class Record:
    """What one input *printed*, and how its result was *shown* as text, secrets masked."""

    __slots__ = ("printed", "shown")

    def __init__(self) -> None:
        self.printed = bytearray()
        self.shown = ""


class Recorder:
    """Hands on what scripts print to *write*, and keeps the beginning of what each input printed."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._records: dict[int, Record] = {}
        self._open: Record | None = None

    def begin(self, number: int) -> None:
        """An input starts."""
        self._open = self._records[number] = Record()
        if len(self._records) > _KEPT:
            self._records.pop(next(iter(self._records)))

    def end(self) -> None:
        """It has ended; what is printed now is somebody else's."""
        self._open = None

    def write(self, data: bytes) -> None:
        """Print *data*."""
        record = self._open
        if record is not None and len(record.printed) < _MOST:
            record.printed += data[: _MOST - len(record.printed)]
        self._write(data)

    def show(self, number: int, text: str) -> None:
        """Keep how the result of an input looked."""
        if number in self._records:
            self._records[number].shown = text[:_MOST]

    def get(self, number: int) -> Record | None:
        """What is kept of an input."""
        return self._records.get(number)

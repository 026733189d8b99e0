"""What a cell prints, on its way to the notebook: in order, soon, and never more than a browser can take."""

from __future__ import annotations

import codecs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipykernel.iostream import OutStream

    from assay_shell.runtime.redact import Redactor

MOST_BYTES = 10 << 20
"""What one cell may print to one stream."""


class Printer:
    """Takes the bytes that scripts print and hands text to ipykernel's stream, whose own thread sends it.

    Secrets that the session knows are masked: notebooks are saved.
    """

    def __init__(self, stream: OutStream, redactor: Redactor) -> None:
        self._stream = stream
        self._redactor = redactor
        self.begin()

    def begin(self) -> None:
        """Start a new cell."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._left = MOST_BYTES

    def belong_to(self, request: object) -> None:
        """Have what is printed from now on appear below the cell that *request* came from."""
        self._stream.set_parent(request)

    def write(self, data: bytes) -> None:
        """Print *data*; once a cell has printed too much, the rest is dropped and that is said once."""
        if self._left <= 0:
            return
        self._left -= len(data)
        if self._left < 0:
            data = data[: self._left]
        self._stream.write(self._redactor.text(self._decoder.decode(data)))
        if self._left <= 0:
            self._stream.write(f"\n[more than {MOST_BYTES >> 20} MiB: the rest of this cell's output is not shown]\n")

    def flush(self) -> None:
        """Have all that was printed sent before whatever is sent next."""
        self._stream.flush()

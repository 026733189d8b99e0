"""The text of an event stream, by the rules of the HTML standard."""

from __future__ import annotations

from assay_shell.runtime.builtins.http.stream import Lines
from assay_shell.runtime.errors import BuiltinError

_BOM = b"\xef\xbb\xbf"


class EventParser:
    """Turns the bytes of one connection into events.

    *last_id* outlives connections; *retry* is what the server asked to wait before the next one, in milliseconds.
    An event and a line may have *largest* bytes.
    """

    def __init__(self, where: str, last_id: bytes | None, largest: int) -> None:
        self.last_id = last_id
        self.retry: int | None = None
        self._where = where
        self._largest = largest
        self._id = last_id
        self._lines = Lines(where, largest)
        self._after_cr = False
        self._start = b""
        self._started = False
        self._clear()

    def feed(self, chunk: bytes) -> list[dict[str, object]]:
        """The events that *chunk* completes.

        Raises:
            BuiltinError: an event is too large.
        """
        if not self._started:
            chunk = self._begin(chunk)
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        found = (self._line(line) for line in self._lines.feed(chunk))
        return [event for event in found if event is not None]

    def _begin(self, chunk: bytes) -> bytes:
        """Drop a byte order mark, which may come in pieces."""
        self._start += chunk
        if len(self._start) < len(_BOM) and _BOM.startswith(self._start):
            return b""
        self._started = True
        return self._start.removeprefix(_BOM)

    def _clear(self) -> None:
        self._event = b""
        self._data: list[bytes] = []
        self._size = 0
        self._own_retry: int | None = None

    def _line(self, line: bytes) -> dict[str, object] | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._add(value)
        elif field == b"event":
            self._event = value
        elif field == b"id" and b"\0" not in value:
            self._id = value
        elif field == b"retry" and value.isdigit() and len(value) < 16:
            self.retry = self._own_retry = int(value)
        return None  # comments begin with a colon: their field is empty

    def _add(self, value: bytes) -> None:
        self._data.append(value)
        self._size += len(value) + 1
        if self._size > self._largest:
            raise BuiltinError(self._where, f"an event is larger than max_body ({self._largest} bytes)")

    def _dispatch(self) -> dict[str, object] | None:
        self.last_id = self._id
        data, event, retry = self._data, self._event, self._own_retry
        self._clear()
        if not data:
            return None
        return {"event": event or b"message", "data": b"\n".join(data), "id": self.last_id, "retry": retry}

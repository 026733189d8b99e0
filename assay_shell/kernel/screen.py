"""The notebook as a place for views: below a cell, and in place where they change."""

from __future__ import annotations

from time import monotonic
from uuid import uuid4

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.kernel.kernel import AssayKernel
    from assay_shell.runtime.views.model import View

_UPDATES = 0.1
"""Seconds between two updates of one place at least."""
_BYTES_A_SECOND = 500_000
"""What the updates of one place may take of the connection."""
_MOST_BYTES = 50 << 20
"""What one cell may show in new displays: a browser has to hold them all."""


class NotebookScreen:
    """Sends views to the front ends of *kernel*."""

    def __init__(self, kernel: AssayKernel) -> None:
        self._kernel = kernel
        self._late: dict[NotebookPlace, View] = {}
        self.begin()

    def begin(self) -> None:
        """Start a new cell."""
        self._left = _MOST_BYTES

    def end(self) -> None:
        """Draw what came too soon after the last update of its place: a cell that has ended shows how far it got."""
        for place, view in self._late.items():
            place.draw("update_display_data", view)
        self._late = {}

    def later(self, place: NotebookPlace, view: View | None) -> None:
        """Have *view* drawn at *place* at the end of the cell, or nothing where it is None."""
        self._late.pop(place, None)
        if view is not None:
            self._late[place] = view

    def show(self, view: View) -> None:
        """Show *view* below the cell that runs, unless that has shown too much; this is said once."""
        if self._left <= 0:
            return
        self._left -= self.send("display_data", view)
        if self._left <= 0:
            from assay_shell.runtime.views.model import Text

            self.send(
                "display_data", Text(f"[more than {_MOST_BYTES >> 20} MiB: what else this cell displays is not shown]")
            )

    def open(self, view: View) -> NotebookPlace:
        """Show *view* below the cell, where it can change from then on."""
        place = NotebookPlace(self)
        place.draw("display_data", view)
        return place

    def clear(self) -> None:
        """Remove what the cell has shown so far."""
        self._kernel.flush_printed()
        self._kernel.send_response(self._kernel.iopub_socket, "clear_output", {"wait": False})

    def send(self, kind: str, view: View, display_id: str | None = None) -> int:
        """Send *view* in a message; about how many bytes it has."""
        from assay_shell.kernel.mime import bundle

        data, metadata = bundle(view)
        self._kernel.flush_printed()
        transient = {"display_id": display_id} if display_id is not None else {}
        content: dict[str, Any] = {"data": data, "metadata": metadata, "transient": transient}
        self._kernel.send_response(self._kernel.iopub_socket, kind, content)
        return sum(len(part) if isinstance(part, str) else 200 for part in data.values())


class NotebookPlace:
    """One display that is updated in place, as often as a browser can take."""

    def __init__(self, screen: NotebookScreen) -> None:
        self._screen = screen
        self._id = uuid4().hex
        self._next = 0.0

    def draw(self, kind: str, view: View) -> None:
        """Send *view* now; the next update has to wait for what this one costs."""
        size = self._screen.send(kind, view, self._id)
        self._next = monotonic() + max(_UPDATES, size / _BYTES_A_SECOND)

    def update(self, view: View) -> None:
        """Show *view*, unless the last one was just now: what comes next, or the end of the cell, shows it then."""
        if monotonic() < self._next:
            self._screen.later(self, view)
            return
        self._screen.later(self, None)
        self.draw("update_display_data", view)

    def close(self, view: View) -> None:
        """Show *view* for good."""
        self._screen.later(self, None)
        self.draw("update_display_data", view)

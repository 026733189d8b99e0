"""Progress bars of scripts."""

from __future__ import annotations

from time import monotonic

from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.views.model import Progress
from assay_shell.runtime.views.screen import screen_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime


class Bar:
    """A bar that a script moves; its place on the screen is taken when it is made."""

    def __init__(self, runtime: Runtime, total: float | None, title: str) -> None:
        self._runtime = runtime
        self._total, self._title = total, title
        self._done = 0.0
        self._started = monotonic()
        self._finished = False
        self._place = screen_of(runtime).open(self.view())

    def view(self) -> Progress:
        """The bar as it is now."""
        return Progress(self._done, self._total, self._title, self._finished, monotonic() - self._started)

    def move_to(self, done: float) -> None:
        """Set how far it is."""
        if not self._finished:
            self._done = done
            self._place.update(self.view())

    def move_by(self, units: float) -> None:
        """Go on by some units."""
        self.move_to(self._done + units)

    def finish(self) -> None:
        """Draw it for the last time; a second call does nothing."""
        if not self._finished:
            self._finished = True
            self._runtime.keep_open(self.finish)
            self._place.close(self.view())


def update(runtime: Runtime, bar: Bar, done: float) -> None:
    """Set how far it is, in units of the total.

    Example: `bar:update(7)`
    """
    bar.move_to(_finite("update", done))


def advance(runtime: Runtime, bar: Bar, by: float = 1.0) -> None:
    """Go on by *by* units.

    Example: `for _, pod in ipairs(pods) do restart(pod) bar:advance() end`
    """
    bar.move_by(_finite("advance", by))


def finish(runtime: Runtime, bar: Bar) -> None:
    """Draw it for the last time; harmless when it has finished.

    Example: `bar:finish()`
    """
    bar.finish()


def _finite(method: str, value: float) -> float:
    if value != value or abs(value) == float("inf"):
        raise BuiltinError(f"progress:{method}", f"expected a finite number, got {value:g}")
    return value

"""Where views are shown: a slot of the runtime that a front end fills, and the plain one that stands in it before.

A front end puts an object with the methods of `Screen` there by `use_screen`. `display` and the views that script make
go to it; so do progress bars and streams, which keep a place that they draw again and again.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from assay_shell.runtime.host import Host
    from assay_shell.runtime.views.model import View

    class Place(Protocol):
        """Where a view that changes is drawn.

        A place that has a method `add` gets each item of a stream as a line of text, too.
        """

        def update(self, view: View) -> None:
            """Draw *view* instead of what is there; called as often as anything changes."""

        def close(self, view: View) -> None:
            """Draw *view* for the last time."""

    class Screen(Protocol):
        """What a front end offers."""

        def show(self, view: View) -> None:
            """Show *view* below what is there."""

        def open(self, view: View) -> Place:
            """Show *view* where it can change; streams and progress bars."""

        def clear(self) -> None:
            """Remove what has been shown so far, where that is possible."""


_SLOT = "screen"


def use_screen(runtime: Host, screen: Screen) -> None:
    """Have everything that scripts display shown by *screen*."""
    runtime.resources[_SLOT] = screen


def screen_of(runtime: Host) -> Screen:
    """The screen of *runtime*; without a front end, text on standard output."""
    found = runtime.resources.get(_SLOT)
    if found is None:
        from assay_shell.runtime.views.plain import PlainScreen

        found = runtime.resources[_SLOT] = PlainScreen(runtime)
    screen: Screen = found
    return screen

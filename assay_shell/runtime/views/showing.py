"""`display`: showing a value now, while the script goes on."""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.nearest import did_you_mean
from assay_shell.runtime.options import Options
from assay_shell.runtime.views.choose import choose_member
from assay_shell.runtime.views.model import Live
from assay_shell.runtime.views.reading import reader_of
from assay_shell.runtime.views.screen import screen_of
from assay_shell.runtime.views.wanted import MAKERS, options_of, wanted_view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from assay_shell.runtime.host import Host
    from assay_shell.runtime.values import Table
    from assay_shell.runtime.views.model import View
    from assay_shell.runtime.vm import Runtime

DISPLAY = Options(
    "display", title="str", columns="Table", sort="str", limit="float", unit="str", kind="str", **{"as": "str"}
)


def display_held(runtime: Runtime, held: Table, opts: Table | None) -> Coroutine[Any, Any, None] | None:
    """Show the value in *held*, a list of one; what has to be awaited where it is a stream.

    Raises:
        BuiltinError: the options ask for what the value cannot be shown as.
    """
    given = DISPLAY.read(runtime, opts)
    if opts is None or not given:
        return display_view(runtime, choose_member(runtime, held.raw, 1))
    raw, _ = reader_of(runtime).member(held.raw, 1, 1 << 20)
    options = options_of(reader_of(runtime), opts.raw)
    kind = given.get("as", "table" if "columns" in given or "sort" in given else "")
    if not kind:
        return display_view(runtime, choose_member(runtime, held.raw, 1))
    if kind not in MAKERS:
        raise BuiltinError("display", f"unknown kind of view {kind!r}{did_you_mean(kind, MAKERS)}")
    view = wanted_view(reader_of(runtime), kind, raw, options)
    if view is None:
        raise BuiltinError("display", f"this value cannot be shown as a {kind}")
    return display_view(runtime, view)


def display_view(runtime: Host, view: View) -> Coroutine[Any, Any, None] | None:
    """Show *view*; for a stream what has to be awaited."""
    screen = screen_of(runtime)
    if isinstance(view, Live):
        return _follow(runtime, view)
    screen.show(view)
    return None


async def _follow(runtime: Host, view: Live) -> None:
    from assay_shell.runtime.views.live import follow

    await follow(runtime, view, screen_of(runtime).open(view))

"""Charts as Vega-Lite."""

from __future__ import annotations

from assay_shell.kernel.mime.markup import clean
from assay_shell.kernel.mime.points import has_times, thinned
from assay_shell.runtime.views.model import BAR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.views.model import Chart

_MOST_POINTS, _MOST_OF_ONE = 20_000, 2000
_WIDTH, _HEIGHT = 640, 220
"""Pixels. A width of the container makes JupyterLab measure and draw in turns, without an end."""


def vega_lite(view: Chart) -> dict[str, Any]:
    """The Vega-Lite specification (version 5) of *view*, with its data in it."""
    encoding: dict[str, Any] = {
        "x": _place(view),
        "y": {"field": "value", "type": "quantitative", "title": clean(view.unit) or None},
        "tooltip": [{"field": "at", "type": _place(view)["type"]}, {"field": "value", "type": "quantitative"}],
    }
    if len(view.series) > 1:
        encoding["color"] = {"field": "series", "type": "nominal", "title": None}
        encoding["tooltip"].insert(0, {"field": "series", "type": "nominal"})
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": _WIDTH,
        "height": _HEIGHT,
        "data": {"values": _values(view)},
        "mark": {"type": "bar"} if view.kind == BAR else {"type": "line", "interpolate": "linear"},
        "encoding": encoding,
    }
    return {**spec, "title": clean(view.title)} if view.title else spec


def _place(view: Chart) -> dict[str, Any]:
    if view.names:
        return {"field": "at", "type": "nominal", "title": None, "sort": None}
    return {"field": "at", "type": "temporal" if has_times(view) else "quantitative", "title": None}


def _values(view: Chart) -> list[dict[str, Any]]:
    most = min(_MOST_OF_ONE, max(2, _MOST_POINTS // max(1, len(view.series))))
    scale = 1000 if not view.names and has_times(view) else 1  # Vega counts milliseconds
    return [
        {"at": _at(view, at, place, scale), "value": value, "series": clean(series.label)}
        for series in view.series
        for at, (place, value) in enumerate(thinned(series.points, most))
    ]


def _at(view: Chart, index: int, place: float, scale: int) -> Any:
    return clean(view.names[index]) if index < len(view.names) else place * scale

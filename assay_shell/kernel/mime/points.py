"""The points of charts, thinned where there are more than a picture can show."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay_shell.runtime.views.model import Chart

    Point = tuple[float, float]

_EARLIEST = 1e8
"""Unix seconds before which a number is no moment (1973)."""


def has_times(chart: Chart) -> bool:
    """Whether the places of the points are moments."""
    return all(at >= _EARLIEST for series in chart.series for at, _ in series.points[:2])


def thinned(points: Sequence[Point], most: int) -> Sequence[Point]:
    """At most *most* of the points: of each stretch the lowest and the highest, so that no peak is lost."""
    if len(points) <= most:
        return points
    stretches = max(1, most // 2)
    kept: list[Point] = []
    for at in range(stretches):
        part = points[at * len(points) // stretches : (at + 1) * len(points) // stretches]
        low, high = min(part, key=_value), max(part, key=_value)
        kept += [low, high] if low[0] <= high[0] else [high, low]
    return kept


def _value(point: Point) -> float:
    return point[1]

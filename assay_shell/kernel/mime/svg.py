"""Charts as pictures, for viewers that cannot draw Vega-Lite."""

from __future__ import annotations

from assay_shell.kernel.mime.markup import markup
from assay_shell.kernel.mime.points import has_times, thinned
from assay_shell.runtime.views.model import BAR
from assay_shell.runtime.views.text.units import moment, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.runtime.views.model import Chart, Series

_WIDTH, _HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 30, 28
_MOST_SERIES, _MOST_BARS, _MOST_POINTS = 12, 60, 1200
_LEGEND_LINE = 16
_COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#9d755d", "#bab0ac")
_TICKS = 4


def chart_svg(view: Chart) -> str:
    """The picture of *view*, as SVG text; it says in words what it shows."""
    series = [each for each in view.series if each.points][:_MOST_SERIES]
    legend = len(series) if len(series) > 1 else 0
    height = _HEIGHT + legend * _LEGEND_LINE
    title = view.title or view.unit or "chart"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        ' role="img" font-family="sans-serif" font-size="11">',
        f"<title>{markup(title)}</title><desc>{markup(_described(series))}</desc>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="18" font-size="13">{markup(_headline(view))}</text>',
        *(_bars(view, series) if view.kind == BAR else _lines(view, series)),
        *(_legend(series) if legend else ()),
        "</svg>",
    ]
    return "".join(parts)


def _headline(view: Chart) -> str:
    unit = f" ({view.unit})" if view.unit and view.title else view.unit
    return f"{view.title}{unit}"


def _described(series: list[Series]) -> str:
    """The series in words."""
    facts = []
    for each in series:
        values = [value for _, value in each.points]
        name = each.label or "values"
        facts.append(f"{name}: min {short(min(values))}, max {short(max(values))}, last {short(values[-1])}")
    return "; ".join(facts)


class _Scale:
    """From values to places on the picture."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low = low
        self.high = high if high > low else low + (abs(low) or 1.0)
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self._start + share * (self._end - self._start), 1)

    def ticks(self) -> list[float]:
        """A few values from the lowest to the highest."""
        return [self.low + (self.high - self.low) * at / _TICKS for at in range(_TICKS + 1)]


def _value_scale(low: float, high: float) -> _Scale:
    if 0 <= low <= high / 2:
        low = 0.0
    return _Scale(low, high, _HEIGHT - _BOTTOM, _TOP)


def _grid(scale: _Scale) -> Iterator[str]:
    for tick in scale.ticks():
        y = scale(tick)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end" fill="#555">{markup(short(tick))}</text>'


def _lines(view: Chart, series: list[Series]) -> Iterator[str]:
    values = [value for each in series for _, value in each.points]
    places = [at for each in series for at, _ in each.points]
    down, along = _value_scale(min(values), max(values)), _Scale(min(places), max(places), _LEFT, _WIDTH - _RIGHT)
    yield from _grid(down)
    write = moment if has_times(view) else short
    for tick, anchor in zip((along.low, along.high), ("start", "end"), strict=True):
        y = _HEIGHT - _BOTTOM + 16
        yield f'<text x="{along(tick)}" y="{y}" text-anchor="{anchor}" fill="#555">{markup(write(tick))}</text>'
    for at, each in enumerate(series):
        points = thinned(each.points, _MOST_POINTS)
        drawn = " ".join(f"{along(place)},{down(value)}" for place, value in points)
        colour = _COLOURS[at % len(_COLOURS)]
        if len(points) == 1:
            place, value = points[0]
            yield f'<circle cx="{along(place)}" cy="{down(value)}" r="3" fill="{colour}"/>'
        yield f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _bars(view: Chart, series: list[Series]) -> Iterator[str]:
    count = min(_MOST_BARS, max(len(each.points) for each in series))
    values = [value for each in series for _, value in each.points[:count]]
    down = _Scale(min(0.0, *values, 0.0), max(0.0, *values, 0.0), _HEIGHT - _BOTTOM, _TOP)
    yield from _grid(down)
    room = (_WIDTH - _LEFT - _RIGHT) / count
    thick = max(1.0, room * 0.8 / len(series))
    for number, each in enumerate(series):
        colour = _COLOURS[number % len(_COLOURS)]
        for at, (_, value) in enumerate(each.points[:count]):
            x = round(_LEFT + at * room + room * 0.1 + number * thick, 1)
            top, bottom = sorted((down(value), down(0.0)))
            yield f'<rect x="{x}" y="{top}" width="{thick:.1f}" height="{max(0.5, bottom - top):.1f}" fill="{colour}"/>'
    for at in range(count):
        name = view.names[at] if at < len(view.names) else str(at + 1)
        if count <= 12 or at % (count // 12 + 1) == 0:
            x, y = round(_LEFT + (at + 0.5) * room, 1), _HEIGHT - _BOTTOM + 16
            yield f'<text x="{x}" y="{y}" text-anchor="middle" fill="#555">{markup(_clipped(name, room))}</text>'


def _clipped(name: str, room: float) -> str:
    most = max(4, int(room / 6))
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _legend(series: list[Series]) -> Iterator[str]:
    for at, each in enumerate(series):
        y = _HEIGHT + at * _LEGEND_LINE + 4
        yield f'<rect x="{_LEFT}" y="{y - 8}" width="10" height="10" fill="{_COLOURS[at % len(_COLOURS)]}"/>'
        yield f'<text x="{_LEFT + 16}" y="{y + 1}">{markup(each.label or str(at + 1))}</text>'

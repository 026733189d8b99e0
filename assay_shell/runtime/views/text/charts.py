"""Charts in text: a line of levels for each series, bars for what has no time."""

from __future__ import annotations

from itertools import pairwise

from assay_shell.runtime.views.model import BAR
from assay_shell.runtime.views.text.units import short
from assay_shell.runtime.views.text.width import pad, width_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assay_shell.runtime.views.model import Chart, Series
    from assay_shell.runtime.views.text.page import Page

_MOST_SERIES = 20
_WIDEST_PLOT = 60
_WIDEST_BAR = 40


def chart_lines(chart: Chart, page: Page) -> Iterator[str]:
    """The lines of a chart."""
    if chart.title:
        yield page.paint(page.line(chart.title), "1")
    if not any(series.points for series in chart.series):
        yield page.paint("no points", "2")
        return
    draw = _bars if chart.kind == BAR else _plots
    most = _MOST_SERIES if page.limit is None else page.limit
    lines = list(draw(chart, page, most))
    yield from lines[:most]
    left = max(len(lines) - most, max(chart.total, len(chart.series)) - most if chart.kind != BAR else 0)
    if left > 0:
        yield page.paint(f"{page.glyphs.ellipsis} {left:,} more", "2")


def _plots(chart: Chart, page: Page, most: int) -> Iterator[str]:
    series = [each for each in chart.series if each.points][:most]
    low = min(value for each in series for _, value in each.points)
    high = max(value for each in series for _, value in each.points)
    name = page.line(chart.unit)
    facts = [_facts(each.points) for each in series]
    widths = [max(len(fact[at]) for fact in facts) for at in range(3)]
    taken = (width_of(name) + 2 if name else 0) + sum(widths) + len("   min   max   last ") + 4
    label = max((width_of(page.line(each.label)) for each in series), default=0)
    room = min(_WIDEST_PLOT, (page.width or 160) - taken - min(label, 30))
    for each, fact in zip(series, facts, strict=True):
        plot = spark([value for _, value in each.points], low, high, page.glyphs.levels, max(8, room))
        numbers = "  ".join(f"{word} {text.ljust(w)}" for word, text, w in zip(_WORDS, fact, widths, strict=True))
        head = f"{page.paint(name, '1')}  " if name else ""
        line = f"{head}{page.paint(pad(plot, min(max(8, room), _longest(series))), '36')}   {numbers}"
        left = (page.width or 1000) - taken - min(max(8, room), _longest(series))
        yield f"{line}  {page.fit(page.line(each.label), max(10, left))}".rstrip()


_WORDS = ("min", "max", "last")


def _longest(series: Sequence[Series]) -> int:
    return max(len(each.points) for each in series)


def _facts(points: Sequence[tuple[float, float]]) -> tuple[str, str, str]:
    values = [value for _, value in points]
    return short(min(values)), short(max(values)), short(values[-1])


def spark(values: Sequence[float], low: float, high: float, levels: str, room: int) -> str:
    """*values* as one character each, or the means of neighbours where they are more than *room*."""
    if len(values) > room:
        edges = [at * len(values) // room for at in range(room + 1)]
        parts = [values[first:last] for first, last in pairwise(edges)]
        values = [sum(part) / len(part) for part in parts]
    span = (high - low) or 1.0
    top = len(levels) - 1
    return "".join(levels[min(top, max(0, round((value - low) / span * top)))] for value in values)


def _bars(chart: Chart, page: Page, most: int) -> Iterator[str]:
    rows = [
        (_bar_name(chart, series, at), value)
        for series in chart.series
        for at, (_, value) in enumerate(series.points)
    ]
    shown = [(page.fit(page.line(name), 40), value) for name, value in rows]
    width = max(width_of(name) for name, _ in shown)
    room = max(8, min(_WIDEST_BAR, (page.width or 120) - width - 16))
    highest = max(abs(value) for _, value in shown) or 1.0
    for name, value in shown:
        bar = page.glyphs.full * max(1 if value else 0, round(abs(value) / highest * room))
        unit = f" {page.line(chart.unit)}" if chart.unit else ""
        yield f"{pad(name, width)}  {page.paint(bar, '36')} {short(value)}{unit}".rstrip()


def _bar_name(chart: Chart, series: Series, at: int) -> str:
    place = chart.names[at] if at < len(chart.names) else ""
    if len(chart.series) == 1 or not series.label:
        return place or series.label or str(at + 1)
    return f"{place} {series.label}".strip()

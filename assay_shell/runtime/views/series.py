"""Results over time: what Prometheus and Loki answer, as charts, tables and logs."""

from __future__ import annotations

from dataclasses import replace

from assay_shell.runtime.redact.data import is_secret
from assay_shell.runtime.values import from_raw
from assay_shell.runtime.views.model import BAR, LINE, LOG, Chart, Column, Series, Table, Text
from assay_shell.runtime.views.nodes import node_of, scalar_text
from assay_shell.runtime.views.reading import kind_of
from assay_shell.runtime.views.rows import Rows, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.views.reading import Reader

_MOST_SERIES, _MOST_POINTS, _MOST_IN_ALL = 100, 11_000, 200_000
"""Series of a chart, points of one (what Prometheus allows), and points of all that are read."""
_MOST_LABELS = 40
_MOST_LINES = 5000


def labels_of(reader: Reader, raw: Any) -> dict[str, str]:
    """The labels of a series, masked, by name."""
    if kind_of(raw) != "table":
        return {}
    return {str(key): scalar_text(node) for key, node in node_of(reader, raw).members(_MOST_LABELS)}


def label_text(labels: dict[str, str]) -> str:
    """Labels as Prometheus writes them: `up{job="api"}`."""
    inner = ",".join(f'{name}="{value}"' for name, value in labels.items() if name != "__name__")
    return f"{labels.get('__name__', '')}{{{inner}}}" if inner else labels.get("__name__", "")


def matrix_chart(reader: Reader, raw: Any, subject: Any) -> Chart:
    """The chart of a range result: `[{metric, values = [[seconds, "number"]]}]`."""
    get, total = reader.lua["get"], reader.measure(subject)[1]
    series, left = [], _MOST_IN_ALL
    for member in reader.items(subject, 1, min(total, _MOST_SERIES)):
        labels = labels_of(reader, get(member.raw, "metric"))
        points = points_of(reader, get(member.raw, "values"), min(left, _MOST_POINTS))
        series.append(Series(label_text(labels), points, labels))
        left -= len(points)
        if left <= 0:
            break
    return Chart(tuple(series), total=total, source=node_of(reader, raw))


def points_of(reader: Reader, raw: Any, most: int) -> tuple[tuple[float, float], ...]:
    """The points of a raw list of pairs; those that are no numbers are left out."""
    if kind_of(raw) != "table":
        return ()
    found: list[float] = []
    step = 5000  # points that cross at once
    for start in range(1, min(most, reader.lua["length"](raw)) + 1, step):
        part = reader.lua["points"](raw, start, min(most, start + step - 1))
        found.extend(part if isinstance(part, tuple) else ())
    pairs = zip(*[iter(map(float, found))] * 2, strict=True)
    return tuple((at, value) for at, value in pairs if value == value and abs(value) != float("inf"))


def vector_table(reader: Reader, raw: Any, subject: Any) -> Table:
    """The table of an instant result, `[{metric, value}]`: a column for each label, and the value."""
    get, total = reader.lua["get"], reader.measure(subject)[1]
    names: dict[str, None] = {}
    for member in reader.items(subject, 1, min(total, 200)):
        names.update(dict.fromkeys(labels_of(reader, get(member.raw, "metric"))))
    shown = list(names)[:_MOST_LABELS]

    def read(first: int, last: int) -> list[Any]:
        cells: list[Any] = []
        for member in reader.items(subject, first + 1, last):
            labels = labels_of(reader, get(member.raw, "metric"))
            cells += [labels.get(name) for name in shown]
            cells.append(_value(reader, get(member.raw, "value")))
        return rows_of(reader, cells, len(shown) + 1)

    columns = (*(Column(name) for name in shown), Column("value", "number"))
    return Table(columns, Rows(total, read), total, "", node_of(reader, raw))


def _value(reader: Reader, raw: Any) -> Any:
    """A sample: a number, or `[seconds, "number"]`."""
    value = reader.lua["get"](raw, 2) if kind_of(raw) == "table" else raw
    if not isinstance(value, str):
        return value if isinstance(value, int | float) else None
    try:
        return float(value)
    except ValueError:
        return from_raw(value)


def streams_log(reader: Reader, raw: Any, subject: Any) -> Text:
    """The log of Loki's streams, `[{stream, values = [[nanoseconds, line]]}]`: all lines, the oldest first."""
    get = reader.lua["get"]
    lines: list[tuple[str, str, str]] = []
    total, there = reader.measure(subject)[1], 0
    for member in reader.items(subject, 1, total):
        values = get(member.raw, "values")
        count = reader.lua["length"](values)
        there += count
        label = label_text(labels_of(reader, get(member.raw, "stream"))) if total > 1 else ""
        for entry in reader.items(values, 1, min(count, max(0, _MOST_LINES - len(lines)))) if count else ():
            at, line = get(entry.raw, 1), get(entry.raw, 2)
            if isinstance(line, str):
                lines.append((str(at), label, reader.text(line)[0]))
    lines.sort(key=lambda entry: (len(entry[0]), entry[0]))
    shown = [f"{_clock(at)} {label} {line}".replace("  ", " ") if label else f"{_clock(at)} {line}"
             for at, label, line in lines]  # fmt: skip
    note = [f"({there - len(lines):,} more lines)"] if there > len(lines) else []
    return Text("\n".join([*shown, *note]), LOG)


def _clock(nanoseconds: str) -> str:
    """A moment in UTC to the millisecond; what is none stays as it is."""
    from time import gmtime, strftime

    if not nanoseconds.isdecimal():
        return nanoseconds
    try:
        moment = gmtime(int(nanoseconds) // 10**9)
    except (OverflowError, OSError, ValueError):
        return nanoseconds
    return strftime("%Y-%m-%dT%H:%M:%S", moment) + f".{int(nanoseconds) // 10**6 % 1000:03d}Z"


# What scripts hand to view.chart -------------------------------------------------------------------------


def chart_of(reader: Reader, raw: Any, *, title: str = "", unit: str = "", kind: str = "") -> Chart | None:
    """The chart of what a script calls one; None where nothing in it can be drawn.

    Known are range results; lists of `{label, points}`, whose points are pairs or numbers; of pairs; of numbers; of
    `{label, value}`; and maps of names to numbers or lists.
    """
    what, subject, *_ = reader.lua["classify"](raw)
    if what == "matrix":
        drawn = matrix_chart(reader, raw, subject)
        return replace(drawn, title=title, unit=unit, kind=kind or LINE)
    shape, size, _ = reader.measure(raw)
    blank = Chart((), title, unit, kind or LINE, 1, (), node_of(reader, raw))
    bars = replace(blank, kind=kind or BAR)
    if shape == "list":
        pairs = [(str(member.key), member.raw) for member in reader.items(raw, 1, min(size, _MOST_POINTS))]
    else:
        pairs = _named(reader, raw, size)
    if pairs and all(_is_number(value) for _, value in pairs):
        return _one_series(pairs, blank) if shape == "list" else _one_series(pairs, bars, named=True)
    if shape == "list" and pairs and all(_is_point(reader, value) for _, value in pairs):
        return replace(blank, series=(Series("", points_of(reader, raw, _MOST_POINTS)),))
    if what in ("records", "vector") and (labelled := _labelled(reader, pairs)):
        return _one_series(labelled, bars, named=True)
    series = [_series_of(reader, name, value) for name, value in pairs[:_MOST_SERIES]]
    found = tuple(each for each in series if each is not None)
    return replace(blank, series=found, total=size) if found else None


def _named(reader: Reader, raw: Any, size: int) -> list[tuple[str, Any]]:
    members = reader.members(raw, min(size, 1000))
    return [(reader.mask(from_raw(str(member.key))), member.raw) for member in members if not is_secret(member.key)]


def _one_series(pairs: list[tuple[str, Any]], chart: Chart, *, named: bool = False) -> Chart:
    """*chart* with one value after the other; their names are shown where they are *named*."""
    finite = [(name, float(value)) for name, value in pairs if value == value]
    points = tuple((float(at), value) for at, (_, value) in enumerate(finite, 1))
    return replace(chart, series=(Series("", points),), names=tuple(name for name, _ in finite) if named else ())


def _labelled(reader: Reader, pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Label and value of each record, nothing where one has no value."""
    found = []
    for name, record in pairs:
        value = _value(reader, reader.lua["get"](record, "value"))
        if not _is_number(value):
            return []
        found.append((_label(reader, record) or name, value))
    return found


def _label(reader: Reader, record: Any) -> str:
    get = reader.lua["get"]
    for key in ("label", "name", "metric", "labels"):
        found = get(record, key)
        if isinstance(found, str):
            return reader.text(found)[0]
        if kind_of(found) == "table":
            return label_text(labels_of(reader, found))
    return ""


def _series_of(reader: Reader, name: str, raw: Any) -> Series | None:
    """One series: a table with points, or a list of pairs or numbers."""
    if kind_of(raw) != "table":
        return None
    get = reader.lua["get"]
    held = get(raw, "points") or get(raw, "values") or raw
    label = _label(reader, raw) or ("" if name.isdecimal() else name)
    if kind_of(held) != "table" or reader.lua["length"](held) == 0:
        return None
    if _is_number(get(held, 1)):
        values = [member.raw for member in reader.items(held, 1, min(reader.lua["length"](held), _MOST_POINTS))]
        points = tuple((float(at), float(value)) for at, value in enumerate(values, 1) if _is_number(value))
    else:
        points = points_of(reader, held, _MOST_POINTS)
    return Series(label, points) if points else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) != float("inf")


def _is_point(reader: Reader, value: Any) -> bool:
    return kind_of(value) == "table" and reader.lua["length"](value) == 2 and _is_number(reader.lua["get"](value, 1))

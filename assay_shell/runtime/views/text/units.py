"""Numbers with their units, short enough for a column."""

from __future__ import annotations

from assay_shell.runtime.convert import number_text

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400
_AGES = (
    (2 * _MINUTE, 1, "s", 0, ""),
    (10 * _MINUTE, _MINUTE, "m", 1, "s"),
    (3 * _HOUR, _MINUTE, "m", 0, ""),
    (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
    (2 * _DAY, _HOUR, "h", 0, ""),
    (8 * _DAY, _DAY, "d", _HOUR, "h"),
    (2 * _YEAR, _DAY, "d", 0, ""),
    (8 * _YEAR, _YEAR, "y", _DAY, "d"),
    (float("inf"), _YEAR, "y", 0, ""),
)
"""Below so many seconds: the unit, its sign, a smaller unit or 0, and its sign."""


def age(seconds: float) -> str:
    """A span of seconds as operators read it: `45s`, `9m5s`, `47h`, `3d4h`."""
    whole = int(seconds)
    for below, unit, sign, smaller, small_sign in _AGES:
        if whole < below:
            rest = whole % unit // smaller if smaller else 0
            return f"{whole // unit}{sign}" + (f"{rest}{small_sign}" if rest else "")
    raise AssertionError(seconds)


def size(count: float) -> str:
    """A number of bytes: `512 B`, `1.4 MB`."""
    value = float(count)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if abs(value) < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value == int(value) else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} PB"


def short(value: float) -> str:
    """A number with at most four telling digits: `12`, `0.031`, `4.2M`."""
    if value != value or value in (float("inf"), float("-inf")):
        return number_text(value)
    magnitude = abs(value)
    for limit, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if magnitude >= limit:
            return f"{value / (1e3 if sign == 'k' else limit):.4g}{sign}"
    return f"{value:.4g}"


def moment(seconds: float) -> str:
    """Unix seconds as date and time in UTC; a number that is no moment stays one."""
    from time import gmtime, strftime

    try:
        return strftime("%Y-%m-%d %H:%M:%S", gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return number_text(seconds)


def cell_text(cell: object, kind: str = "text") -> str:
    """A cell of a column of that *kind* as text; "" for one that is empty."""
    if type(cell) is str:
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        write = _KINDS.get(kind)
        return number_text(cell) if write is None or cell != cell or abs(cell) == float("inf") else write(cell)
    return str(cell)


def percent(share: float) -> str:
    """A share of 0 to 100."""
    return f"{share:.4g}%"


_KINDS = {"age": age, "bytes": size, "time": moment, "percent": percent}

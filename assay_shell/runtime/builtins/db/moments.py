"""Dates and timestamps as tables, for connections with rich types."""

from __future__ import annotations

import re  # what this is used with has loaded it already

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.vm import Runtime

_TEXT = re.compile(
    r"(\d{4,})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?)?"
    r"\s*(?:(Z)|([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)?"
)
_DAY = 86400


class Moment:
    """A date, with a time of day or not, with an offset from UTC or not."""

    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, float]) -> None:
        self.fields = fields


def parse(raw: bytes | str | float) -> Moment | Any:
    """The Moment that a database's text stands for; what is none (`infinity`, `0000-00-00`) comes back as it is."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    match = _TEXT.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[2] == "00" or match[3] == "00":
        return raw
    year, month, day, hour, minute, second, fraction, zulu, sign, *offset = match.groups()
    fields: dict[str, float] = {"year": int(year), "month": int(month), "day": int(day)}
    unix: float = _days(int(year), int(month), int(day)) * _DAY
    if hour is not None:
        fields |= {"hour": int(hour), "min": int(minute), "sec": int(second or 0)}
        fields["usec"] = int((fraction or "0").ljust(6, "0"))
        unix += fields["hour"] * 3600 + fields["min"] * 60 + fields["sec"]
    if zulu or sign:
        hours, minutes, seconds = (int(part or 0) for part in offset)
        fields["offset"] = (hours * 3600 + minutes * 60 + seconds) * (-1 if sign == "-" else 1)
        unix -= fields["offset"]
    fields["unix"] = unix + fields["usec"] / 1e6 if fields.get("usec") else unix
    return Moment(fields)


def to_table(runtime: Runtime, moment: Moment) -> Any:
    """The raw Lua table of *moment*."""
    from assay_shell.runtime.builtins.db.lua import lua_side

    return lua_side(runtime)["new_moment"](runtime.lua.table_from(moment.fields))


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar, for any year."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468

"""Reading Lua values for views: raw, a bounded part at a time, with secrets masked on the way."""

from __future__ import annotations

from dataclasses import dataclass

from lupa.lua55 import lua_type

from assay_shell.runtime.redact import SHORTEST
from assay_shell.runtime.values import as_bytes, from_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from assay_shell.runtime.host import Host

SHOWN = 1024
"""Characters of a text inside a table or tree that are read for a view."""
EVERYTHING = 1 << 40
"""More characters than any text has."""
MARGIN = 1024
"""Bytes that are read beyond what is shown, so that a secret at the cut is recognised."""
_CHUNK = 4000
"""Values that cross to Python at once, about."""


@dataclass(frozen=True, slots=True)
class Member:
    """A raw member of a table; *whole* is the length of a string of which only the head was read, else None."""

    key: Any
    raw: Any
    whole: int | None


class Reader:
    """The Lua side of views in one VM. Nothing that it does runs code of a script."""

    def __init__(self, runtime: Host, lua: dict[str, Any] | None = None, shown: int = SHOWN) -> None:
        self.runtime = runtime
        self.lua = lua or {str(name): function for name, function in runtime.include("views").items()}
        self.shown = shown
        """Characters of a text inside a table or tree that are read."""
        self._kubernetes: dict[str, Any] | None = None

    def to_the_end(self) -> Reader:
        """A reader that reads texts to their ends, as exports need it."""
        return Reader(self.runtime, self.lua, EVERYTHING)

    @property
    def kubernetes(self) -> dict[str, Any]:
        """The Lua functions that know the columns of Kubernetes objects."""
        if self._kubernetes is None:
            included = self.runtime.include("views_kubernetes")
            self._kubernetes = {str(name): function for name, function in included.items()}
        return self._kubernetes

    @property
    def window(self) -> int:
        """Bytes of a string that are read to show the head of it."""
        return self.shown + self.margin

    @property
    def margin(self) -> int:
        """Bytes beyond a cut that have to be known."""
        return max(MARGIN, self.runtime.redactor.longest)

    # Tables ----------------------------------------------------------------------------------------------

    def measure(self, table: Any) -> tuple[str, int, bool]:
        """`list` or `map`, the number of members, and whether that is exact."""
        kind, size, exact = self.lua["measure"](table)
        return str(kind), int(size), bool(exact)

    def members(self, table: Any, count: int) -> list[Member]:
        """The first *count* members of a map, by name."""
        values, lengths = split(self.lua["members"](table, count, self.window))
        return [
            Member(values[at], values[at + 1], lengths.get(at + 2))
            for at in range(0, len(values), 2)
        ]

    def member(self, table: Any, key: Any, most: int) -> tuple[Any, int | None]:
        """A member of a table, and its length where it is a string of which only the first *most* bytes were read."""
        found = self.lua["member"](table, key, most)
        return found if isinstance(found, tuple) else (found, None)

    def opened(self, raw: Any, most: int) -> tuple[Any, int | None]:
        """*raw*, or the string that it is a box for: of a long one the first *most* bytes, and its length."""
        if kind_of(raw) == "table" and self.lua["is_box"](raw):
            return self.member(raw, 1, most)
        return raw, None

    def items(self, table: Any, first: int, last: int) -> Iterator[Member]:
        """Items *first* to *last* of a list, from 1."""
        for start in range(first, last + 1, _CHUNK):
            end = min(last, start + _CHUNK - 1)
            values, lengths = split(self.lua["items"](table, start, end, self.window))
            for at, value in enumerate(values):
                yield Member(start + at, value, lengths.get(at + 1))

    def block(self, table: Any, first: int, last: int, keys: Any) -> tuple[list[Any], dict[int, int]]:
        """The members *keys* (a raw list) of rows *first* to *last*, one row after the other.

        The second result holds the lengths of strings of which only the head was read, by position from 1.
        """
        return split(self.lua["rows"](table, first, last, keys, self.window))

    def list_of(self, values: list[Any]) -> Any:
        """A raw list that may be kept: what lupa makes inside a builtin belongs to the coroutine that called it."""
        return self.runtime.border.adopt(self.runtime.lua.table_from(values))

    # Text ------------------------------------------------------------------------------------------------

    def text(self, raw: str, whole: int | None = None, most: int | None = None) -> tuple[str, int]:
        """What is shown of a raw string, masked, and how many of its bytes are not.

        *whole* is its length where *raw* is only the head of it.
        """
        length = len(raw) if whole is None else whole
        most = self.shown if most is None else most
        if length <= most:
            return self.mask(from_raw(raw)), 0
        window = raw[: most + self.margin]
        if length > len(window):  # the dot ends the payload of a JWT, without which it would not be known for one
            text = self.mask(f"{from_raw(window)}.")
            text = text[: max(0, len(text) - 1 - self.margin)]
        else:
            text = self.mask(from_raw(window))
        kept = text[:most]
        return kept, max(0, length - len(as_bytes(kept)))

    def mask(self, text: str) -> str:
        """*text* with secrets masked."""
        return self.runtime.redactor.text(text) if len(text) >= SHORTEST else text

    def hide(self, texts: Iterable[str]) -> dict[str, str]:
        """Those of *texts* that hold secrets, with them masked. They are looked at together: most hold nothing."""
        looked_at = [text for text in texts if len(text) >= SHORTEST and not text.isdecimal()]
        joined = "\n\n".join(looked_at)
        if self.runtime.redactor.text(joined) == joined:
            return {}
        return {text: self.runtime.redactor.text(text) for text in looked_at}


def split(results: Any) -> tuple[list[Any], dict[int, int]]:
    """The values that the Lua side answered, and the lengths of the strings that it cut, by position from 1."""
    if not isinstance(results, tuple):
        return [], {} if results is None else dict(results.items())
    return list(results[1:]), {} if results[0] is None else dict(results[0].items())


def kind_of(raw: Any) -> str:
    """The Lua type of a raw value."""
    if raw is None:
        return "nil"
    if isinstance(raw, str):
        return "string"
    if isinstance(raw, bool):
        return "boolean"
    if isinstance(raw, int | float):
        return "number"
    return lua_type(raw) or "userdata"


def reader_of(runtime: Host) -> Reader:
    """The one reader of *runtime*."""
    found = runtime.resources.get("views")
    if found is None:
        found = runtime.resources["views"] = Reader(runtime)
    reader: Reader = found
    return reader


"""How values cross between Lua and Python.

The VM speaks latin-1: each byte of a Lua string is one character of the `str` that lupa hands over, so every
byte survives and nothing has to be decoded in between. This module is the border: builtins get real text
(UTF-8, undecodable bytes as surrogate escapes, as `os.fsdecode` does it) or bytes, and never the raw form.

References that lupa hands to a callback belong to the coroutine that made the call and would dangle when that
coroutine ends. `Border.adopt` therefore swaps each for one that belongs to the main state.
"""

from __future__ import annotations

from lupa.lua55 import lua_type

from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from typing import Any, TypeAlias

    from lupa.lua55 import LuaRuntime

    from assay_shell.runtime.scheduler import Scheduler

    Value: TypeAlias = bool | int | float | str | "Table" | "Function" | "Opaque" | None

RESERVE = 8 << 20
"""Bytes between our memory limit and the allocator's: what lupa pushes must never fail."""

MAX_DEPTH = 128
"""Containers may nest this deep on their way out of Lua."""


def as_bytes(text: str) -> bytes:
    """The bytes that *text* came from."""
    return text.encode("utf-8", "surrogateescape")


def as_text(data: bytes) -> str:
    """*data* as text; bytes that are not UTF-8 become surrogate escapes."""
    return data.decode("utf-8", "surrogateescape")


def from_raw(raw: str) -> str:
    """Text from the VM's one-character-a-byte form."""
    return raw if raw.isascii() else raw.encode("latin-1").decode("utf-8", "surrogateescape")


class Raw:
    """A result that is handed to Lua untouched: what `Border.to_lua` would make of it is already there."""

    __slots__ = ("obj",)

    def __init__(self, obj: Any) -> None:
        self.obj = obj


class Opaque:
    """A Lua value that Python can only hand back: a thread or a userdata."""

    __slots__ = ("kind", "raw")

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.kind = lua_type(raw) or "userdata"


class Stream:
    """A result that scripts iterate over: `for item in f() do`.

    *close* is awaited (or called) when the loop ends early, when the script calls `:close()`, and at exit.
    """

    __slots__ = ("close", "items", "name")

    def __init__(
        self, items: AsyncIterator[Any], close: Callable[[], Awaitable[None] | None] | None = None, name: str = "stream"
    ) -> None:
        self.items = items
        self.close = close
        self.name = name


class Function:
    """A Lua function."""

    __slots__ = ("_scheduler", "raw")

    def __init__(self, raw: Any, scheduler: Scheduler) -> None:
        self.raw = raw
        self._scheduler = scheduler

    async def call(self, *args: object) -> list[Any]:
        """Run it as a task of its own; its results as Values.

        Raises:
            ScriptError: it failed.
        """
        return await self._scheduler.call(self, *args)


class Table:
    """A Lua table, read in place."""

    __slots__ = ("_border", "raw")

    def __init__(self, raw: Any, border: Border) -> None:
        self.raw = raw
        self._border = border

    def get(self, key: str | int) -> Any:
        """The Value at *key*, None where there is none; `__index` is honoured."""
        if isinstance(key, str) and not key.isascii():
            key = as_bytes(key).decode("latin-1")
        return self._border.to_python(self.raw[key])

    def items(self) -> Iterator[tuple[Any, Any]]:
        """All pairs, as Values, in Lua's order."""
        convert = self._border.to_python
        for key, value in self.raw.items():
            yield convert(key), convert(value)

    def length(self) -> int:
        """The border of the sequence part, `#t`."""
        return len(self.raw)

    @property
    def object(self) -> Any:
        """The Python object behind it where it is a handle, else None."""
        return self._border.object_of(self.raw)

    def to_python(self) -> Any:
        """Nested dicts and lists by the JSON rules of the contract.

        Raises:
            BuiltinError: it contains itself, nests too deep, or holds what JSON cannot express.
        """
        return _plain(self.raw, self._border.mark_of, "$", ())


def unwrap(value: object, cls: type[Any]) -> Any:
    """The Python object behind the handle *value*, or None when it is not a handle of that class."""
    obj = value.object if isinstance(value, Table) else None
    return obj if isinstance(obj, cls) else None


def brief(value: Any, depth: int = 3) -> str:
    """Plain data as Lua would write it, cut where it gets long: `{code = 1, tags = {"a"}}`."""
    if isinstance(value, str):
        return '"' + (value if len(value) <= 80 else value[:77] + "...").replace('"', '\\"') + '"'
    if value is None or isinstance(value, bool):
        return {None: "nil", True: "true", False: "false"}[value]
    if not isinstance(value, dict | list):
        return str(value) if isinstance(value, int | float) else f"<{type(value).__name__.lower()}>"
    if depth == 0:
        return "{...}"
    if isinstance(value, list):
        parts = [brief(item, depth - 1) for item in value[:9]]
    else:
        parts = [f"{key} = {brief(item, depth - 1)}" for key, item in list(value.items())[:9]]
    return "{" + ", ".join(parts + ["..."] * (len(value) > 9)) + "}"


class Border:
    """The conversions of one VM."""

    def __init__(self, lua: LuaRuntime, scheduler: Scheduler, memory_limit: int) -> None:
        self._lua = lua
        self._scheduler = scheduler
        self._limit = memory_limit
        self._next_collection = 0.0
        self.adopt: Callable[[Any], Any] = lambda raw: raw
        self.object_of: Callable[[Any], Any] = lambda raw: None
        self.unbox: Callable[[Any], Any] = lambda raw: raw
        """The string that a box stands for; everything else as it is."""
        self.mark_of: Callable[[Any], str | None] = lambda raw: None
        """Whether a raw table is marked as `null`, `object` or `array`; json sets it when it is first used."""
        self.make_stream: Callable[[Stream], tuple[Any, ...]] = lambda stream: (stream,)

    def to_python(self, raw: Any) -> Any:
        """A Value; tables and functions stay in Lua and are wrapped."""
        kind = type(raw)
        if kind is str:
            return from_raw(raw)
        if raw is None or kind is int or kind is float or kind is bool:
            return raw
        lua_kind = lua_type(raw)
        if lua_kind == "table":
            return Table(self.adopt(raw), self)
        if lua_kind == "function":
            return Function(self.adopt(raw), self._scheduler)
        return Opaque(self.adopt(raw)) if lua_kind else raw

    def deep(self, raw: Any) -> Any:
        """Plain Python data: what front ends and tests get. Tables become dicts and lists, functions stay wrapped."""
        if lua_type(raw) == "table" and lua_type(raw := self.unbox(raw)) == "table":
            return _lenient(raw, self, ())
        return self.to_python(raw)

    def to_lua(self, value: Any) -> Any:
        """What lupa can take: bytes, ASCII text, numbers, tables.

        Raises:
            BuiltinError: the VM's memory would not hold it.
        """
        kind = type(value)
        if value is None or kind is int or kind is float or kind is bool:
            return value
        if kind is str:
            self.reserve(len(value))
            return value if value.isascii() else as_bytes(value)
        if kind is bytes:
            self.reserve(len(value))
            return value
        if kind is list or kind is dict:
            weight = [0]
            prepared = _storable(value, weight)
            self.reserve(weight[0])
            return self._lua.table_from(prepared, recursive=True)
        if isinstance(value, Table | Function | Opaque):
            return value.raw
        if isinstance(value, Raw):
            return value.obj
        return self._rare(value)

    def _rare(self, value: Any) -> Any:
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value)
        if isinstance(value, int | float | str):  # subclasses, such as enums
            return self.to_lua(value.__class__.__mro__[-2](value))
        raise TypeError(f"a builtin returned {type(value).__name__}, which has no Lua form")

    def results(self, value: Any) -> tuple[Any, ...]:
        """The results of a builtin; a tuple means several, a Stream what a generic `for` wants."""
        if type(value) is tuple:
            return tuple(map(self.to_lua, value))
        if isinstance(value, Stream):
            return self.make_stream(value)
        return (self.to_lua(value),)

    def reserve(self, size: int) -> None:
        """Make sure that *size* bytes and the usual small change fit.

        lupa cannot survive a failed allocation while it pushes a value, so the limit is enforced before that;
        the allocator's own limit lies a reserve above ours.

        Raises:
            BuiltinError: they do not, even after a full collection.
        """
        if not self._limit or self._lua.get_memory_used() + size <= self._limit:
            return
        if self._collect() and self._lua.get_memory_used() + size <= self._limit:
            return
        raise BuiltinError(None, "not enough memory")

    def relieve(self) -> bool:
        """Called by Lua when it is past the limit: whether there is room to call Python now."""
        self._collect()
        return bool(self._lua.get_memory_used() <= self.ceiling)

    @property
    def ceiling(self) -> float:
        """Bytes in use above which no builtin can be called: half of the reserve is left to what lupa pushes."""
        return self._limit + RESERVE / 2 if self._limit else float("inf")

    def _collect(self) -> bool:
        """A full collection, unless one has just taken its time: a script that goes on at the limit must not crawl."""
        from time import monotonic

        started = monotonic()
        if started < self._next_collection:
            return False
        self._lua.gccollect()
        ended = monotonic()
        self._next_collection = ended + 3 * (ended - started)
        return True


_MEMBER = 64
"""Bytes that a member of a table takes, about."""


def _storable(value: Any, weight: list[int]) -> Any:
    """*value* with text in the VM's form and without None members; adds what it will take to *weight*."""
    kind = type(value)
    if kind is str or kind is bytes:
        weight[0] += len(value)
        return value if kind is bytes or value.isascii() else as_bytes(value)
    if kind is dict:
        weight[0] += _MEMBER * (len(value) + 1)
        return {
            _storable(key, weight): _storable(item, weight) for key, item in value.items() if item is not None
        }
    if kind is list:
        weight[0] += _MEMBER * (len(value) + 1)
        return [_storable(item, weight) for item in value]
    if isinstance(value, Table | Function | Opaque):
        return value.raw
    return value.obj if isinstance(value, Raw) else value


def _plain(raw: Any, mark_of: Callable[[Any], str | None], path: str, above: tuple[str, ...]) -> Any:
    kind = lua_type(raw)
    if kind is None:
        return from_raw(raw) if type(raw) is str else raw
    if kind != "table":
        raise BuiltinError(None, f"unsupported Lua type for JSON: {kind}")
    identity = repr(raw)  # its address: each access makes a new Python object
    if identity in above:
        raise BuiltinError(None, f"recursive table at {path}")
    if len(above) >= MAX_DEPTH:
        raise BuiltinError(None, f"tables nest deeper than {MAX_DEPTH} levels at {path}")
    above = (*above, identity)
    items = list(raw.items())
    count = len(items)
    if count == 0 and (mark := mark_of(raw)):
        return {"null": None, "object": {}, "array": []}[mark]
    numbered = {key for key, _ in items if type(key) is int}
    if len(numbered) == count and all(index in numbered for index in range(1, count + 1)):
        pairs = sorted(items, key=_first)
        return [_plain(item, mark_of, f"{path}[{key}]", above) for key, item in pairs]
    return {_key(key): _plain(item, mark_of, f"{path}.{_key(key)}", above) for key, item in items}


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def _key(key: Any) -> str:
    if type(key) is str:
        return from_raw(key)
    if type(key) is int:
        return str(key)
    if type(key) is float:
        return "inf" if key == float("inf") else "-inf" if key == -float("inf") else repr(key)
    kind = "boolean" if type(key) is bool else lua_type(key)
    raise BuiltinError(None, f"unsupported table key type: {kind}")


def _lenient(raw: Any, border: Border, above: tuple[str, ...]) -> Any:
    if lua_type(raw) != "table":
        return border.to_python(raw)
    identity = repr(raw)
    if identity in above or len(above) >= MAX_DEPTH:
        return Table(border.adopt(raw), border)
    above = (*above, identity)
    items = list(raw.items())
    if items and all(type(key) is int and 0 < key <= len(items) for key, _ in items):
        return [_lenient(item, border, above) for _, item in sorted(items, key=_first)]
    return {border.to_python(key): _lenient(item, border, above) for key, item in items} if items else []

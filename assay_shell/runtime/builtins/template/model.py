"""The values templates compute with, and the questions every part of the language asks of them.

None, booleans, integers, floats and strings are Python's own; lists and maps are `list` and `dict` (maps sorted by
key), and the classes here are the rest. Values are annotated as `object`, so that nothing is done with one before
its type has been looked at. No Python attribute of any value is ever reachable from a template.
"""

from __future__ import annotations

from math import isfinite, isnan

from assay_shell.runtime.builtins.template.failure import UNDEFINED_VALUE, UNKNOWN_METHOD, Failure, invalid
from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.runtime.builtins.template.state import State

KIND_ORDER = ("undefined", "none", "bool", "number", "string", "sequence", "map", "iterator", "plain object")
"""Every kind of value, in the order in which values of different kinds are sorted."""


class Undefined:
    """The value of a name nobody set; there is one, UNDEFINED."""

    __slots__ = ()


UNDEFINED = Undefined()


class Safe(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


class Items:
    """What computed lists are: slices, ranges, sums of lists. Unlike a list, it is no `sequence` to the tests."""

    __slots__ = ("items",)

    def __init__(self, items: list[object]) -> None:
        self.items = items


class Group(list[object]):
    """One group of `groupby`: a pair, what its members have in common and the list of them, with names for both."""

    __slots__ = ("members",)

    def __init__(self) -> None:
        self.members: list[object] = []
        super().__init__([UNDEFINED, self.members])

    def add(self, grouper: object, member: object) -> None:
        """Take in one more *member*."""
        self[0] = grouper
        self.members.append(member)

    def named(self, name: object) -> object:
        """The part called *name* (`grouper`, `list`), else UNDEFINED."""
        return self[0] if name == "grouper" else self.members if name == "list" else UNDEFINED


class Keywords(dict[object, object]):
    """The keyword arguments of a call; they travel as its last argument."""

    __slots__ = ()


class Thing:
    """Base of what is not plain data: it looks like a map to templates, unless *kind* says otherwise."""

    __slots__ = ()
    kind = "map"

    def keys(self) -> list[str]:
        """The names `get` knows, sorted."""
        return []

    def get(self, name: object) -> object:
        """The attribute *name*, UNDEFINED where there is none."""
        return UNDEFINED

    def label(self) -> str:
        """How it prints; things that print as the map they look like give an empty string."""
        return ""

    def call(self, state: State, arguments: list[object]) -> object:
        """Call it as a function.

        Raises:
            Failure: it is none, or the call failed.
        """
        raise invalid(f"value of type {self.kind} is not callable")

    def call_method(self, state: State, name: str, arguments: list[object]) -> object:
        """Call its method *name*.

        Raises:
            Failure: it has none of that name, or the call failed.
        """
        member = self.get(name)
        if member is UNDEFINED:
            raise unknown_method(self, name)
        return call(state, member, arguments)


class Namespace(Thing):
    """What `namespace()` makes: the only value whose attributes a template can set."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, object]) -> None:
        self.values = values

    def keys(self) -> list[str]:
        return sorted(self.values)

    def get(self, name: object) -> object:
        return self.values.get(name, UNDEFINED) if isinstance(name, str) else UNDEFINED


def kind_of(value: object) -> str:
    """The kind of *value*, as messages name it."""
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if value is None:
        return "none"
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, list):
        return "sequence"
    if isinstance(value, dict):
        return "map"
    return value.kind if isinstance(value, Thing) else "iterator"


def is_true(value: object) -> bool:
    """Whether *value* counts as true: not undefined, none, false, zero or empty."""
    if value is True or value is False or value is None:
        return value is True
    if isinstance(value, Items):
        return bool(value.items)
    if isinstance(value, Thing):
        return value.kind != "map" or bool(value.keys())
    return value is not UNDEFINED and bool(value)


def size_of(value: object) -> int | None:
    """How many characters, items or keys *value* has, None where that makes no sense."""
    if isinstance(value, str | list | dict):
        return len(value)
    if isinstance(value, Items):
        return len(value.items)
    return len(value.keys()) if isinstance(value, Thing) and value.kind == "map" else None


def iterate(value: object) -> list[object]:
    """What a loop over *value* goes through: items, keys or characters; nothing for none and undefined.

    The list may be the value's own: it is not to be changed.

    Raises:
        Failure: it cannot be looped over.
    """
    if value is None or value is UNDEFINED:
        return []
    members = members_of(value)
    if members is not None:
        return members
    if isinstance(value, str):
        return list(value)
    raise invalid(f"{kind_of(value)} is not iterable")


def members_of(value: object) -> list[object] | None:
    """The items of a list or the keys of a map, None for everything else."""
    if isinstance(value, list):
        return value
    if isinstance(value, Items):
        return value.items
    if isinstance(value, dict):
        return list(value)
    return list(value.keys()) if isinstance(value, Thing) and value.kind == "map" else None


def is_iterable(value: object) -> bool:
    """Whether a loop can go through *value*."""
    return value is None or value is UNDEFINED or isinstance(value, str) or members_of(value) is not None


def pairs_of(value: object) -> Iterator[tuple[object, object]] | None:
    """The keys and values of a map, None for everything else."""
    if isinstance(value, dict):
        return iter(value.items())
    if isinstance(value, Thing) and value.kind == "map":
        names = value.keys()
        return ((name, value.get(name)) for name in names)
    return None


def is_list(value: object) -> bool:
    """Whether *value* is a list, however it was made."""
    return isinstance(value, list | Items)


def index_of(key: object) -> int | None:
    """*key* as a position, None when it is not an integral number."""
    if isinstance(key, int):
        return int(key)
    return int(key) if isinstance(key, float) and key.is_integer() else None


def get_attribute(value: object, name: str) -> object:
    """`value.name`: UNDEFINED where a map has no such key and for everything without attributes.

    Raises:
        Failure: *value* is undefined.
    """
    if isinstance(value, dict):
        return value.get(name, UNDEFINED)
    if isinstance(value, Thing):
        return value.get(name)
    if isinstance(value, Group):
        return value.named(name)
    if value is UNDEFINED:
        raise Failure(UNDEFINED_VALUE, f"cannot look up {name} in an undefined value")
    return UNDEFINED


def get_item(value: object, key: object) -> object:
    """`value[key]`: UNDEFINED where there is nothing.

    Raises:
        Failure: *value* is undefined.
    """
    if isinstance(value, dict):
        return value.get(key, UNDEFINED) if is_key(key) else UNDEFINED
    if isinstance(value, Thing):
        return value.get(key)
    if isinstance(value, Group) and isinstance(key, str):
        return value.named(key)
    if value is UNDEFINED:
        raise Failure(UNDEFINED_VALUE, "cannot look into an undefined value")
    position = index_of(key)
    sequence = value.items if isinstance(value, Items) else value
    if position is None or not isinstance(sequence, str | list):
        return UNDEFINED
    return sequence[position] if -len(sequence) <= position < len(sequence) else UNDEFINED


def get_path(value: object, path: str) -> object:
    """`value.a.b.0`, as filters take it in one string: names, and positions in lists.

    Raises:
        Failure: something on the way is undefined.
    """
    for part in path.split("."):
        digits = part.isascii() and part.isdigit() and len(part) < 20
        value = get_item(value, int(part)) if digits else get_attribute(value, part)
    return value


def get_path_or(value: object, path: str, default: object) -> object:
    """What `get_path` finds, *default* where that is nothing."""
    try:
        found = get_path(value, path)
    except Failure:
        return default
    return default if found is UNDEFINED else found


def call(state: State, value: object, arguments: list[object]) -> object:
    """`value(...)`.

    Raises:
        Failure: it is not callable, or the call failed.
    """
    if isinstance(value, Thing):
        return value.call(state, arguments)
    raise invalid(f"value of type {kind_of(value)} is not callable")


def call_method(state: State, value: object, name: str, arguments: list[object]) -> object:
    """`value.name(...)`: only what templates made themselves has methods, and maps that hold something callable.

    Raises:
        Failure: there is no such method, or the call failed.
    """
    if isinstance(value, Thing):
        return value.call_method(state, name, arguments)
    member = value.get(name, UNDEFINED) if isinstance(value, dict) else UNDEFINED
    if member is UNDEFINED:
        raise unknown_method(value, name)
    return call(state, member, arguments)


def unknown_method(value: object, name: str) -> Failure:
    """The failure of a call of a method that is not there."""
    return Failure(UNKNOWN_METHOD, f"{kind_of(value)} has no method named {name}")


def is_key(value: object) -> bool:
    """Whether *value* can be a key of a map: none, a boolean, a number or a string."""
    return value is None or isinstance(value, str | int | float)


def from_data(data: object) -> object:
    """Plain Python data as a template value: maps sorted by key, all the way down.

    Raises:
        BuiltinError: a number is infinite or NaN, which JSON cannot express.
    """
    if isinstance(data, float) and not isfinite(data):
        raise BuiltinError(None, f"cannot encode {'NaN' if isnan(data) else 'inf'} as JSON number")
    if isinstance(data, dict):
        return {key: from_data(data[key]) for key in sorted(data)}
    if isinstance(data, list):
        return [from_data(item) for item in data]
    return data

"""Filters that take lists and maps apart and put them together."""

from __future__ import annotations

from assay_shell.runtime.builtins.template.arguments import KeywordReader, takes
from assay_shell.runtime.builtins.template.failure import MISSING_ARGUMENT, TOO_MANY_ARGUMENTS, Failure, invalid
from assay_shell.runtime.builtins.template.model import (
    UNDEFINED,
    Group,
    Items,
    Keywords,
    get_item,
    get_path,
    get_path_or,
    is_iterable,
    is_list,
    is_true,
    iterate,
    kind_of,
    members_of,
    pairs_of,
)
from assay_shell.runtime.builtins.template.order import compare, folded, identity, make_map, ordered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.template.state import State


def items_of(state: State, value: object) -> list[object]:
    """What `value` holds, paid for.

    Raises:
        Failure: it cannot be looped over.
    """
    items = iterate(value)
    state.budget.make(len(items))
    return items


@takes("value")
def listed(state: State, value: object) -> object:
    """As a list: the items of a list, keys of a map or characters of a text."""
    return list(items_of(state, value))


@takes("value", "value")
def attribute(state: State, value: object, key: object) -> object:
    """`value[key]`."""
    return get_item(value, key)


@takes("value", "value?", "flag?")
def default(state: State, value: object, other: object, lax: bool | None) -> object:  # noqa: FBT001
    """*other* (an empty text) where *value* is undefined, with *lax* also where it counts as false."""
    missing = value is UNDEFINED or (lax and not is_true(value))
    return ("" if other is None else other) if missing else value


@takes("value")
def first(state: State, value: object) -> object:
    """The first item, key or character, undefined when there is none.

    Raises:
        Failure: it has no items.
    """
    members = value if isinstance(value, str) else members_of(value)
    if members is None:
        raise invalid("cannot get first item from value")
    return members[0] if members else UNDEFINED


@takes("value")
def last(state: State, value: object) -> object:
    """The last item or character, undefined when there is none.

    Raises:
        Failure: it has no items.
    """
    if not isinstance(value, str) and not is_list(value):
        raise invalid("cannot get last item from value")
    members = value if isinstance(value, str) else iterate(value)
    return members[-1] if members else UNDEFINED


@takes("value")
def reverse(state: State, value: object) -> object:
    """From back to front; none and undefined stay what they are.

    Raises:
        Failure: it has no items.
    """
    if value is None or value is UNDEFINED:
        return value
    if isinstance(value, str):
        state.budget.make(len(value))
        return str(value)[::-1]
    members = members_of(value)
    if members is None:
        raise invalid(f"cannot reverse values of type {kind_of(value)}")
    state.budget.make(len(members))
    return Items(members[::-1])


@takes("value")
def smallest(state: State, value: object) -> object:
    """The item that sorts first, undefined when there is none."""
    items = items_of(state, value)
    found = items[0] if items else UNDEFINED
    for item in items:
        if compare(state.budget, item, found) < 0:
            found = item
    return found


@takes("value")
def largest(state: State, value: object) -> object:
    """The item that sorts last, undefined when there is none."""
    items = items_of(state, value)
    found = items[0] if items else UNDEFINED
    for item in items:
        if compare(state.budget, item, found) >= 0:
            found = item
    return found


@takes("value", "keywords")
def sort(state: State, value: object, keywords: KeywordReader) -> object:
    """Sorted: by `attribute` ("name", or "a,b" for several), in `reverse`, `case_sensitive`."""
    items = items_of(state, value)
    path = keywords.take("attribute", "string")
    case_sensitive = bool(keywords.take("case_sensitive", "flag"))
    reverse = bool(keywords.take("reverse", "flag"))
    keywords.finish()
    paths = [part.strip() for part in path.split(",") if part] if path is not None else []

    def key(item: object) -> object:
        if path is None:
            return item
        if len(paths) > 1:
            return [get_path_or(item, each, UNDEFINED) for each in paths]
        return get_path_or(item, paths[0] if paths else path, UNDEFINED)

    return ordered(state.budget, items, key, case_sensitive=case_sensitive, reverse=reverse)


@takes("value", "keywords")
def dictsort(state: State, value: object, keywords: KeywordReader) -> object:
    """The pairs of a map, sorted by key, or by value with `by="value"`; `reverse`, `case_sensitive`.

    Raises:
        Failure: *value* is no map.
    """
    pairs = pairs_of(value)
    if pairs is None:
        raise invalid("cannot convert value into pair list")
    part = 1 if keywords.take("by", "string") == "value" else 0
    case_sensitive = bool(keywords.take("case_sensitive", "flag"))
    reverse = bool(keywords.take("reverse", "flag"))
    keywords.finish()
    rows: list[object] = [list(pair) for pair in pairs]
    return ordered(state.budget, rows, lambda row: get_item(row, part), case_sensitive=case_sensitive, reverse=reverse)


@takes("value")
def items(state: State, value: object) -> object:
    """The pairs of a map, sorted by key.

    Raises:
        Failure: *value* is no map.
    """
    pairs = pairs_of(value)
    if pairs is None:
        raise invalid("cannot convert value into pairs")
    rows: list[object] = [list(pair) for pair in pairs]
    state.budget.make(2 * len(rows))
    return Items(rows)


@takes("value", "keywords")
def unique(state: State, value: object, keywords: KeywordReader) -> object:
    """Without repetitions, the first of each kept; compared by `attribute`, `case_sensitive`."""
    path = keywords.take("attribute", "string")
    case_sensitive = bool(keywords.take("case_sensitive", "flag"))
    keywords.finish()
    seen = set()
    kept = []
    for item in iterate(value):
        key = item if path is None else get_path_or(item, path, UNDEFINED)
        known = identity(state.budget, key.lower() if isinstance(key, str) and not case_sensitive else key)
        if known not in seen:
            seen.add(known)
            kept.append(item)
    return kept


@takes("value", "string?", "keywords")
def groupby(state: State, value: object, path: str | None, keywords: KeywordReader) -> object:
    """Groups of the items whose attribute *path* is equal, sorted by it: pairs of `grouper` and `list`.

    Of attributes that differ in case only, the last one names the group.

    Raises:
        Failure: no attribute is named.
    """
    fallback = keywords.take("default", "value")
    case_sensitive = bool(keywords.take("case_sensitive", "flag"))
    if path is None:
        path = keywords.take("attribute", "string")
    if path is None:
        raise Failure(MISSING_ARGUMENT, "missing keyword argument 'attribute'")
    keywords.finish()
    attribute_name, missing = path, UNDEFINED if fallback is None else fallback

    def key(item: object) -> object:
        return get_path_or(item, attribute_name, missing)

    groups: list[Group] = []
    previous: object = None
    for item in ordered(state.budget, items_of(state, value), key, case_sensitive=case_sensitive, reverse=False):
        current = key(item) if case_sensitive else folded(key(item))
        if not groups or compare(state.budget, previous, current) != 0:
            groups.append(Group())
        groups[-1].add(key(item), item)
        previous = current
    return groups


@takes("value", "size", "value?")
def batch(state: State, value: object, count: int, filler: object) -> object:
    """In rows of *count* items; the last row is filled up with *filler*, if that is given.

    Raises:
        Failure: *count* is 0.
    """
    if count == 0:
        raise invalid("count cannot be 0")
    items = items_of(state, value)
    rows = [items[start : start + count] for start in range(0, len(items), count)]
    if rows and filler is not None:
        missing = count - len(rows[-1])
        state.budget.make(missing)
        rows[-1] = rows[-1] + [filler] * missing
    return rows


@takes("value", "size", "value?")
def slices(state: State, value: object, count: int, filler: object) -> object:
    """In *count* columns, the longer ones first; *filler*, if given, ends the shorter ones.

    Raises:
        Failure: *count* is 0.
    """
    if count == 0:
        raise invalid("count cannot be 0")
    items = items_of(state, value)
    state.budget.make(count)
    size, longer = divmod(len(items), count)
    columns = []
    start = 0
    for number in range(count):
        end = start + size + (number < longer)
        column = items[start:end]
        columns.append([*column, filler] if filler is not None and number >= longer else column)
        start = end
    return columns


@takes("value", "*values")
def chain(state: State, value: object, *others: object) -> object:
    """Lists one after another, or maps merged into one, in which the later value of a key wins."""
    values = (value, *others)
    if all(kind_of(each) == "map" for each in values):
        return make_map(state.budget, [pair for each in values for pair in pairs_of(each) or ()])
    joined = [item for each in values for item in items_of(state, each)]
    return joined if all(isinstance(each, list) for each in values) else Items(joined)


@takes("value", "*values")
def zipped(state: State, value: object, *others: object) -> object:
    """Lists side by side: rows of one item of each, as many as the shortest list has.

    Raises:
        Failure: one is no list.
    """
    columns = []
    for each in (value, *others):
        if not is_iterable(each):
            raise invalid(f"zip filter argument must be iterable, got {kind_of(each)}")
        columns.append(items_of(state, each))
    return Items([list(row) for row in zip(*columns, strict=False)])


@takes("value", "*values")
def mapped(state: State, value: object, *arguments: object) -> object:
    """Each item's `attribute` (or `default`, where it has none), or what the named filter makes of it.

    Raises:
        Failure: neither a filter nor an attribute is named, or the filter fails.
    """
    given = arguments[-1] if arguments and isinstance(arguments[-1], Keywords) else Keywords()
    if given.get("attribute") is not None:
        if len(arguments) > 1:
            raise Failure(TOO_MANY_ARGUMENTS, "map takes a filter or an attribute, not both")
        return _attributes(state, value, KeywordReader(state, given))
    if not arguments or isinstance(arguments[0], Keywords):
        raise invalid("filter name is required")
    if not isinstance(arguments[0], str):
        raise invalid("filter name must be a string")
    from assay_shell.runtime.builtins.template.names import find_filter  # whose table needs this module

    run = find_filter(arguments[0])
    return [run(state, [item, *arguments[1:]]) for item in items_of(state, value)]


def _attributes(state: State, value: object, keywords: KeywordReader) -> list[object]:
    path = keywords.take("attribute", "value")
    has_default = keywords.has("default")
    fallback = keywords.take("default", "value") if has_default else UNDEFINED
    keywords.finish()
    found = []
    for item in items_of(state, value):
        if has_default and isinstance(path, str):
            found.append(get_path_or(item, path, fallback))
        else:
            member = get_path(item, path) if isinstance(path, str) else get_item(item, path)
            found.append(fallback if member is UNDEFINED else member)
    return found


@takes("value", "text?", "*values")
def select(state: State, value: object, test: str | None, *arguments: object) -> object:
    """The items that pass the named test, or count as true."""
    return _chosen(state, value, None, test, arguments, wanted=True)


@takes("value", "text?", "*values")
def reject(state: State, value: object, test: str | None, *arguments: object) -> object:
    """The items that do not pass the named test, or do not count as true."""
    return _chosen(state, value, None, test, arguments, wanted=False)


@takes("value", "text", "text?", "*values")
def selectattr(state: State, value: object, path: str, test: str | None, *arguments: object) -> object:
    """The items whose attribute passes the named test, or counts as true."""
    return _chosen(state, value, path, test, arguments, wanted=True)


@takes("value", "text", "text?", "*values")
def rejectattr(state: State, value: object, path: str, test: str | None, *arguments: object) -> object:
    """The items whose attribute does not pass the named test, or does not count as true."""
    return _chosen(state, value, path, test, arguments, wanted=False)


def _chosen(
    state: State, value: object, path: str | None, name: str | None, arguments: tuple[object, ...], *, wanted: bool
) -> list[object]:
    from assay_shell.runtime.builtins.template.names import find_test  # whose table needs this module

    test = find_test(name) if name is not None else None
    kept = []
    for item in items_of(state, value):
        state.budget.spend()
        subject = item if path is None else get_path(item, path)
        passed = is_true(test(state, [subject, *arguments]) if test else subject)
        if passed is wanted:
            kept.append(item)
    return kept

"""The names of all filters and tests."""

from __future__ import annotations

from assay_shell.runtime.builtins.template import list_filters, number_filters, predicates, text_filters
from assay_shell.runtime.builtins.template.arguments import takes
from assay_shell.runtime.builtins.template.failure import UNKNOWN_FILTER, UNKNOWN_TEST, Failure
from assay_shell.runtime.builtins.template.model import UNDEFINED, is_iterable
from assay_shell.runtime.nearest import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.template.arguments import Callee

FILTERS: dict[str, Callee] = {
    "abs": number_filters.absolute,
    "attr": list_filters.attribute,
    "batch": list_filters.batch,
    "bool": number_filters.boolean,
    "capitalize": text_filters.capitalize,
    "chain": list_filters.chain,
    "count": number_filters.length,
    "d": list_filters.default,
    "default": list_filters.default,
    "dictsort": list_filters.dictsort,
    "e": text_filters.escape,
    "escape": text_filters.escape,
    "first": list_filters.first,
    "float": number_filters.floating,
    "format": text_filters.format_text,
    "groupby": list_filters.groupby,
    "indent": text_filters.indent,
    "int": number_filters.integer,
    "items": list_filters.items,
    "join": text_filters.join,
    "last": list_filters.last,
    "length": number_filters.length,
    "lines": text_filters.lines,
    "list": list_filters.listed,
    "lower": text_filters.lower,
    "map": list_filters.mapped,
    "max": list_filters.largest,
    "min": list_filters.smallest,
    "pprint": text_filters.pprint,
    "reject": list_filters.reject,
    "rejectattr": list_filters.rejectattr,
    "replace": text_filters.replace,
    "reverse": list_filters.reverse,
    "round": number_filters.round_number,
    "safe": text_filters.safe,
    "select": list_filters.select,
    "selectattr": list_filters.selectattr,
    "slice": list_filters.slices,
    "sort": list_filters.sort,
    "split": text_filters.split,
    "string": text_filters.string,
    "sum": number_filters.total,
    "title": text_filters.title,
    "trim": text_filters.trim,
    "unique": list_filters.unique,
    "upper": text_filters.upper,
    "zip": list_filters.zipped,
}

LESS = predicates.of_order(lambda order: order < 0)
LESS_OR_EQUAL = predicates.of_order(lambda order: order <= 0)
GREATER = predicates.of_order(lambda order: order > 0)
GREATER_OR_EQUAL = predicates.of_order(lambda order: order >= 0)

TESTS: dict[str, Callee] = {
    "!=": predicates.is_unequal,
    "<": LESS,
    "<=": LESS_OR_EQUAL,
    "==": predicates.is_equal,
    ">": GREATER,
    ">=": GREATER_OR_EQUAL,
    "boolean": predicates.of_kind("bool"),
    "defined": predicates.of_value(lambda value: value is not UNDEFINED),
    "divisibleby": predicates.is_divisible,
    "endingwith": predicates.ends_with,
    "eq": predicates.is_equal,
    "equalto": predicates.is_equal,
    "escaped": predicates.of_value(predicates.is_safe),
    "even": predicates.of_value(predicates.is_even),
    "false": predicates.of_value(lambda value: value is False),
    "filter": takes("string")(lambda state, name: name in FILTERS),
    "float": predicates.of_value(lambda value: isinstance(value, float)),
    "ge": GREATER_OR_EQUAL,
    "greaterthan": GREATER,
    "gt": GREATER,
    "in": predicates.is_in,
    "int": predicates.of_value(predicates.is_integer),
    "integer": predicates.of_value(predicates.is_integer),
    "iterable": predicates.of_value(is_iterable),
    "le": LESS_OR_EQUAL,
    "lessthan": LESS,
    "lower": predicates.is_lower,
    "lt": LESS,
    "mapping": predicates.of_kind("map"),
    "ne": predicates.is_unequal,
    "none": predicates.of_value(lambda value: value is None),
    "number": predicates.of_kind("number"),
    "odd": predicates.of_value(predicates.is_odd),
    "safe": predicates.of_value(predicates.is_safe),
    "sameas": predicates.is_same,
    "sequence": predicates.of_kind("sequence"),
    "startingwith": predicates.starts_with,
    "string": predicates.of_kind("string"),
    "test": takes("string")(lambda state, name: name in TESTS),
    "true": predicates.of_value(lambda value: value is True),
    "undefined": predicates.of_value(lambda value: value is UNDEFINED),
    "upper": predicates.is_upper,
}


def find_filter(name: str) -> Callee:
    """The filter called *name*.

    Raises:
        Failure: there is none.
    """
    if name not in FILTERS:
        raise Failure(UNKNOWN_FILTER, f"filter {name} is unknown{did_you_mean(name, FILTERS)}")
    return FILTERS[name]


def find_test(name: str) -> Callee:
    """The test called *name*.

    Raises:
        Failure: there is none.
    """
    if name not in TESTS:
        raise Failure(UNKNOWN_TEST, f"test {name} is unknown{did_you_mean(name, TESTS)}")
    return TESTS[name]

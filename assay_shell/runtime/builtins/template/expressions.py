"""From the syntax tree of an expression to a function that evaluates it.

No Python code is made and no attribute of a Python object is ever read by a name from the template, so there is
nothing a template could break out of.
"""

from __future__ import annotations

from jinja2 import nodes

from assay_shell.runtime.builtins.template import arithmetic
from assay_shell.runtime.builtins.template.failure import SYNTAX, UNKNOWN_FUNCTION, Failure, invalid
from assay_shell.runtime.builtins.template.functions import FUNCTIONS
from assay_shell.runtime.builtins.template.model import (
    UNDEFINED,
    Keywords,
    call,
    call_method,
    get_attribute,
    get_item,
    is_true,
    iterate,
    kind_of,
    pairs_of,
)
from assay_shell.runtime.builtins.template.names import FILTERS, TESTS, find_filter, find_test
from assay_shell.runtime.builtins.template.order import compare, contains, equal, make_map
from assay_shell.runtime.builtins.template.slicing import slice_of
from assay_shell.runtime.builtins.template.state import MISSING
from assay_shell.runtime.nearest import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.builtins.template.budget import Budget
    from assay_shell.runtime.builtins.template.state import Evaluate, State

    Operate = Callable[[Budget, object, object], object]
    Arguments = Callable[[State], list[object]]


def located(line: int, evaluate: Callable[[State], Any]) -> Callable[[State], Any]:
    """*evaluate*, whose failures say that they happened on *line* unless they know better."""

    def run(state: State) -> Any:
        try:
            return evaluate(state)
        except Failure as failure:
            failure.line = failure.line or line
            raise
        except RecursionError as exc:
            raise Failure("invalid operation", "recursion limit exceeded", line) from exc

    return run


def compile_expression(node: nodes.Node, line: int = 0) -> Evaluate:
    """A function that evaluates *node*; *line* is where its parent stands.

    Raises:
        Failure: it is no expression of this dialect.
    """
    build = BUILDERS.get(type(node))
    if build is None:
        raise Failure(SYNTAX, f"unexpected {type(node).__name__.lower()}", node.lineno)
    evaluate = build(node)
    return evaluate if node.lineno == line else located(node.lineno, evaluate)


def _constant(node: nodes.Const) -> Evaluate:
    value: object = node.value
    return lambda state: value


def _name(node: nodes.Name) -> Evaluate:
    name = node.name
    return lambda state: state.look_up(name)


def _list(node: nodes.List | nodes.Tuple) -> Evaluate:
    items = [compile_expression(item, node.lineno) for item in node.items]
    return lambda state: [item(state) for item in items]


def _map(node: nodes.Dict) -> Evaluate:
    pairs = [
        (compile_expression(pair.key, node.lineno), compile_expression(pair.value, node.lineno)) for pair in node.items
    ]
    return lambda state: make_map(state.budget, [(key(state), value(state)) for key, value in pairs])


def _condition(node: nodes.CondExpr) -> Evaluate:
    test = compile_expression(node.test, node.lineno)
    yes = compile_expression(node.expr1, node.lineno)
    no = compile_expression(node.expr2, node.lineno) if node.expr2 else lambda state: UNDEFINED
    return lambda state: yes(state) if is_true(test(state)) else no(state)


def _and(node: nodes.And) -> Evaluate:
    left, right = compile_expression(node.left, node.lineno), compile_expression(node.right, node.lineno)

    def run(state: State) -> object:
        value = left(state)
        return right(state) if is_true(value) else value

    return run


def _or(node: nodes.Or) -> Evaluate:
    left, right = compile_expression(node.left, node.lineno), compile_expression(node.right, node.lineno)

    def run(state: State) -> object:
        value = left(state)
        return value if is_true(value) else right(state)

    return run


def _not(node: nodes.Not) -> Evaluate:
    value = compile_expression(node.node, node.lineno)
    return lambda state: not is_true(value(state))


def _negative(node: nodes.Neg) -> Evaluate:
    value = compile_expression(node.node, node.lineno)
    return lambda state: arithmetic.negate(value(state))


def _binary(operate: Operate) -> Callable[[nodes.BinExpr], Evaluate]:
    def build(node: nodes.BinExpr) -> Evaluate:
        left, right = compile_expression(node.left, node.lineno), compile_expression(node.right, node.lineno)
        return lambda state: operate(state.budget, left(state), right(state))

    return build


def _concatenation(node: nodes.Concat) -> Evaluate:
    parts = [compile_expression(part, node.lineno) for part in node.nodes]

    def run(state: State) -> object:
        values = [part(state) for part in parts]
        text: object = values[0]
        for value in values[1:]:
            text = arithmetic.concatenate(state.budget, text, value)
        return text

    return run


COMPARISONS: dict[str, Operate] = {
    "eq": equal,
    "ne": lambda budget, left, right: not equal(budget, left, right),
    "lt": lambda budget, left, right: compare(budget, left, right) < 0,
    "lteq": lambda budget, left, right: compare(budget, left, right) <= 0,
    "gt": lambda budget, left, right: compare(budget, left, right) > 0,
    "gteq": lambda budget, left, right: compare(budget, left, right) >= 0,
    "in": lambda budget, left, right: contains(budget, right, left),
    "notin": lambda budget, left, right: not contains(budget, right, left),
}


def _comparison(node: nodes.Compare) -> Evaluate:
    """`a < b < c` compares the first result with c."""
    first = compile_expression(node.expr, node.lineno)
    rest = [(COMPARISONS[each.op], compile_expression(each.expr, node.lineno)) for each in node.ops]

    def run(state: State) -> object:
        value = first(state)
        for operate, other in rest:
            value = operate(state.budget, value, other(state))
        return value

    return run


def _attribute(node: nodes.Getattr) -> Evaluate:
    value, name = compile_expression(node.node, node.lineno), node.attr
    return lambda state: get_attribute(value(state), name)


def _item(node: nodes.Getitem) -> Evaluate:
    value = compile_expression(node.node, node.lineno)
    if isinstance(node.arg, nodes.Slice):
        return _slice(value, node.arg, node.lineno)
    key = compile_expression(node.arg, node.lineno)
    return lambda state: get_item(value(state), key(state))


def _slice(value: Evaluate, node: nodes.Slice, line: int) -> Evaluate:
    start, stop, step = (
        compile_expression(bound, line) if bound else lambda state: None for bound in (node.start, node.stop, node.step)
    )
    return lambda state: slice_of(state.budget, value(state), start(state), stop(state), step(state))


def _filter(node: nodes.Filter) -> Evaluate:
    """A filter whose `node` is missing belongs to a block and works on what that block wrote."""
    value = compile_expression(node.node, node.lineno) if node.node else lambda state: state.captured
    arguments, name = _arguments(node), node.name

    apply = FILTERS.get(name)

    def run(state: State) -> object:
        given = [value(state), *arguments(state)]
        state.budget.spend()
        return (apply or find_filter(name))(state, given)

    return run


def _test(node: nodes.Test) -> Evaluate:
    value, arguments, name = compile_expression(node.node, node.lineno), _arguments(node), node.name

    holds = TESTS.get(name)

    def run(state: State) -> object:
        given = [value(state), *arguments(state)]
        return is_true((holds or find_test(name))(state, given))

    return run


def _arguments(node: nodes.Filter | nodes.Test | nodes.Call) -> Arguments:
    """What evaluates the arguments of a call; keyword arguments come last, as one value."""
    line = node.lineno
    plain = [compile_expression(each, line) for each in node.args if not isinstance(each, nodes.Keyword)]
    if len(plain) == len(node.args) and not node.kwargs:
        return lambda state: [each(state) for each in plain]
    positional = [
        (True, compile_expression(each.value, line))
        if isinstance(each, nodes.Keyword)
        else (False, compile_expression(each, line))
        for each in node.args
    ]
    named = [(each.key, compile_expression(each.value, line)) for each in node.kwargs]

    def run(state: State) -> list[object]:
        values: list[object] = []
        for is_list, value in positional:
            values.extend(iterate(value(state)) if is_list else [value(state)])
        keywords = Keywords()
        for key, value in named:
            keywords.update(_spread(value(state)) if key == "**" else {key: value(state)})
        return [*values, keywords] if keywords else values

    return run


def _spread(value: object) -> dict[object, object]:
    pairs = pairs_of(value)
    if pairs is None:
        raise invalid(f"attempted to apply keyword arguments from non map (got {kind_of(value)})")
    return dict(pairs)


def compile_call(node: nodes.Call, caller: Evaluate | None = None) -> Evaluate:
    """A function that makes the call; *caller* gives the extra keyword argument of a `call` block.

    Raises:
        Failure: it holds something that is no expression of this dialect.
    """
    arguments = _arguments(node)
    if caller is not None:
        arguments = _with_caller(arguments, caller)
    callee = node.node
    if isinstance(callee, nodes.Name):
        return _call_by_name(callee.name, arguments)
    if isinstance(callee, nodes.Getattr):
        if isinstance(callee.node, nodes.Name) and callee.node.name == "self":
            block = callee.attr
            return lambda state: state.capture(lambda inner: inner.run_block(block))
        value, name = compile_expression(callee.node, node.lineno), callee.attr
        return lambda state: call_method(state, value(state), name, arguments(state))
    function = compile_expression(callee, node.lineno)
    return lambda state: call(state, function(state), arguments(state))


def _call_by_name(name: str, arguments: Arguments) -> Evaluate:
    def run(state: State) -> object:
        function = state.look_up(name, MISSING)
        given = arguments(state)
        if function is not MISSING:
            return call(state, function, given)
        if name == "super":
            raise invalid("no parent block exists" if state.block else "cannot super outside of block")
        raise Failure(UNKNOWN_FUNCTION, f"{name} is unknown{did_you_mean(name, FUNCTIONS)}")

    return run


def _with_caller(arguments: Arguments, caller: Evaluate) -> Arguments:
    def run(state: State) -> list[object]:
        given = arguments(state)
        named = given.pop() if given and isinstance(given[-1], Keywords) else Keywords()
        return [*given, Keywords({**named, "caller": caller(state)})]  # type: ignore[dict-item]

    return run


BUILDERS: dict[type[nodes.Node], Callable[[Any], Evaluate]] = {
    nodes.Add: _binary(arithmetic.add),
    nodes.And: _and,
    nodes.Call: compile_call,
    nodes.Compare: _comparison,
    nodes.Concat: _concatenation,
    nodes.CondExpr: _condition,
    nodes.Const: _constant,
    nodes.Dict: _map,
    nodes.Div: _binary(arithmetic.divide),
    nodes.Filter: _filter,
    nodes.FloorDiv: _binary(arithmetic.floor_divide),
    nodes.Getattr: _attribute,
    nodes.Getitem: _item,
    nodes.List: _list,
    nodes.Mod: _binary(arithmetic.remainder),
    nodes.Mul: _binary(arithmetic.multiply),
    nodes.Name: _name,
    nodes.Neg: _negative,
    nodes.Not: _not,
    nodes.Or: _or,
    nodes.Pow: _binary(arithmetic.power),
    nodes.Sub: _binary(arithmetic.subtract),
    nodes.Test: _test,
    nodes.Tuple: _list,
}
"""What builds each kind of expression; `+x` is none."""

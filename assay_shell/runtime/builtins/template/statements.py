"""From the syntax tree of a template to a function that renders it."""

from __future__ import annotations

from jinja2 import nodes

from assay_shell.runtime.builtins.template.expressions import compile_call, compile_expression, located
from assay_shell.runtime.builtins.template.failure import CANNOT_UNPACK, NOT_FOUND, SYNTAX, Failure, invalid
from assay_shell.runtime.builtins.template.model import (
    Namespace,
    is_iterable,
    is_list,
    is_true,
    iterate,
    kind_of,
    members_of,
)
from assay_shell.runtime.builtins.template.order import equal
from assay_shell.runtime.builtins.template.state import Frame, Loop, Macro
from assay_shell.runtime.errors import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from assay_shell.runtime.builtins.template.state import Evaluate, Run, State

    Assign = Callable[[State, object], None]


class Program:
    """A compiled template: *run* renders it, *blocks* are its named blocks."""

    __slots__ = ("blocks", "run")

    def __init__(self, run: Run, blocks: dict[str, Run]) -> None:
        self.run = run
        self.blocks = blocks


def compile_template(tree: nodes.Template) -> Program:
    """The program of a whole template.

    Raises:
        Failure: it holds something outside this dialect.
    """
    compiler = Compiler()
    return Program(compiler.body(tree.body), compiler.blocks)


class Compiler:
    """Compiles the statements of one template, and collects its blocks."""

    def __init__(self) -> None:
        self.blocks: dict[str, Run] = {}
        self._in_macro = False

    def body(self, statements: Sequence[nodes.Node]) -> Run:
        """What runs *statements* one after another."""
        runs = [run for statement in statements for run in self._statement(statement)]
        if len(runs) == 1:
            return runs[0]

        def run_all(state: State) -> None:
            for run in runs:
                run(state)

        return run_all

    def _statement(self, node: nodes.Node) -> list[Run]:
        if isinstance(node, nodes.Output):
            return [_output(child) for child in node.nodes]
        build = BUILDERS.get(type(node))
        if build is None:
            raise Failure(SYNTAX, f"unknown statement {type(node).__name__.lower()}", node.lineno)
        return [located(node.lineno, build(self, node))]

    def if_(self, node: nodes.If) -> Run:
        branches = [(compile_expression(each.test), self.body(each.body)) for each in (node, *node.elif_)]
        otherwise = self.body(node.else_)

        def run(state: State) -> None:
            for test, body in branches:
                if is_true(test(state)):
                    return body(state)
            return otherwise(state)

        return run

    def for_(self, node: nodes.For) -> Run:
        items, assign = compile_expression(node.iter), compile_target(node.target)
        test = compile_expression(node.test) if node.test else None
        body, otherwise, recursive = self.body(node.body), self.body(node.else_), node.recursive

        def run_over(state: State, value: object) -> None:
            members = iterate(value) if test is None else _passing(state, iterate(value), assign, test)
            loop = Loop(members, _loop_depth(state), recurse if recursive else None)
            state.push(Frame(loop=loop))
            for position, member in enumerate(members):
                state.budget.spend()
                loop.position = position
                assign(state, member)
                body(state)
            state.frames.pop()
            if not members:
                otherwise(state)

        def recurse(state: State, value: object) -> None:
            if not is_iterable(value):
                raise invalid("cannot recurse because of non-iterable value")
            run_over(state, value)

        return lambda state: run_over(state, items(state))

    def with_(self, node: nodes.With) -> Run:
        pairs = zip(node.targets, node.values, strict=True)
        assignments = [(compile_target(target), compile_expression(value)) for target, value in pairs]
        body = self.body(node.body)

        def run(state: State) -> None:
            state.push(Frame())
            for assign, value in assignments:
                assign(state, value(state))
            body(state)
            state.frames.pop()

        return run

    def set_(self, node: nodes.Assign) -> Run:
        assign, value = compile_target(node.target), compile_expression(node.node)
        return lambda state: assign(state, value(state))

    def set_block(self, node: nodes.AssignBlock) -> Run:
        assign, body = compile_target(node.target), self.body(node.body)
        chain = compile_expression(node.filter) if node.filter else None

        def run(state: State) -> None:
            state.captured = state.capture(body)
            assign(state, chain(state) if chain else state.captured)

        return run

    def filter_block(self, node: nodes.FilterBlock) -> Run:
        body, chain = self.body(node.body), compile_expression(node.filter)

        def run(state: State) -> None:
            state.captured = state.capture(body)
            state.emit(chain(state))

        return run

    def autoescape(self, node: nodes.Scope) -> Run:
        """Jinja wraps this statement in a scope of its own."""
        inner = node.body[0]
        if not isinstance(inner, nodes.ScopedEvalContextModifier):
            raise Failure(SYNTAX, "unknown statement", node.lineno)
        wanted, body = compile_expression(inner.options[0].value), self.body(inner.body)

        def run(state: State) -> None:
            outside = state.escaping
            state.escaping = _wants_escaping(state, wanted(state))
            body(state)
            state.escaping = outside

        return run

    def block(self, node: nodes.Block) -> Run:
        if self._in_macro:
            raise Failure(SYNTAX, "block tags in macros are not allowed", node.lineno)
        name = node.name
        if name in self.blocks:
            raise Failure(SYNTAX, f"block '{name}' defined twice", node.lineno)
        self.blocks[name] = _nothing
        self.blocks[name] = self.body(node.body)
        return lambda state: state.run_block(name)

    def macro(self, node: nodes.Macro) -> Run:
        make, name = self._macro(node, node.name), node.name
        return lambda state: state.store(name, make(state))

    def call_block(self, node: nodes.CallBlock) -> Run:
        make_call = compile_call(node.call, self._macro(node, "caller"))
        return lambda state: state.emit(make_call(state))

    def _macro(self, node: nodes.Macro | nodes.CallBlock, name: str) -> Evaluate:
        outside, self._in_macro = self._in_macro, True
        body = self.body(node.body)
        self._in_macro = outside
        parameters = [parameter.name for parameter in node.args]
        offset = len(parameters) - len(node.defaults)
        defaults = {parameters[offset + i]: compile_expression(each) for i, each in enumerate(node.defaults)}
        used = _names_in([*node.body, *node.defaults])
        enclosed = sorted(used - {"caller"})
        wants_caller = "caller" in used
        return lambda state: Macro(name, parameters, defaults, body, state.enclose(enclosed), wants_caller)

    def do(self, node: nodes.ExprStmt) -> Run:
        value = compile_expression(node.node)

        def run(state: State) -> None:
            value(state)

        return run

    def include(self, node: nodes.Include) -> Run:
        names, optional = compile_expression(node.template), node.ignore_missing

        def run(state: State) -> None:
            value = names(state)
            tried = [_template_name(name) for name in (iterate(value) if is_list(value) else [value])]
            if tried and not optional:
                raise _not_included(tried)

        return run

    def import_(self, node: nodes.Import | nodes.FromImport) -> Run:
        name = compile_expression(node.template)

        def run(state: State) -> None:
            raise _not_included([_template_name(name(state))])

        return run

    def extends(self, node: nodes.Extends) -> Run:
        name = compile_expression(node.template)

        def run(state: State) -> None:
            raise Failure(NOT_FOUND, f"template {_template_name(name(state))} does not exist")

        return run


def _nothing(state: State) -> None:
    """What a block is before it has been compiled."""


def _output(node: nodes.Node) -> Run:
    if isinstance(node, nodes.TemplateData):
        text = node.data
        return lambda state: state.write(text)
    value, line = compile_expression(node, node.lineno), node.lineno

    def run(state: State) -> None:
        try:
            state.emit(value(state))
        except Failure as failure:
            failure.line = failure.line or line
            raise

    return run


def _passing(state: State, members: list[object], assign: Assign, test: Evaluate) -> list[object]:
    """The *members* for which the condition of a loop holds; it is evaluated in a scope of its own."""
    state.push(Frame())
    passing = []
    for member in members:
        state.budget.spend()
        assign(state, member)
        if is_true(test(state)):
            passing.append(member)
    state.frames.pop()
    return passing


def _loop_depth(state: State) -> int:
    """How deep a new loop is in calls of a recursive one, from 0."""
    loops = (frame.loop for frame in reversed(state.frames) if frame.loop is not None)
    innermost = next(loops, None)
    return innermost.depth + 1 if innermost is not None and innermost.recurse is not None else 0


def compile_target(node: nodes.Node) -> Assign:
    """What assigns a value to a name, to an attribute of a namespace, or its items to several of those.

    Raises:
        Failure: nothing can be assigned to *node*.
    """
    if isinstance(node, nodes.Name):
        name = node.name
        return lambda state, value: state.store(name, value)
    if isinstance(node, nodes.Getattr):
        return _attribute_target(compile_expression(node.node), node.attr)
    if not isinstance(node, nodes.Tuple):
        raise Failure(SYNTAX, "cannot assign to this", node.lineno)
    targets = [compile_target(item) for item in node.items]

    def unpack(state: State, value: object) -> None:
        members = members_of(value)
        if members is None:
            raise Failure(CANNOT_UNPACK, "value is not iterable")
        if len(members) != len(targets):
            raise Failure(CANNOT_UNPACK, f"sequence of wrong length (expected {len(targets)}, got {len(members)})")
        for assign, member in zip(targets, members, strict=True):
            assign(state, member)

    return unpack


def _attribute_target(owner: Evaluate, attribute: str) -> Assign:
    def assign(state: State, value: object) -> None:
        namespace = owner(state)
        if not isinstance(namespace, Namespace):
            raise invalid(f"can only assign to namespaces, not {kind_of(namespace)}")
        namespace.values[attribute] = value

    return assign


def _names_in(tree: Sequence[nodes.Node]) -> set[str]:
    """The names of all variables that are read anywhere in *tree*."""
    found = {node.name for node in tree if isinstance(node, nodes.Name)}
    return found.union(*({name.name for name in node.find_all(nodes.Name) if name.ctx == "load"} for node in tree))


def _wants_escaping(state: State, value: object) -> bool:
    if isinstance(value, str):
        if value not in ("html", "none"):
            raise invalid("invalid value to autoescape tag")
        return value == "html"
    return equal(state.budget, value, right=True)


def _template_name(value: object) -> str:
    if not isinstance(value, str):
        raise invalid("template name was not a string")
    return quoted(value)


def _not_included(names: list[str]) -> Failure:
    if len(names) == 1:
        return Failure(NOT_FOUND, f"tried to include non-existing template {names[0]}")
    listed = ", ".join(names)
    return Failure(NOT_FOUND, f"tried to include one of multiple templates, none of which existed [{listed}]")


BUILDERS: dict[type[nodes.Node], Callable[[Compiler, Any], Run]] = {
    nodes.Assign: Compiler.set_,
    nodes.AssignBlock: Compiler.set_block,
    nodes.Block: Compiler.block,
    nodes.CallBlock: Compiler.call_block,
    nodes.ExprStmt: Compiler.do,
    nodes.Extends: Compiler.extends,
    nodes.FilterBlock: Compiler.filter_block,
    nodes.For: Compiler.for_,
    nodes.FromImport: Compiler.import_,
    nodes.If: Compiler.if_,
    nodes.Import: Compiler.import_,
    nodes.Include: Compiler.include,
    nodes.Macro: Compiler.macro,
    nodes.Scope: Compiler.autoescape,
    nodes.With: Compiler.with_,
}
"""What builds each kind of statement."""

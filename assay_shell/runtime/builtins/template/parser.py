"""Jinja's parser, narrowed to this dialect: what it reads beyond it is a syntax error, what it lacks is added.

The nodes are Jinja's own. Three things it has no node for are written with nodes it has: `do f()` is an expression
statement, and `*list` and `**map` in a call are keywords named `*` and `**`.
"""

from __future__ import annotations

from functools import cache

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.parser import Parser

from assay_shell.runtime.builtins.template.failure import SYNTAX, Failure
from assay_shell.runtime.builtins.template.lexer import Dialect

STATEMENTS = frozenset(
    "autoescape block call do extends filter for from if import include macro set with".split()  # noqa: SIM905 - a list
)
RESERVED = frozenset({"true", "True", "false", "False", "none", "None", "loop", "self"})
ARGUMENT_STARTS = frozenset({"name", "string", "integer", "float", "sub", "lbracket", "lbrace"})
NO_ARGUMENTS = ("name:and", "name:or", "name:else", "name:is")


@cache
def dialect() -> Dialect:
    """The environment of all parsers; it holds the compiled rules of the lexer."""
    return Dialect()


def parse(source: str) -> nodes.Template:
    """The syntax tree of *source*.

    Raises:
        Failure: it is no template.
    """
    try:
        return DialectParser(dialect(), source).parse()
    except TemplateSyntaxError as exc:
        raise Failure(SYNTAX, exc.message or "cannot be read", exc.lineno) from exc
    except RecursionError as exc:
        raise Failure(SYNTAX, "template exceeds maximum recursion limits") from exc


class DialectParser(Parser):
    """Reads one template."""

    def parse_statement(self) -> nodes.Node | list[nodes.Node]:
        token = self.stream.current
        if token.type == "name" and token.value == "do":
            return self._parse_do()
        if token.type == "name" and token.value not in STATEMENTS and not self._closes_something(token.value):
            self.fail(f"unknown statement {token.value}", token.lineno)
        return super().parse_statement()

    def _closes_something(self, tag: str) -> bool:
        """Whether *tag* is the end or middle of a block, in the wrong place: Jinja's message says what is missing."""
        return tag in ("else", "elif") or (tag.startswith("end") and tag[3:] in STATEMENTS)

    def _parse_do(self) -> nodes.ExprStmt:
        line = next(self.stream).lineno
        call = self.parse_expression()
        if not isinstance(call, nodes.Call):
            self.fail("expected a call after do", line)
        return nodes.ExprStmt(call, lineno=line)

    def parse_set(self) -> nodes.Assign | nodes.AssignBlock:
        line = next(self.stream).lineno
        target = self.parse_assign_target(with_namespace=True)
        if self.stream.skip_if("assign"):
            return nodes.Assign(target, self._parse_set_value(), lineno=line)
        chain = self.parse_filter(None)
        body = self.parse_statements(("name:endset",), drop_needle=True)
        return nodes.AssignBlock(target, chain, body, lineno=line)

    def _parse_set_value(self) -> nodes.Expr:
        line = self.stream.current.lineno
        items = [self.parse_expression()]
        if self.stream.current.type != "comma":
            return items[0]
        while self.stream.skip_if("comma"):
            if self.stream.current.type == "block_end":
                break
            items.append(self.parse_expression())
        return nodes.List(items, lineno=line)

    def parse_assign_target(  # type: ignore[override] # of the base's overloads, only the widest can be written here
        self,
        with_tuple: bool = True,  # noqa: FBT001, FBT002
        name_only: bool = False,  # noqa: FBT001, FBT002
        extra_end_rules: tuple[str, ...] | None = None,
        with_namespace: bool = False,  # noqa: FBT001, FBT002
    ) -> nodes.Expr:
        if name_only or not with_tuple:
            return self._parse_target_name()
        line = self.stream.current.lineno
        targets: list[nodes.Expr] = []
        is_tuple = False
        while not self.stream.current.test_any("rparen", "block_end", "name:in"):
            targets.append(self._parse_target(with_namespace=with_namespace))
            if not self.stream.skip_if("comma"):
                break
            is_tuple = True
        if not targets:
            self.fail("expected a name to assign to", line)
        return nodes.Tuple(targets, "store", lineno=line) if is_tuple else targets[0]

    def _parse_target(self, *, with_namespace: bool) -> nodes.Expr:
        if self.stream.skip_if("lparen"):
            inner = self.parse_assign_target(with_namespace=with_namespace)
            self.stream.expect("rparen")
            return inner
        target: nodes.Expr = self._parse_target_name()
        while with_namespace and self.stream.skip_if("dot"):
            attribute = self.stream.expect("name")
            target.set_ctx("load")
            target = nodes.Getattr(target, attribute.value, "store", lineno=attribute.lineno)
        return target

    def _parse_target_name(self) -> nodes.Name:
        token = self.stream.expect("name")
        if token.value in RESERVED:
            self.fail(f"cannot assign to reserved variable name {token.value}", token.lineno)
        return nodes.Name(token.value, "store", lineno=token.lineno)

    def parse_tuple(
        self,
        simplified: bool = False,  # noqa: FBT001, FBT002
        with_condexpr: bool = True,  # noqa: FBT001, FBT002
        extra_end_rules: tuple[str, ...] | None = None,
        explicit_parentheses: bool = False,  # noqa: FBT001, FBT002
        with_namespace: bool = False,  # noqa: FBT001, FBT002
    ) -> nodes.Tuple | nodes.Expr:
        if explicit_parentheses:  # a list, or just one expression
            return super().parse_tuple(explicit_parentheses=True)
        return self.parse_expression(with_condexpr=with_condexpr)

    def parse_subscript(self, node: nodes.Expr) -> nodes.Getattr | nodes.Getitem:
        token = next(self.stream)
        if token.type == "dot":
            attribute = self.stream.expect("name").value
            return nodes.Getattr(node, attribute, "load", lineno=token.lineno)
        subscript = self.parse_subscribed()
        self.stream.expect("rbracket")
        return nodes.Getitem(node, subscript, "load", lineno=token.lineno)

    def parse_call_args(
        self,
    ) -> tuple[list[nodes.Expr], list[nodes.Keyword], nodes.Expr | None, nodes.Expr | None]:
        self.stream.expect("lparen")
        positional: list[nodes.Expr] = []
        keywords: list[nodes.Keyword] = []
        while self.stream.current.type != "rparen":
            line = self.stream.current.lineno
            if self.stream.skip_if("pow"):
                keywords.append(nodes.Keyword("**", self.parse_expression(), lineno=line))
            elif self.stream.skip_if("mul"):
                # A Keyword is no Expr for Jinja, but it is this module that reads the list.
                positional.append(nodes.Keyword("*", self.parse_expression(), lineno=line))  # type: ignore[arg-type]
            elif self.stream.current.type == "name" and self.stream.look().type == "assign":
                name = next(self.stream).value
                next(self.stream)
                keywords.append(nodes.Keyword(name, self.parse_expression(), lineno=line))
            elif keywords:
                self.fail("non-keyword arg after keyword arg", line)
            else:
                positional.append(self.parse_expression())
            if not self.stream.skip_if("comma"):
                break
        self.stream.expect("rparen")
        return positional, keywords, None, None

    def parse_filter(self, node: nodes.Expr | None, start_inline: bool = False) -> nodes.Expr | None:  # noqa: FBT001, FBT002
        while start_inline or self.stream.skip_if("pipe"):
            start_inline = False
            token = self.stream.expect("name")
            arguments, keywords = self._parse_optional_arguments()
            node = nodes.Filter(node, token.value, arguments, keywords, None, None, lineno=token.lineno)
        return node

    def parse_test(self, node: nodes.Expr) -> nodes.Expr:
        line = next(self.stream).lineno
        negated = self.stream.skip_if("name:not")
        name = self.stream.expect("name").value
        current = self.stream.current
        keywords: list[nodes.Keyword] = []
        if current.type in ARGUMENT_STARTS and not current.test_any(*NO_ARGUMENTS):
            arguments = [self.parse_unary(with_filter=False)]
        else:
            arguments, keywords = self._parse_optional_arguments()
        test: nodes.Expr = nodes.Test(node, name, arguments, keywords, None, None, lineno=line)
        return nodes.Not(test, lineno=line) if negated else test

    def _parse_optional_arguments(self) -> tuple[list[nodes.Expr], list[nodes.Keyword]]:
        if self.stream.current.type != "lparen":
            return [], []
        arguments, keywords, _, _ = self.parse_call_args()
        return arguments, keywords

"""Rendering: templates are compiled once and kept, each rendering gets a state and a budget of its own.

Jinja reads the templates; what they mean is decided here, because the dialect of the contract differs from Jinja's
in what operators, filters and undefined values do, and because a tree that is evaluated needs no sandbox.
"""

from __future__ import annotations

from functools import lru_cache

from assay_shell.runtime.builtins.template.budget import Budget
from assay_shell.runtime.builtins.template.failure import SYNTAX, Failure, invalid
from assay_shell.runtime.builtins.template.functions import FUNCTIONS
from assay_shell.runtime.builtins.template.parser import parse
from assay_shell.runtime.builtins.template.state import State
from assay_shell.runtime.builtins.template.statements import Program, compile_template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT_TEMPLATES = 128
LONGEST_KEPT = 256 * 1024
"""Characters; longer templates are compiled each time, so that what is kept stays small."""


def render(source: str, variables: Mapping[str, object], budget: Budget | None = None) -> str:
    """*source* rendered with *variables*, which are template values, within *budget* (by default a full one).

    Raises:
        Failure: it is no template, or it failed.
    """
    program = compile_kept(source) if len(source) <= LONGEST_KEPT else compile_source(source)
    state = State(variables, FUNCTIONS, program.blocks, budget or Budget())
    try:
        program.run(state)
    except RecursionError as exc:
        raise invalid("recursion limit exceeded") from exc
    return "".join(state.output)


def compile_source(source: str) -> Program:
    """The program of a template.

    Raises:
        Failure: it is none.
    """
    try:
        return compile_template(parse(source))
    except RecursionError as exc:
        raise Failure(SYNTAX, "template exceeds maximum recursion limits") from exc


compile_kept = lru_cache(maxsize=KEPT_TEMPLATES)(compile_source)

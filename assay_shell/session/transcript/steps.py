"""The inputs of a session that succeeded, as statements of one program: earlier results get names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assay_shell.runtime.errors import ScriptSyntaxError
from assay_shell.session.tokens import tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.session import Taken
    from assay_shell.session.workspace import Workspace

_RESULT = re.compile(r"_(\d*)")


@dataclass(slots=True)
class Step:
    """One input: *statements*, and the *expression* that is its result, None where it has none.

    *is_call* says that the expression could stand alone. *result* is the name that later steps know the result by, ""
    where none needs it. *taken* is what was taken of the result, where that is a stream.
    """

    number: int
    statements: str
    expression: str | None
    is_call: bool = False
    result: str = ""
    taken: Taken | None = None


def steps_of(workspace: Workspace) -> list[Step]:
    """Return the inputs that succeeded, in order; `_` and its like are written as names of results."""
    steps: list[Step] = []
    results: list[Step] = []
    for outcome in workspace.session.inputs:
        if outcome.error is not None or not outcome.source.strip():
            continue
        source = _with_names(outcome.source, results)
        step = _step(workspace, outcome.number, source)
        step.taken = outcome.taken
        steps.append(step)
        if outcome.kept:
            results.insert(0, step)
    return steps


def _with_names(source: str, results: list[Step]) -> str:
    parts, at = [], 0
    words = tokens(source)
    for index, word in enumerate(words):
        match = _RESULT.fullmatch(word.text) if word.kind == "name" else None
        if match is None or (index and words[index - 1].text in (".", ":")):
            continue
        back = int(match[1] or 1)
        if 0 < back <= len(results):
            step = results[back - 1]
            step.result = f"result{step.number}"
            parts += [source[at : word.start], step.result]
            at = word.end
    return "".join([*parts, source[at:]])


def _step(workspace: Workspace, number: int, source: str) -> Step:
    try:
        statements, expression = workspace.session.cells.parts(source)
    except ScriptSyntaxError:  # names of results made it something else
        statements, expression = source, None
    if expression is None:
        statements, expression = _without_return(statements)
    alone = expression is not None and _stands_alone(workspace, expression)
    return Step(number, statements.strip("\n"), expression, alone)


def _stands_alone(workspace: Workspace, expression: str) -> bool:
    try:
        workspace.runtime.compile(expression, "<step>")
    except ScriptSyntaxError:
        return False
    return True


def _without_return(source: str) -> tuple[str, str | None]:
    """What stands before a `return` at the end, and what it returns."""
    words = tokens(source)
    found = next((word for word in reversed(words) if word.depth == 0 and word.text == "return"), None)
    if found is None or found.kind != "keyword":
        return source, None
    last = words[-1]
    end = last.start if last.text == ";" else last.end
    return source[: found.start], source[found.end : end].strip() or None

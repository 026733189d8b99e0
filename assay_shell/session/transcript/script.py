"""A session as a script: it runs without the session and gives the same last result."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from assay_shell.session.answers import CommandError
from assay_shell.session.tokens import tokens
from assay_shell.session.transcript.secrets import Hiding
from assay_shell.session.transcript.steps import steps_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.session import Taken
    from assay_shell.session.transcript.steps import Step
    from assay_shell.session.workspace import Workspace

_MOST_LOCALS = 150
"""Locals in one function; Lua allows 200. Beyond them the rest goes on in a function within, which sees them all."""


_GIVEN = (
    'if result ~= nil then print(type(result) == "table" and json.encode(result) or result) end',
    "return result",
)
"""What gives the last result to whoever runs the script."""


@dataclass(frozen=True, slots=True)
class Script:
    """The *text* of a script of *count* inputs; *variables* of the environment stand for secrets in it."""

    text: str
    count: int
    variables: list[str]


def script_of(workspace: Workspace) -> Script:
    """Return the script of all inputs that succeeded.

    Raises:
        CommandError: none has.
    """
    steps = steps_of(workspace)
    if not steps:
        raise CommandError("nothing to save: no input has succeeded yet")
    hiding = Hiding(workspace.runtime.redactor.text)
    parts: list[str] = []
    functions = count = 0
    for step in steps:
        text = hiding.source(_text(step, last=step is steps[-1]))
        count += _locals_in(text)
        if count > _MOST_LOCALS and parts:
            parts.append("return (function(...)")
            functions, count = functions + 1, _locals_in(text)
        parts.append(text)
    parts += ["end)(...)"] * functions
    body = "\n".join(part for part in parts if part)
    return Script(f"{_head(hiding.variables)}{body}\n", len(steps), hiding.variables)


def _text(step: Step, *, last: bool) -> str:
    lines = [step.statements] if step.statements.strip() else []
    if step.expression is None:
        return "\n".join(lines)
    if step.taken is not None:
        return "\n".join([*lines, *_collected(step.expression, step.result, step.taken, last=last)])
    if last:
        lines += [
            f"local result = {step.expression}",
            *_GIVEN,
        ]
    elif step.result:
        lines.append(f"local {step.result} = {step.expression}")
    else:
        lines.append(step.expression if step.is_call else _evaluated(step.expression))
    return "\n".join(lines)


def _collected(stream: str, name: str, taken: Taken, *, last: bool) -> list[str]:
    """Statements that take the items of a stream: all, or as many as there were until somebody ended it.

    A stream whose items nobody uses is left out: nothing would happen but waiting.
    """
    if not name and not last:
        return []
    name = "result" if last else name
    if taken.seconds is None:
        loop = [f"for item in {stream} do {name}[#{name} + 1] = item end"]
    elif taken.count == 0:
        loop = []
    else:
        loop = [
            "async.race({ -- as many items as there were, within as many seconds",
            "  function()",
            f"    for item in {stream} do",
            f"      {name}[#{name} + 1] = item",
            f"      if #{name} == {taken.count} then break end",
            "    end",
            "  end,",
            f"  function() sleep({ceil(taken.seconds)}) end,",
            "})",
        ]
    return [f"local {name} = {{}}", *loop, *(_GIVEN if last else ())]


def _evaluated(expression: str) -> str:
    """A statement that evaluates *expression* for what it does; only a call does anything."""
    words = tokens(expression)
    if not any(word.text in ("(", "{", ".", "[", ":") or word.kind == "string" for word in words[1:]):
        return ""
    return f"do local _ = {expression} end"


def _locals_in(source: str) -> int:
    """How many locals of the top level *source* declares, at most."""
    words = tokens(source)
    count = 0
    for index, word in enumerate(words):
        if word.depth == 0 and word.kind == "keyword" and word.text == "local":
            count += 1
            for following in words[index + 1 :]:
                if following.text == "," and following.depth == 0:
                    count += 1
                elif following.text == "=" or following.kind == "keyword":
                    break
    return count


def _head(variables: list[str]) -> str:
    if not variables:
        return ""
    lines = ["-- Secrets of the session come from the environment:"]
    return "\n".join([*lines, *(f"--   {name}" for name in variables)]) + "\n\n"

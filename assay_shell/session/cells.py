"""How one input becomes a Lua function whose top-level locals live on in the next.

Each `local` statement at the top level is followed, on its own line, by a call that hands a closure over it to the
session. A later input that names such a local gets it as an upvalue, joined to that closure's: the very same variable,
so that functions of both inputs see each other's changes. Earlier results (`_`, `_2`) come the same way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assay_shell.runtime.errors import ScriptSyntaxError
from assay_shell.session.tokens import Token, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from assay_shell.runtime.vm import Runtime

KEEP = "__assay_keep"
PASS = "__assay_pass"
_RESULT = re.compile(r"_(\d*)")
_MOST_NAMES = 180
"""Lua allows 200 locals in a function."""
_STATEMENTS = frozenset(("local", "function", "if", "for", "while", "repeat", "do", "return", "break", "goto"))
_OPERANDS = frozenset(("end", "nil", "true", "false"))
_OPERAND_SYMBOLS = frozenset((")", "]", "}", "..."))
_EXPRESSIONS = frozenset(("nil", "true", "false", "not", "function"))
_EXPRESSION_SYMBOLS = frozenset(("(", "{", "#", "-", "~", "..."))
_MOST_SPLITS = 40
"""Places where the last expression of an input that is no chunk is looked for."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A raw Lua *function* that answers with the values to show, and whether these come from a statement's call.

    A call that stands alone may well give nil where it has nothing to say; an expression that is nil says something.
    """

    function: Any
    is_call: bool


class Cells:
    """Compiles the inputs of one session and keeps their locals."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lua = {str(name): value for name, value in runtime.include("session").items()}

    def compile(self, source: str, name: str, results: list[Any]) -> Cell:
        """What an input means. *results* are the earlier ones, the latest first.

        Raises:
            ScriptSyntaxError: it does not compile.
        """
        body = self.with_result(source, name)
        mentioned = {token.text for token in tokens(source) if token.kind == "name"}
        shared = [known for known in self.names() if known in mentioned]
        given = {text: value for text in mentioned - {*shared} if (value := _earlier(text, results)) is not None}
        if len(shared) + len(given) > _MOST_NAMES:
            raise ScriptSyntaxError(f"{name}: more than {_MOST_NAMES} locals of the session in one input", chunk=name)
        names = ", ".join([KEEP, PASS, *given, *shared])
        wrapped = f"local {names} = ... return function(...) {_keeping(body)}\nend"
        maker = self._runtime.compile(wrapped, name)
        return Cell(self._lua["open"](maker, *given.values()), is_call=body is not source and self._compiles(source))

    def names(self) -> list[str]:
        """The locals of the session, in the order of their first declaration."""
        return [str(name) for name in self._lua["names"]().values()]

    def values(self) -> dict[str, Any]:
        """The raw values of these locals; those that are nil are None."""
        return {name: self._lua["value"](name) for name in self.names()}

    def forget(self) -> None:
        """Drop all locals."""
        self._lua["forget"]()

    def parts(self, source: str) -> tuple[str, str | None]:
        """What an input does first, and the expression that is its result; None where it has none.

        Raises:
            ScriptSyntaxError: it does not compile.
        """
        body = self.with_result(source, "<input>")
        before, mark, rest = body.rpartition(f"return {PASS}(")
        if body is source or not mark:
            return source, None
        return before, rest.removesuffix(")").removesuffix("\n")

    # The result ------------------------------------------------------------------------------------------

    def with_result(self, source: str, name: str) -> str:
        """*source* with its last expression returned through `PASS`: no tail call, so that tracebacks show its frame.

        Raises:
            ScriptSyntaxError: it does not compile.
        """
        words = tokens(source)
        if not words:
            return source
        if expression := self._as_expression(source, words, 0):
            return expression
        try:
            self._runtime.compile(source, name)
        except ScriptSyntaxError as error:
            for index in reversed(list(_boundaries(words, loose=True))[-_MOST_SPLITS:]):
                if found := self._after(source, words, index):
                    return found
            raise self._half_expression(source, name) or error from None
        last = next(reversed(list(_boundaries(words, loose=False))), None)
        return (last and self._after(source, words, last)) or source

    def _half_expression(self, source: str, name: str) -> ScriptSyntaxError | None:
        """The error of *source* as an expression that has begun well (`1 +`), None where it has not."""
        try:
            self._runtime.compile(f"return {source}", name)
        except ScriptSyntaxError as error:
            return error if error.incomplete else None
        return None

    def _after(self, source: str, words: list[Token], index: int) -> str | None:
        """*source* with what starts at word *index* as its result, None where that is no expression."""
        before = source[: words[index].start]
        if not self._compiles(before):
            return None
        return self._as_expression(source, words, index)

    def _as_expression(self, source: str, words: list[Token], index: int) -> str | None:
        start, last = words[index].start, words[-1]
        end = last.start if last.text == ";" else last.end
        if last.text == ";" and index == len(words) - 1:
            return None
        expression = source[start:end]
        if not self._compiles(f"return {expression}"):
            return None
        closing = "\n)" if "--" in expression.rpartition("\n")[2] else ")"  # Lua puts errors at the line of the bracket
        return f"{source[:start]}return {PASS}({expression}{closing}"

    def _compiles(self, source: str) -> bool:
        try:
            self._runtime.compile(source, "<input>")
        except ScriptSyntaxError:
            return False
        return True


def _earlier(name: str, results: list[Any]) -> Any:
    """The earlier result that *name* (`_`, `_2`) means, None where there is none."""
    match = _RESULT.fullmatch(name)
    if match is None:
        return None
    back = int(match[1] or 1)
    return results[back - 1] if 0 < back <= len(results) else None


def _boundaries(words: list[Token], *, loose: bool) -> Iterator[int]:
    """Where statements of the top level begin, but for the first; with *loose* also where an expression might."""
    for index in range(1, len(words)):
        word, before = words[index], words[index - 1]
        if word.depth or not (_ends_operand(before) or before.text in (";", "::")):
            continue
        if _begins_statement(word) or (word.text == "(" and before.text == ";") or (loose and _begins_expression(word)):
            yield index


def _begins_statement(word: Token) -> bool:
    return word.kind == "name" or (word.kind == "keyword" and word.text in _STATEMENTS)


def _begins_expression(word: Token) -> bool:
    return word.kind in ("string", "number") or word.text in _EXPRESSIONS or word.text in _EXPRESSION_SYMBOLS


def _ends_operand(word: Token) -> bool:
    if word.kind == "symbol":
        return word.text in _OPERAND_SYMBOLS
    return word.kind != "keyword" or word.text in _OPERANDS


# Keeping locals -------------------------------------------------------------------------------------------


def _keeping(source: str) -> str:
    """*source* with each local of the top level handed to the session behind its declaration."""
    parts, copied = [], 0
    for names, end in _local_statements(tokens(source)):
        shown = ", ".join(names)
        parts.append(f'{source[copied:end]} ; {KEEP}("{shown}", function() return {shown} end, {shown}) ')
        copied = end
    parts.append(source[copied:])
    return "".join(parts)


def _local_statements(words: list[Token]) -> Iterator[tuple[list[str], int]]:
    """The names that each `local` of the top level declares, and where its statement ends."""
    for index, word in enumerate(words):
        if word.depth == 0 and word.kind == "keyword" and word.text == "local":
            following = words[index + 1 : index + 3]
            if following and following[0].text == "function":
                yield [following[1].text], _end_of_block(words, index + 1)
            else:
                yield _declared(words, index + 1)


def _end_of_block(words: list[Token], index: int) -> int:
    """The end of the block that word *index* opens."""
    return next(word.end for word in words[index + 1 :] if word.depth == 0 and word.text == "end")


def _declared(words: list[Token], index: int) -> tuple[list[str], int]:
    """The names behind a `local`, and the end of the statement."""
    names: list[str] = []
    while index < len(words) and words[index].text != "=":
        word = words[index]
        if word.text == "<":  # an attribute
            index += 3
            continue
        if word.kind == "name" and (not names or words[index - 1].text == ","):
            names.append(word.text)
        elif word.text != ",":
            return names, words[index - 1].end
        index += 1
    index += 1
    while index < len(words) and not _starts_statement(words, index):
        index += 1
    return names, words[min(index, len(words)) - 1].end


def _starts_statement(words: list[Token], index: int) -> bool:
    word = words[index]
    if word.depth:
        return False
    if word.text in (";", "::"):
        return True
    return _begins_statement(word) and _ends_operand(words[index - 1])

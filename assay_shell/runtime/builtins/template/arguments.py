"""What filters, tests and functions take: each declares its parameters, and one place converts what it is given.

    text      any value, as it prints           string    a text, nothing else
    integer   a whole number                    size      one that is not negative
    flag      a boolean                         value     anything

A `?` at the end means: may be left out, undefined or none, and is then None. `*values` takes all that is left, and
`keywords` the keyword arguments. Without `keywords` they count as one more argument, a map.
"""

from __future__ import annotations

from assay_shell.runtime.builtins.template.failure import MISSING_ARGUMENT, TOO_MANY_ARGUMENTS, Failure, invalid
from assay_shell.runtime.builtins.template.model import UNDEFINED, Keywords, index_of, kind_of
from assay_shell.runtime.builtins.template.text import display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.builtins.template.state import State

    Callee = Callable[[State, list[object]], object]
    Convert = Callable[[State, object], object]


def takes(*parameters: str) -> Callable[[Callable[..., object]], Callee]:
    """Declare what a function takes after its State; it can then be called with a list of template values."""
    signature = Signature(parameters)

    def declare(function: Callable[..., object]) -> Callee:
        def run(state: State, arguments: list[object]) -> object:
            return function(state, *signature.bind(state, arguments))

        convert = CONVERT.get(parameters[0])
        return run if convert is None or len(parameters) > 1 else _on_one(function, convert, run)

    return declare


def _on_one(function: Callable[..., object], convert: Convert, otherwise: Callee) -> Callee:
    """The short way for what takes nothing but the value: most filters and tests, and what loops call most."""

    def run(state: State, arguments: list[object]) -> object:
        if len(arguments) == 1:
            return function(state, convert(state, arguments[0]))
        return otherwise(state, arguments)

    return run


class Signature:
    """The parameters of one function, and how its arguments are brought to their kinds."""

    def __init__(self, parameters: tuple[str, ...]) -> None:
        self._takes_keywords = parameters[-1] == "keywords"
        self._takes_rest = parameters[-1] == "*values"
        fixed = parameters[:-1] if self._takes_keywords or self._takes_rest else parameters
        self._converters = [CONVERT[kind.removesuffix("?")] for kind in fixed]
        self._optional = [kind.endswith("?") for kind in fixed]
        self._is_plain = not (self._takes_keywords or self._takes_rest or any(self._optional))

    def bind(self, state: State, arguments: list[object]) -> list[Any]:
        """*arguments* converted.

        Raises:
            Failure: one is missing, superfluous or of the wrong kind.
        """
        if self._is_plain and len(arguments) == len(self._converters):
            return [convert(state, value) for convert, value in zip(self._converters, arguments, strict=True)]
        if not self._takes_keywords:
            return self._bind_positional(state, arguments)
        last = arguments[-1] if arguments else None
        if isinstance(last, Keywords):
            return [*self._bind_positional(state, arguments[:-1]), KeywordReader(state, last)]
        return [*self._bind_positional(state, arguments), KeywordReader(state, Keywords())]

    def _bind_positional(self, state: State, arguments: list[object]) -> list[Any]:
        count = len(self._converters)
        bound: list[Any] = []
        for index, convert in enumerate(self._converters):
            value = arguments[index] if index < len(arguments) else None
            if self._optional[index] and (value is None or value is UNDEFINED):
                bound.append(None)
            elif index >= len(arguments):
                raise Failure(MISSING_ARGUMENT, f"number {index}" if index else "nothing to work on")
            else:
                bound.append(convert(state, value))
        if len(arguments) > count and not self._takes_rest:
            raise Failure(TOO_MANY_ARGUMENTS, f"at most {count - 1} are taken, {len(arguments) - 1} were given")
        return bound + arguments[count:]


class KeywordReader:
    """The keyword arguments of one call, each to be asked for by name."""

    def __init__(self, state: State, keywords: Keywords) -> None:
        self._state = state
        self._left = dict(keywords)

    def take(self, name: str, kind: str) -> Any:
        """The argument *name* converted to *kind*, None when it was not given, undefined or none.

        Raises:
            Failure: it has another kind.
        """
        value = self._left.pop(name, None)
        return None if value is None or value is UNDEFINED else CONVERT[kind](self._state, value)

    def has(self, name: str) -> bool:
        """Whether *name* was given and not taken yet."""
        return name in self._left

    def finish(self) -> None:
        """Raise when an argument is left that nobody asked for."""
        for name in self._left:
            raise Failure(TOO_MANY_ARGUMENTS, f"unknown keyword argument '{name}'")


def _text(state: State, value: object) -> str:
    if isinstance(value, Keywords):
        raise invalid("keyword arguments cannot be used as text")
    return display(state.budget, value)


def _string(state: State, value: object) -> str:
    if not isinstance(value, str):
        raise invalid("value is not a string")
    return value


def _integer(state: State, value: object) -> int:
    number = index_of(value)
    if number is None or not -(2**63) <= number < 2**63:
        raise invalid(f"cannot convert {kind_of(value)} to an integer")
    return number


def _size(state: State, value: object) -> int:
    number = _integer(state, value)
    if number < 0:
        raise invalid("a number that is not negative is expected")
    return number


def _flag(state: State, value: object) -> bool:
    if not isinstance(value, bool):
        raise invalid(f"cannot convert {kind_of(value)} to a boolean")
    return value


def _value(state: State, value: object) -> object:
    return value


CONVERT: dict[str, Convert] = {
    "text": _text,
    "string": _string,
    "integer": _integer,
    "size": _size,
    "flag": _flag,
    "value": _value,
}

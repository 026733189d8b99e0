"""How builtins are declared: what they touch, and the adapter that lets Lua call them.

A group's `register` wraps each function in `pure`, `read`, `write` or `depends`; `Runtime.define` builds the
adapter. Adapters answer Lua with (True, results...), (False, message, kind, fields) or (None,) for "wait", so
that no Python exception ever crosses a Lua frame.
"""

from __future__ import annotations

from assay_shell.runtime.convert import converter_for
from assay_shell.runtime.errors import BuiltinError, Interrupted, ScriptError
from assay_shell.runtime.waits import Ended, Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

    from assay_shell.runtime.guard import Effect, Guard
    from assay_shell.runtime.host import Host
    from assay_shell.runtime.values import Border

    Target = str | Callable[..., str] | None

_NOTHING = object()


class Builtin:
    """A Python function and its effect.

    *effect* is `pure`, `read` or `write`, or a callable that tells effect and target from the arguments.
    """

    __slots__ = ("effect", "function", "target")

    def __init__(
        self, function: Callable[..., Any], effect: str | Callable[..., tuple[str, str]], target: Target = None
    ) -> None:
        self.function = function
        self.effect = effect
        self.target = target


def pure(function: Callable[..., Any]) -> Builtin:
    """A builtin whose result depends on nothing but its arguments."""
    return Builtin(function, "pure")


def read(function: Callable[..., Any], target: Target = None) -> Builtin:
    """A builtin that looks at the world and leaves it as it is."""
    return Builtin(function, "read", target)


def write(function: Callable[..., Any], target: Target = None) -> Builtin:
    """A builtin that may change the world; *target* names the parameter that says where, or computes it."""
    return Builtin(function, "write", target)


def depends(function: Callable[..., Any], effect_of: Callable[..., tuple[str, str]]) -> Builtin:
    """A builtin whose effect and target follow from its arguments."""
    return Builtin(function, effect_of)


GROUPS: dict[str, Mapping[str, Builtin]] = {}
"""Groups that `register` has added to every runtime made from then on."""


def register(group: str, functions: Mapping[str, Builtin]) -> None:
    """Give every runtime made from now on the global table *group* with *functions*."""
    GROUPS[group] = {**GROUPS.get(group, {}), **functions}


class Parameter:
    """One parameter of a builtin: how it is converted and what stands in for nil."""

    __slots__ = ("convert", "default", "name", "required", "where")

    def __init__(self, name: str, annotation: str, default: object, number: int) -> None:
        self.name = name
        self.where = f"bad argument #{number}: "
        self.convert, optional = converter_for(annotation)
        self.default = None if default is _NOTHING else default
        self.required = default is _NOTHING and not (optional and "None" in annotation)


def _parameters(function: Callable[..., Any], *, first: int) -> tuple[list[Parameter], bool]:
    """The parameters from index *first* on, and whether surplus arguments are taken (`*args`)."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    defaults = (_NOTHING,) * (len(names) - len(function.__defaults__ or ())) + (function.__defaults__ or ())
    annotations = function.__annotations__
    parameters = [
        Parameter(names[index], annotations[names[index]], defaults[index], index - first + 1)
        for index in range(first, len(names))
    ]
    return parameters, bool(code.co_flags & 0x04)


def adapt(runtime: Host, name: str, builtin: Builtin) -> Callable[..., tuple[Any, ...]]:
    """The callable that Lua gets for *builtin*, known to guard and messages as *name*."""
    function = builtin.function
    first = 1 if function.__code__.co_varnames[:1] == ("runtime",) else 0
    parameters, surplus = _parameters(function, first=first)
    collect = _collector(runtime, parameters, surplus=surplus)
    if first:
        bare, function = function, lambda *args: bare(runtime, *args)
    waits = bool(builtin.function.__code__.co_flags & 0x80)
    scheduler, border, guard = runtime.scheduler, runtime.border, runtime.guard
    effect = _effect_of(name, builtin, [p.name for p in parameters])

    def call(*raw: Any) -> tuple[Any, ...]:
        try:
            values = collect(raw)
            # References of the calling coroutine: an exception in a cycle may keep this frame, but must not keep them.
            raw = ()
            if effect is not None and guard.active:
                found = effect(values)
                journal = guard.journal
                if journal is not None and journal.concerns(found):
                    return scheduler.wait_for(name, journal.call(found, *_stages(guard, found, function, values)))
                decision = guard.check(found)
                if decision is not None:
                    return scheduler.wait_for(name, _after(decision, function, values))
            if waits:
                return scheduler.wait_for(name, function(*values))
            scheduler.in_builtin = True
            try:
                result = function(*values)
            finally:
                scheduler.in_builtin = False
            kind = type(result)
            if kind is bool or kind is int or kind is float or result is None:
                return (True, result)
            if kind is Timer or kind is Ended or kind is _COROUTINE:
                return scheduler.wait_for(name, result)
            return (True, *border.results(result))
        except BaseException as exc:
            return runtime.failure(name, exc)

    return call


def _stages(
    guard: Guard, effect: Effect, function: Callable[..., Any], values: list[Any]
) -> tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[Any]]]:
    """A call in two: what has to allow it, and the call itself."""

    async def allow() -> None:
        decision = guard.check(effect)
        if decision is not None:
            await decision

    async def do() -> Any:
        result = function(*values)
        return await result if hasattr(result, "__await__") else result

    return allow, do


async def _after(decision: Awaitable[None], function: Callable[..., Any], values: list[Any]) -> Any:
    """Run *function* once its approval has come."""
    await decision
    result = function(*values)
    return await result if hasattr(result, "__await__") else result


async def _idle() -> None:
    """Shows what kind of object a coroutine is."""


_sample = _idle()
_sample.close()
_COROUTINE = type(_sample)
"""A plain `def` that answers with a coroutine decides call by call whether it has to wait."""


def _collector(
    runtime: Host, parameters: list[Parameter], *, surplus: bool
) -> Callable[[tuple[Any, ...]], list[Any]]:
    border, count = runtime.border, len(parameters)
    if count == 1 and not surplus:
        return _single(parameters[0], border)
    if count == 0 and not surplus:
        return lambda raw: []

    def collect(raw: tuple[Any, ...]) -> list[Any]:
        given = len(raw)
        values = []
        for index, parameter in enumerate(parameters):
            value = raw[index] if index < given else None
            if value is None and not parameter.required:
                values.append(parameter.default)
            else:
                values.append(parameter.convert(value, parameter.where, border))
        if surplus and given > count:
            values.extend(map(border.to_python, raw[count:]))
        return values

    return collect


def _single(parameter: Parameter, border: Border) -> Callable[[tuple[Any, ...]], list[Any]]:
    """The collector of a builtin with one parameter, which is most of them."""
    convert, where, default, required = parameter.convert, parameter.where, parameter.default, parameter.required

    def collect(raw: tuple[Any, ...]) -> list[Any]:
        value = raw[0] if raw else None
        return [default if value is None and not required else convert(value, where, border)]

    return collect


def _effect_of(name: str, builtin: Builtin, names: list[str]) -> Callable[[list[Any]], Effect] | None:
    """What tells the guard about a call, or None for a builtin that touches nothing."""
    from assay_shell.runtime.guard import Effect

    effect, target = builtin.effect, builtin.target
    if callable(effect):
        return lambda values: Effect(name, *effect(*values), values)
    if effect == "pure":
        return None
    if callable(target):
        return lambda values: Effect(name, effect, target(*values), values)
    if target is None:
        return lambda values: Effect(name, effect, "", values)
    index = names.index(target)
    return lambda values: Effect(name, effect, _shown(values[index]), values)


def _shown(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def failure_of(exc: BaseException, name: str) -> tuple[Any, ...]:
    """What a failed builtin answers Lua, before the runtime has turned it into VM strings."""
    from lupa.lua55 import LuaError

    from assay_shell.runtime.values import from_raw

    if isinstance(exc, BuiltinError):
        return (False, exc.message, exc.kind, exc.fields)
    if isinstance(exc, ScriptError):  # a function of the script that the builtin called failed: that is the error
        return (False, exc.message, "builtin", {"cause": exc.value})
    if isinstance(exc, Interrupted | KeyboardInterrupt):
        return (False, "interrupted", "stop", None)
    if isinstance(exc, MemoryError):
        return (False, "not enough memory", "builtin", None)
    if isinstance(exc, RecursionError):
        return (False, f"{name}: nested too deep", "builtin", None)
    if isinstance(exc, LuaError):  # a metamethod of the script that the builtin came upon failed
        text = from_raw(str(exc).partition("\nstack traceback:\n")[0])
        return (False, text or f"{name}: a metamethod of its argument failed", "builtin", None)
    return (False, f"{name}: internal error: {type(exc).__name__}: {exc}", "builtin", None)

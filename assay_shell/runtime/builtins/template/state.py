"""One rendering: which names are visible, where output goes, and the objects that templates make on the way."""

from __future__ import annotations

from assay_shell.runtime.builtins.template.budget import DEPTH, Budget
from assay_shell.runtime.builtins.template.failure import TOO_MANY_ARGUMENTS, UNKNOWN_BLOCK, Failure, invalid
from assay_shell.runtime.builtins.template.model import UNDEFINED, Keywords, Safe, Thing, unknown_method
from assay_shell.runtime.builtins.template.order import equal
from assay_shell.runtime.builtins.template.text import display, escape_html

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Run = Callable[["State"], None]
    Evaluate = Callable[["State"], object]

MACRO_DEPTH = 4
"""How many scopes a macro call counts for."""

MISSING = object()


class Frame:
    """One scope. A macro declared in it shares *closure*, which from then on follows what is set here."""

    __slots__ = ("closure", "local", "loop", "outer")

    def __init__(self, outer: Mapping[str, object] | None = None, loop: Loop | None = None) -> None:
        self.local: dict[str, object] = {}
        self.outer = outer
        self.loop = loop
        self.closure: dict[str, object] | None = None


class State:
    """What running code needs: the open scopes, the output so far, the blocks, and the budget of the rendering."""

    __slots__ = ("base_depth", "block", "blocks", "budget", "captured", "escaping", "frames", "globals", "output")

    def __init__(
        self,
        variables: Mapping[str, object],
        functions: Mapping[str, object],
        blocks: Mapping[str, Run],
        budget: Budget,
    ) -> None:
        self.frames = [Frame(variables)]
        self.globals = functions
        self.blocks = blocks
        self.budget = budget
        self.output: list[str] = []
        self.captured = ""
        self.escaping = False
        self.block = ""
        self.base_depth = 0

    def look_up(self, name: str, missing: object = UNDEFINED) -> object:
        """The value of *name*, *missing* when nothing has that name."""
        for frame in reversed(self.frames):
            if name in frame.local:
                return frame.local[name]
            if frame.loop is not None and name == "loop":
                return frame.loop
            if frame.outer is not None and name in frame.outer:
                return frame.outer[name]
        return self.globals.get(name, missing)

    def store(self, name: str, value: object) -> None:
        """Set *name* in the innermost scope."""
        frame = self.frames[-1]
        frame.local[name] = value
        if frame.closure is not None:
            frame.closure[name] = value

    def push(self, frame: Frame) -> None:
        """Open a scope.

        Raises:
            Failure: too many are open.
        """
        self.frames.append(frame)
        self.check_depth()

    def check_depth(self) -> None:
        """Raise when too many scopes are open."""
        if self.base_depth + len(self.frames) > DEPTH:
            raise invalid("recursion limit exceeded")

    def enclose(self, names: Sequence[str]) -> dict[str, object]:
        """The closure of the innermost scope, with *names* in it as they are visible now."""
        frame = self.frames[-1]
        if frame.closure is None:
            frame.closure = {}
        for name in names:
            if name not in frame.closure:
                frame.closure[name] = self.look_up(name)
        return frame.closure

    def write(self, text: str) -> None:
        """Append *text* to the output."""
        self.budget.make(len(text))
        self.output.append(text)

    def emit(self, value: object) -> None:
        """Append *value* as it prints, escaped where `autoescape` is on."""
        if type(value) is not str or self.escaping:
            value = escape_html(self.budget, value) if self.escaping else display(self.budget, value)
        self.write(value)

    def capture(self, run: Run) -> str:
        """What *run* writes, kept out of the output; marked as safe where escaping is on."""
        outside, self.output = self.output, []
        run(self)
        text = "".join(self.output)
        self.output = outside
        return Safe(text) if self.escaping else text

    def run_block(self, name: str) -> None:
        """Run the block *name* in a scope of its own.

        Raises:
            Failure: there is none, or it failed.
        """
        run = self.blocks.get(name)
        if run is None:
            raise Failure(UNKNOWN_BLOCK, f"block '{name}' not found")
        outside, self.block = self.block, name
        self.push(Frame())
        run(self)
        self.frames.pop()
        self.block = outside

    def inside_macro(self, closure: Mapping[str, object]) -> State:
        """The state in which the body of a macro runs: it sees the variables, its closure, and nothing of its caller.

        Raises:
            Failure: macros call each other too deep.
        """
        inner = State(self.frames[0].outer or {}, self.globals, {}, self.budget)
        inner.escaping = self.escaping
        inner.base_depth = self.base_depth + len(self.frames) + MACRO_DEPTH
        inner.push(Frame(closure))
        return inner


class Function(Thing):
    """A function of the language, such as `range`."""

    __slots__ = ("_function", "_name")
    kind = "plain object"

    def __init__(self, name: str, function: Callable[[State, list[object]], object]) -> None:
        self._name = name
        self._function = function

    def label(self) -> str:
        return f"<function {self._name}>"

    def call(self, state: State, arguments: list[object]) -> object:
        state.budget.spend()
        return self._function(state, arguments)


class Loop(Thing):
    """The `loop` variable. *recurse*, where the loop is recursive, runs it again over other items."""

    __slots__ = ("_last_change", "depth", "items", "position", "recurse")

    def __init__(self, items: list[object], depth: int, recurse: Callable[[State, object], None] | None) -> None:
        self.items = items
        self.depth = depth
        self.position = -1
        self.recurse = recurse
        self._last_change: list[object] | None = None

    def label(self) -> str:
        return f"<loop {self.position}/{len(self.items)}>"

    def keys(self) -> list[str]:
        return sorted(LOOP)

    def get(self, name: object) -> object:
        read = LOOP.get(name) if isinstance(name, str) else None
        return read(self) if read else UNDEFINED

    def neighbour(self, offset: int) -> object:
        """The item *offset* places away, UNDEFINED beyond the ends."""
        position = self.position + offset
        return self.items[position] if 0 <= position < len(self.items) else UNDEFINED

    def call(self, state: State, arguments: list[object]) -> object:
        if self.recurse is None:
            raise invalid("cannot recurse outside of recursive loop")
        if len(arguments) != 1:
            raise invalid("loop() takes one argument")
        state.budget.spend()
        recurse = self.recurse
        return state.capture(lambda inner: recurse(inner, arguments[0]))

    def call_method(self, state: State, name: str, arguments: list[object]) -> object:
        if name == "cycle":
            return arguments[self.position % len(arguments)] if arguments else UNDEFINED
        if name != "changed":
            raise unknown_method(self, name)
        changed = self._last_change is None or not equal(state.budget, self._last_change, arguments)
        self._last_change = list(arguments)
        return changed


LOOP: dict[str, Callable[[Loop], object]] = {
    "index": lambda loop: loop.position + 1,
    "index0": lambda loop: loop.position,
    "revindex": lambda loop: len(loop.items) - loop.position,
    "revindex0": lambda loop: len(loop.items) - loop.position - 1,
    "first": lambda loop: loop.position == 0,
    "last": lambda loop: loop.position == len(loop.items) - 1,
    "length": lambda loop: len(loop.items),
    "depth": lambda loop: loop.depth + 1,
    "depth0": lambda loop: loop.depth,
    "previtem": lambda loop: loop.neighbour(-1),
    "nextitem": lambda loop: loop.neighbour(1),
}


class Macro(Thing):
    """A macro, or the block of a `call`."""

    __slots__ = ("_body", "_closure", "_defaults", "name", "parameters", "wants_caller")

    def __init__(
        self,
        name: str,
        parameters: Sequence[str],
        defaults: Mapping[str, Evaluate],
        body: Run,
        closure: Mapping[str, object],
        wants_caller: bool,  # noqa: FBT001 - passed by the one place that makes macros
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.wants_caller = wants_caller
        self._defaults = defaults
        self._body = body
        self._closure = closure

    def label(self) -> str:
        return f"<macro {self.name}>"

    def keys(self) -> list[str]:
        return ["arguments", "caller", "name"]

    def get(self, name: object) -> object:
        if name == "arguments":
            return list(self.parameters)
        return self.name if name == "name" else self.wants_caller if name == "caller" else UNDEFINED

    def call(self, state: State, arguments: list[object]) -> object:
        state.budget.spend()
        given = self._bind(arguments)
        inner = state.inside_macro(self._closure)
        if self.wants_caller:
            inner.store("caller", given.pop("caller", UNDEFINED))
        for parameter in self.parameters:
            value = given.get(parameter, UNDEFINED)
            default = self._defaults.get(parameter)
            inner.store(parameter, default(inner) if value is UNDEFINED and default else value)
        return inner.capture(self._body)

    def _bind(self, arguments: list[object]) -> dict[str, object]:
        """Arguments by the name of their parameter.

        Raises:
            Failure: there are too many, a name is unknown, or one is given twice.
        """
        last = arguments[-1] if arguments else None
        keywords = last if isinstance(last, Keywords) else Keywords()
        positional = arguments[:-1] if isinstance(last, Keywords) else arguments
        if len(positional) > len(self.parameters):
            detail = f"{self.name} takes {len(self.parameters)} arguments, got {len(positional)}"
            raise Failure(TOO_MANY_ARGUMENTS, detail)
        given: dict[str, object] = dict(zip(self.parameters, positional, strict=False))
        for key, value in keywords.items():
            if key in given:
                raise Failure(TOO_MANY_ARGUMENTS, f"duplicate argument `{key}`")
            if not isinstance(key, str) or not (key in self.parameters or (key == "caller" and self.wants_caller)):
                raise Failure(TOO_MANY_ARGUMENTS, f"unknown keyword argument `{key}`")
            given[key] = value
        return given

"""What an expression of half-typed code stands for: a live value where there is one, else what is documented of it."""

from __future__ import annotations

import re
from typing import NamedTuple

from lupa.lua55 import lua_type

from assay_shell.session.completion.chains import Chain, Step, chain_before, chain_from
from assay_shell.session.completion.knowledge import last_part, receiver
from assay_shell.session.completion.literals import literal
from assay_shell.session.completion.modulefiles import is_shared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from assay_shell.runtime.catalog import Entry, Function
    from assay_shell.runtime.vm import Runtime
    from assay_shell.session.completion.knowledge import Knowledge
    from assay_shell.session.completion.live import Live
    from assay_shell.session.tokens import Token

    class Session(Protocol):
        """What completion needs of a session."""

        runtime: Runtime
        results: list[Any]

        def locals(self) -> dict[str, Any]: ...

        def source_of(self, chunk: str) -> str | None: ...


RESULT = re.compile(r"_([1-9][0-9]*)?")
_DEEPEST = 5
"""Locals of the same input that lead from one to the other."""
_CLIENT = "c"
"""What headers of modules call a client."""
_FIELD = re.compile(r"\w+")


class Thing(NamedTuple):
    """What an expression stands for.

    *live* says that *value* is its raw value. *entry* documents its members: those whose names begin with *part* where
    that is given, else its functions. *function* documents it as a function, *fields* are the members that a result is
    declared to have, those of each of its items with *many*.
    """

    value: Any = None
    live: bool = False
    entry: Entry | None = None
    part: str = ""
    function: Function | None = None
    fields: tuple[str, ...] = ()
    many: bool = False

    @property
    def known(self) -> bool:
        """Whether it stands for anything."""
        return self.live or self.entry is not None or self.function is not None or bool(self.fields)


NOTHING = Thing()


class Resolver:
    """Follows expressions from names to values and documentation."""

    def __init__(self, session: Session, live: Live, knowledge: Knowledge) -> None:
        self._session = session
        self._live = live
        self._knowledge = knowledge

    def resolve(self, chain: Chain, words: list[Token], depth: int = 0) -> Thing:
        """What *chain*, which stands in or behind *words*, leads to."""
        if depth > _DEEPEST:
            return NOTHING
        thing, steps = self._root(chain, words, depth)
        for index, step in enumerate(steps):
            before = steps[index - 1] if index else None
            thing = self._follow(thing, step, before, words, depth)
            if not thing.known:
                break
        return thing

    # The root ---------------------------------------------------------------------------------------------

    def _root(self, chain: Chain, words: list[Token], depth: int) -> tuple[Thing, tuple[Step, ...]]:
        steps = chain.steps
        if chain.text is not None:
            return Thing(chain.text, live=True), steps
        if chain.root == "require" and steps and steps[0].kind == "call":
            return self._required(steps[0]), steps[1:]
        typed = self._typed_before(chain.root, words[: chain.start], depth)
        return (self.named(chain.root) if typed is None else typed), steps

    def named(self, name: str) -> Thing:
        """What a name of the session stands for: a local, an earlier result, or a global."""
        known = self._session.locals()
        if name in known:
            return self._live_thing(known[name])
        if result := RESULT.fullmatch(name):
            back = int(result[1] or 1)
            if back <= len(self._session.results):
                return self._live_thing(self._session.results[back - 1])
        return self._live_thing(self._live.global_value(name))

    def _live_thing(self, value: Any) -> Thing:
        if value is None:
            return NOTHING
        return Thing(value, live=True)

    def _required(self, step: Step) -> Thing:
        if len(step.inner) != 1 or step.inner[0].kind != "string":
            return NOTHING
        name = literal(step.inner[0].text)
        value = self._live.loaded(name)
        if value is not None:
            return Thing(value, live=True)
        entry = self._knowledge.modules.entry(name)
        return Thing(entry=entry) if entry is not None else NOTHING

    def _typed_before(self, name: str, words: list[Token], depth: int) -> Thing | None:
        """What a name stands for that the input itself sets before, None where that cannot be told."""
        for at in range(len(words) - 1, -1, -1):
            word = words[at]
            if word.kind != "name" or word.text != name or at == 0 or at + 1 >= len(words):
                continue
            following = words[at + 1].text
            if following == "=" and words[at - 1].text not in (".", ":", ",", "{", "("):
                chain = chain_from(words, at + 2)
                return None if chain is None else self._known(self.resolve(chain, words[:at], depth + 1))
            if following == "in" and words[at - 1].text == ",":
                return self._member_of_loop(words, at, depth)
        return None

    @staticmethod
    def _known(thing: Thing) -> Thing | None:
        return thing if thing.known else None

    def _member_of_loop(self, words: list[Token], at: int, depth: int) -> Thing | None:
        """A member of what `for _, NAME in ipairs(...)` goes through."""
        chain = chain_from(words, at + 2)
        if chain is None or chain.root not in ("pairs", "ipairs") or len(chain.steps) != 1:
            return None
        inner = chain_before(list(chain.steps[0].inner), len(chain.steps[0].inner))
        if inner is None or inner.start:
            return None
        thing = self.resolve(inner, list(chain.steps[0].inner), depth + 1)
        if thing.live and lua_type(thing.value) == "table":
            return self._known(self._live_thing(self._live.sample(thing.value)))
        return Thing(fields=thing.fields) if thing.many else None

    # Steps ------------------------------------------------------------------------------------------------

    def _follow(self, thing: Thing, step: Step, before: Step | None, words: list[Token], depth: int) -> Thing:
        if step.kind == "call":
            return self._result(thing, before)
        if step.kind == "index":
            key = self._index(step.inner, words, depth)
            if key is None:
                return self._some_member(thing)
            if thing.many and isinstance(key, int):
                return Thing(fields=thing.fields)
            return self._member(thing, key, ".")
        return self._member(thing, step.key, ":" if step.kind == "method" else ".")

    def _some_member(self, thing: Thing) -> Thing:
        """What stands for the member at an index that is not known: any."""
        if thing.live and lua_type(thing.value) == "table":
            return self._live_thing(self._live.sample(thing.value))
        return Thing(fields=thing.fields) if thing.many else NOTHING

    def _member(self, thing: Thing, key: str | int | float, separator: str) -> Thing:
        name = key if isinstance(key, str) else ""
        if thing.live:
            table = self.string_library if isinstance(thing.value, str) else thing.value
            if lua_type(table) != "table":
                return NOTHING
            value = self._live.member(table, key)
            if value is not None:
                function = None
                if lua_type(value) == "function":
                    function = self.document(value, self.documented(thing), name, separator)
                return Thing(value, live=True, function=function)
        entry = self.documented(thing)
        if entry.entry is None or not name:
            return NOTHING
        function = self.function_in(entry, name, separator)
        if function is not None:
            return Thing(entry=entry.entry, function=function)
        if name == "client" and not entry.part:
            return Thing(entry=entry.entry, part=_CLIENT)
        return NOTHING

    def _index(self, inner: tuple[Token, ...], words: list[Token], depth: int) -> str | int | float | None:
        if len(inner) == 1 and inner[0].kind == "string":
            return literal(inner[0].text)
        if len(inner) == 1 and inner[0].kind == "number":
            return _number(inner[0].text)
        counted = inner[:1] and inner[0].text == "#"
        chain = chain_before(list(inner), len(inner))
        if chain is None or chain.start != (1 if counted else 0):
            return None
        thing = self.resolve(chain, list(inner), depth + 1)
        if not thing.live:
            return None
        if counted and lua_type(thing.value) == "table":
            return self._live.size(thing.value)[1] or None
        return thing.value if isinstance(thing.value, str | int | float) and not counted else None

    @property
    def string_library(self) -> Any:
        """The table of string functions: the methods of strings."""
        return self._live.loaded("string")

    # Documentation ----------------------------------------------------------------------------------------

    def documented(self, thing: Thing) -> Thing:
        """*thing* with the entry that documents its members, where there is one."""
        if thing.entry is not None or not thing.live:
            return thing
        if isinstance(thing.value, str):
            return Thing(thing.value, live=True, entry=self._knowledge.groups.get("string"))
        if lua_type(thing.value) != "table":
            return thing
        entry, part = self._entry_of(thing.value)
        return Thing(thing.value, live=True, entry=entry, part=part)

    def _entry_of(self, table: Any) -> tuple[Entry | None, str]:
        group, _ = self._live.group(table)
        name = group or self._live.module(table)
        if name:
            return self._knowledge.entry(name), ""
        class_name = self._live.class_name(table)
        if class_name and (found := self._entry_of_handle(table, class_name)):
            return found
        return self._entry_of_client(table), _CLIENT

    def _entry_of_handle(self, table: Any, class_name: str) -> tuple[Entry, str] | None:
        """The group that makes handles of that class, and what its header calls them."""
        from assay_shell.runtime.builtins import GROUPS

        methods = [key for key, kind in self._live.members(table) if kind == "function"]
        builtin = next(
            (found for key in methods if (found := self._session.runtime.builtins.get(f"{class_name}:{key}"))), None
        )
        if builtin is None:
            return None
        package = "".join(builtin.function.__module__.split(".")[3:4])
        group = next((name for name, module in GROUPS.items() if package in (module, f"{module}_server")), "")
        entry = self._knowledge.groups.get(group)
        if entry is None:
            return None
        parts = [receiver(function.name) for function in entry.functions if last_part(function.name) in methods]
        return entry, max(parts, key=parts.count, default="")

    def _entry_of_client(self, table: Any) -> Entry | None:
        """The module that functions of a table come from; where they are shared parts, the one that is most like it."""
        modules, chunks = self._knowledge.modules, self._live.chunks(table)
        for chunk in chunks:
            if name := modules.at(chunk):
                return modules.entry(name)
        shared = [chunk for chunk in chunks if is_shared(chunk)]
        if not shared:
            return None
        methods = {key for key, kind in self._live.members(table) if kind == "function"}
        entries = [entry for name in modules.using(shared) if (entry := modules.entry(name)) is not None]
        alike = {entry.name: sum(last_part(each.name) in methods for each in entry.functions) for entry in entries}
        return max(entries, key=lambda entry: alike[entry.name], default=None)

    def function_in(self, thing: Thing, name: str, separator: str) -> Function | None:
        """The documentation of the member *name* of a documented thing."""
        if thing.entry is None:
            return None
        if thing.part and (found := self._knowledge.part(thing.entry, thing.part, name)) is not None:
            return found
        return self._knowledge.member(thing.entry, name, separator)

    def document(self, function: Any, owner: Thing, name: str, separator: str) -> Function | None:
        """The documentation of a live function that is the member *name* of *owner*, or stands alone."""
        if owner.entry is not None and name and (found := self.function_in(owner, name, separator)):
            modules, module = self._knowledge.modules, owner.entry.name
            chunk = self._live.facts(function).chunk
            if module not in modules.files or is_shared(chunk) or modules.at(chunk) == module:
                return found
        known = self._live.name_of(function)
        return self._knowledge.function(known) if known else None

    # Results ----------------------------------------------------------------------------------------------

    def _result(self, thing: Thing, before: Step | None) -> Thing:
        """What a call of *thing* is declared to give."""
        if thing.part == _CLIENT and not thing.live:
            return thing
        function = thing.function
        if function is None and thing.live and lua_type(thing.value) == "function":
            function = self.document(thing.value, NOTHING, "", ".")
        if function is not None:
            return self._declared(function, thing)
        module = self._module_of_function(thing)
        if before is not None and before.key == "client" and module is not None:
            return Thing(entry=module, part=_CLIENT)
        return NOTHING

    def _module_of_function(self, thing: Thing) -> Entry | None:
        if not thing.live or lua_type(thing.value) != "function":
            return None
        name = self._knowledge.modules.at(self._live.facts(thing.value).chunk)
        return self._knowledge.modules.entry(name)

    def _declared(self, function: Function, thing: Thing) -> Thing:
        returns = function.returns.partition("|")[0].strip()
        if returns.startswith("{"):
            return Thing(fields=_fields(returns))
        if returns.startswith("[{"):
            return Thing(fields=_fields(returns[1:]), many=True)
        if returns in ("str", "string"):
            return Thing("", live=True)
        group = receiver(function.name)
        entry = thing.entry or self._module_of_function(thing) or self._knowledge.groups.get(group)
        if entry is not None and returns == "client" and entry.name in self._knowledge.modules.files:
            return Thing(entry=entry, part=_CLIENT)
        if entry is not None and any(receiver(each.name) == returns for each in entry.functions):
            return Thing(entry=entry, part=returns)
        return NOTHING


def _fields(text: str) -> tuple[str, ...]:
    """`status` and `body` of `{status, body?}`."""
    from assay_shell.runtime.docstring import QuickRef

    inner = text[1 : text.rfind("}")] if "}" in text else text[1:]
    names = (_FIELD.match(part) for part in QuickRef(f"f({inner})", "", "").parameters)
    return tuple(name[0] for name in names if name)


def _number(text: str) -> int | float | None:
    try:
        return int(text, 0)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return None

"""The function that a half-typed call is made of: its parameters, its documentation, its arguments so far."""

from __future__ import annotations

from typing import NamedTuple

from lupa.lua55 import lua_type

from assay_shell.session.completion.chains import Chain, chain_before
from assay_shell.session.completion.knowledge import written_parameters
from assay_shell.session.completion.literals import literal
from assay_shell.session.completion.resolve import NOTHING, Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.catalog import Entry, Function
    from assay_shell.session.completion.knowledge import Knowledge
    from assay_shell.session.completion.live import Live
    from assay_shell.session.completion.place import Call
    from assay_shell.session.completion.resolve import Resolver
    from assay_shell.session.tokens import Token

CLUSTER_MODULE, _MAKER_OF_METHODS = "assay.k8s", "kube_client"
_LONGEST_RECEIVER = 24


class Callee(NamedTuple):
    """What is called.

    *parameters* are those that the caller writes; *entry* is the group or module that documents it, *function* the
    documentation. *typed* is what stands before the name, as it was typed.
    """

    name: str
    typed: str
    separator: str
    parameters: tuple[str, ...]
    function: Function | None
    entry: Entry | None
    thing: Thing

    @property
    def label(self) -> str:
        """The signature from the caller's view."""
        return f"{self.typed}{self.separator}{self.name}({', '.join(self.parameters)})"


class Calls:
    """Looks up what calls are made of."""

    def __init__(self, live: Live, resolver: Resolver, knowledge: Knowledge) -> None:
        self._live = live
        self._resolver = resolver
        self._knowledge = knowledge

    def callee(self, chain: Chain, words: list[Token]) -> Callee | None:
        """What a call of *chain* behind *words* calls, None where nothing is known of it."""
        thing = self._resolver.resolve(chain, words)
        if not chain.steps:
            return self._from(chain.root, "", "", thing, NOTHING)
        last = chain.steps[-1]
        if last.kind not in ("field", "method"):
            return None
        owner = self._resolver.documented(
            self._resolver.resolve(Chain(chain.root, chain.steps[:-1], chain.start, chain.text), words)
        )
        separator = ":" if last.kind == "method" else "."
        return self._from(last.key, _receiver(chain), separator, thing, owner)

    def _from(self, name: str, typed: str, separator: str, thing: Thing, owner: Thing) -> Callee | None:
        is_function = thing.live and lua_type(thing.value) == "function"
        function = thing.function
        if is_function and function is None:
            function = self._resolver.document(thing.value, owner, name, separator or ".")
        entry = owner.entry or thing.entry
        if function is not None:
            return Callee(name, typed, separator, written_parameters(function, separator), function, entry, thing)
        if is_function:
            parameters = self._defined(thing, separator)
            function = self._of_a_kind(thing, entry, parameters) if entry is not None else None
            return Callee(name, typed, separator, parameters, function, entry, thing)
        if name == "client" and thing.part and not thing.live:
            return Callee(name, typed, separator, ("url", "opts?"), None, entry, thing)
        return None

    def _of_a_kind(self, thing: Thing, entry: Entry, parameters: tuple[str, ...]) -> Function | None:
        """What documents `c:pods` and `c:pod`, which a client has for each kind of its cluster; None for all else."""
        if entry.name != CLUSTER_MODULE or _MAKER_OF_METHODS not in self._live.facts(thing.value).chunk:
            return None
        return self._knowledge.member(entry, "get_resource" if "name" in parameters else "list", ".")

    def _defined(self, thing: Thing, separator: str) -> tuple[str, ...]:
        names = self._live.facts(thing.value).parameters
        return names[1:] if separator == ":" and names[:1] == ("self",) else names

    def text_of_argument(self, call: Call, index: int) -> str | None:
        """The text of an argument before the current one: a literal, or an expression whose value is text."""
        words = list(call.arguments[index]) if index < len(call.arguments) else []
        if len(words) == 1 and words[0].kind == "string":
            return literal(words[0].text)
        chain = chain_before(words, len(words))
        if chain is None or chain.start:
            return None
        thing = self._resolver.resolve(chain, words)
        return thing.value if thing.live and isinstance(thing.value, str) else None


def _receiver(chain: Chain) -> str:
    """What stands before the last step, as short as it can be shown."""
    parts = [chain.root or '""']
    for step in chain.steps[:-1]:
        if step.kind in ("field", "method"):
            parts.append(("." if step.kind == "field" else ":") + step.key)
        elif step.kind == "call":
            parts.append(f"({step.inner[0].text})" if chain.root == "require" and len(step.inner) == 1 else "()")
        else:
            parts.append(f"[{''.join(word.text for word in step.inner)}]")
    text = "".join(parts)
    return text if len(text) <= _LONGEST_RECEIVER else f"…{parts[-1]}"

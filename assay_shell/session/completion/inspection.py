"""Documentation of what stands at the cursor: text, signature, the shape of live values, source code."""

from __future__ import annotations

from assay_shell.session.completion.answers import Documentation
from assay_shell.session.completion.calls import Callee, Calls
from assay_shell.session.completion.chains import Chain, chain_before
from assay_shell.session.completion.literals import literal
from assay_shell.session.completion.place import open_call
from assay_shell.session.completion.resolve import Thing
from assay_shell.session.completion.shape import shape_of
from assay_shell.session.completion.sources import Sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.catalog import Function
    from assay_shell.session.completion.knowledge import Knowledge
    from assay_shell.session.completion.live import Live
    from assay_shell.session.completion.reading import Reader
    from assay_shell.session.completion.resolve import Resolver, Session
    from assay_shell.session.tokens import Token


_OWNERS = 2
"""Tables around a value that say whether it is a secret: `data`, and the Secret that has it."""


class Inspection:
    """Looks up what is known of a name."""

    def __init__(self, session: Session, live: Live, knowledge: Knowledge, resolver: Resolver) -> None:
        self._runtime = session.runtime
        self._live = live
        self._knowledge = knowledge
        self._resolver = resolver
        self._calls = Calls(live, resolver, knowledge)
        self._sources = Sources(session, live, knowledge)

    def at(self, source: str, cursor: int, reader: Reader, *, detail: bool) -> Documentation | None:
        """What is known of the name at *cursor*, or of the call around it; None for nothing."""
        text = _until_end_of_word(source, cursor)
        words = [word for word in reader.words(text, len(text))[0] if word.kind != "comment"]
        if (module := self._module_in_string(words, detail=detail)) is not None:
            return module
        chain = self._named(words) or self._around(words)
        if chain is None:
            return None
        return self._explain(chain, words, detail=detail) or self._documented_name(chain, detail=detail)

    @staticmethod
    def _named(words: list[Token]) -> Chain | None:
        return chain_before(words, len(words)) if words and words[-1].kind == "name" else None

    @staticmethod
    def _around(words: list[Token]) -> Chain | None:
        call = open_call(words[:-1] if words and words[-1].kind == "string" else words)
        if call is not None:
            return call.callee
        return chain_before(words, len(words))

    def _module_in_string(self, words: list[Token], *, detail: bool) -> Documentation | None:
        if not words or words[-1].kind != "string":
            return None
        return self._module(literal(words[-1].text), detail=detail)

    # What a chain leads to ----------------------------------------------------------------------------------

    def _explain(self, chain: Chain, words: list[Token], *, detail: bool) -> Documentation | None:
        callee = self._calls.callee(chain, words)
        if callee is not None:
            return self._function(callee, detail=detail)
        thing = self._resolver.documented(self._resolver.resolve(chain, words))
        if not thing.known:
            return None
        name = _shown(chain)
        if thing.entry is not None and not thing.part and not isinstance(thing.value, str):
            return self._entry(name, thing, detail=detail)
        if thing.live:
            return self._value(name, chain, thing, words)
        return None

    def _function(self, callee: Callee, *, detail: bool) -> Documentation:
        name = f"{callee.typed}{callee.separator}{callee.name}"
        found = self._sources.of(callee.thing, callee.function, callee.entry) if detail else None
        source, place = found or ("", "")
        signature = f"{callee.label} -> {callee.function.returns}" if callee.function else callee.label
        text = self._text(callee.function, callee) if callee.function else self._sources.comment(callee.thing)
        return Documentation(name, signature, text, source, place)

    def _text(self, function: Function, callee: Callee) -> str:
        from dataclasses import replace

        from assay_shell.runtime.docstring import function_text
        from assay_shell.runtime.reference import function_body

        written = function_text(self._knowledge.text_of(function, callee.entry))
        details = "\n\n".join(part for part in (written.summary, written.details) if part)
        effect = self._knowledge.effect_of(function)
        full = replace(function, details=details, errors=written.errors, example=written.example, effect=effect)
        return function_body(full)

    def _entry(self, name: str, thing: Thing, *, detail: bool) -> Documentation:
        from assay_shell.runtime.reference import entry_text

        assert thing.entry is not None
        source, place = self._sources.of_module(thing.entry.name) if detail else ("", "")
        return Documentation(name, "", entry_text(thing.entry), source, place)

    def _value(self, name: str, chain: Chain, thing: Thing, words: list[Token]) -> Documentation:
        path = [(chain.steps[-1].key if chain.steps else chain.root, None)]
        for count in range(len(chain.steps) - 1, max(-1, len(chain.steps) - 1 - _OWNERS), -1):
            owner = self._resolver.resolve(Chain(chain.root, chain.steps[:count], chain.start, chain.text), words)
            path[-1] = (path[-1][0], owner.value if owner.live else None)
            path.append((chain.steps[count - 1].key if count else chain.root, None))
        kind, text = shape_of(self._runtime, self._live, thing.value, path)
        return Documentation(name, kind, text)

    def _documented_name(self, chain: Chain, *, detail: bool) -> Documentation | None:
        """Help for what is documented but not reachable: `assay.vault`, `vault`, a keyword."""
        name = _shown(chain)
        return self._module(name, detail=detail) or self._module(f"assay.{name}", detail=detail)

    def _module(self, name: str, *, detail: bool) -> Documentation | None:
        entry = self._knowledge.entry(name)
        return None if entry is None else self._entry(name, Thing(entry=entry), detail=detail)


def _shown(chain: Chain) -> str:
    parts = [chain.root]
    for step in chain.steps:
        if step.kind in ("field", "method"):
            parts.append(("." if step.kind == "field" else ":") + step.key)
        else:
            inner = "".join(word.text for word in step.inner)
            parts.append(f"[{inner}]" if step.kind == "index" else f"({inner})")
    return "".join(parts)


def _until_end_of_word(source: str, cursor: int) -> str:
    end = cursor
    while end < len(source) and (source[end].isalnum() or source[end] == "_"):
        end += 1
    return source[:end].strip("? ") if source.lstrip().startswith("?") else source[:end].rstrip("? ")

"""Candidates for what comes behind a dot or a colon, and for names that stand alone."""

from __future__ import annotations

from lupa.lua55 import lua_type

from assay_shell.session.completion.answers import Candidate
from assay_shell.session.completion.knowledge import last_part, receiver, written_parameters
from assay_shell.session.completion.live import kind_of
from assay_shell.session.completion.resolve import Thing
from assay_shell.session.tokens import KEYWORDS, Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from assay_shell.runtime.catalog import Function
    from assay_shell.session.completion.knowledge import Knowledge
    from assay_shell.session.completion.live import Live
    from assay_shell.session.completion.resolve import Resolver, Session


class Members:
    """Lists what a thing has, and what is in scope."""

    def __init__(self, session: Session, live: Live, knowledge: Knowledge, resolver: Resolver) -> None:
        self._session = session
        self._live = live
        self._knowledge = knowledge
        self._resolver = resolver

    # Names that stand alone -------------------------------------------------------------------------------

    def names(self, words: list[Token], typed: str) -> Iterator[Candidate]:
        """Keywords, and all names that can be used behind *words*."""
        seen = set()
        for name in typed_names(words):
            seen.add(name)
            yield Candidate(name, "local")
        for name, value in self._session.locals().items():
            if name not in seen:
                seen.add(name)
                yield self._named(name, "local", value)
        for name in self._globals(typed):
            if name not in seen:
                yield self._named(name, "global", self._live.global_value(name))
        if typed.startswith("_"):
            for back, value in enumerate(self._session.results[:20], 1):
                yield self._named("_" if back == 1 else f"_{back}", "result", value)
        for word in sorted(KEYWORDS):
            yield Candidate(word, "keyword")

    def _globals(self, typed: str) -> list[str]:
        return [name for name, _ in self._live.global_names(typed) if isinstance(name, str) and name.isidentifier()]

    def _named(self, name: str, kind: str, value: Any) -> Candidate:
        known = lua_type(value)
        if known == "function":
            return self._function(name, value, self._knowledge.function(name) if kind == "global" else None, "")
        if known == "table" and kind == "global":
            entry = self._knowledge.groups.get(name)
            if entry is not None and (self._live.group(value)[0] == name or self._live.loaded(name) is not None):
                return Candidate(name, "group", "", entry.description)
        return Candidate(name, kind, "", kind_of(value))

    # Members ----------------------------------------------------------------------------------------------

    def of(self, thing: Thing, separator: str, typed: str) -> Iterator[Candidate]:
        """The members of *thing*: behind a colon its methods."""
        documented = self._resolver.documented(thing)
        seen = set()
        if thing.live:
            table = self._resolver.string_library if isinstance(thing.value, str) else thing.value
            for key, kind in self._live.members(table, typed):
                if isinstance(key, str) and (kind == "function" or separator != ":"):
                    seen.add(key)
                    yield self._member(documented, table, key, kind, separator)
        for function in self._only_documented(documented):
            name = last_part(function.name)
            if name not in seen:
                seen.add(name)
                yield _documented(name, function, separator)
        if separator == ".":
            yield from (Candidate(name, "field") for name in thing.fields if name not in seen)

    def _member(self, documented: Thing, table: Any, key: str, kind: str, separator: str) -> Candidate:
        if kind != "function":
            return Candidate(key, "field", "", kind)
        function = self._resolver.function_in(documented, key, separator)
        if function is not None:
            return _documented(key, function, separator)
        return self._function(key, self._live.member(table, key), None, separator)

    def _function(self, name: str, value: Any, function: Function | None, separator: str) -> Candidate:
        if function is not None:
            return _documented(name, function, separator)
        facts = self._live.facts(value)
        if facts.native or facts.chunk == "=[assay]":
            known = self._resolver.document(value, Thing(), "", separator)
            return _documented(name, known, separator) if known else Candidate(name, "function")
        names = facts.parameters[1:] if separator == ":" and facts.parameters[:1] == ("self",) else facts.parameters
        return Candidate(name, "method" if separator == ":" else "function", f"{name}({', '.join(names)})")

    def _only_documented(self, thing: Thing) -> Iterator[Function]:
        """What is documented and may not be there yet: a group that nobody has used, a module that is not loaded."""
        entry = thing.entry
        if entry is None:
            return
        lazy = thing.live and lua_type(thing.value) == "table" and self._live.group(thing.value)[1]
        if thing.live and not lazy:
            return
        for function in entry.functions:
            owner = receiver(function.name)
            if owner == thing.part if thing.part else (":" not in function.name and owner):
                yield function
        if entry.name in self._knowledge.modules.files and not thing.part:
            yield _constructor(entry.name)

    def keys(self, thing: Thing, typed: str) -> Iterator[str | int]:
        """The keys of a live table: text, and the first numbers."""
        if thing.live:
            yield from (key for key, _ in self._live.members(thing.value, typed) if isinstance(key, str | int))


def _constructor(module: str) -> Function:
    from assay_shell.runtime.catalog import Function

    return Function("M.client", "M.client(url, opts?)", ("url", "opts?"), "client", f"Client of {module}")


def _documented(name: str, function: Function, separator: str) -> Candidate:
    kind = "method" if separator == ":" else "function"
    signature = function.signature
    if receiver(function.name) == "M" and function.parameters:  # a header's name for its module tells nobody anything
        signature = f"{name}({', '.join(written_parameters(function, separator))})"
    return Candidate(name, kind, signature, function.description)


def typed_names(words: list[Token]) -> list[str]:
    """The locals, loop variables and parameters that *words* declare."""
    found: dict[str, None] = {}
    for at, word in enumerate(words):
        if word.kind == "keyword" and word.text in ("local", "for", "function"):
            found.update(dict.fromkeys(_declared(words, at)))
    return list(found)


def _declared(words: list[Token], at: int) -> list[str]:
    if words[at].text == "function":
        while at < len(words) and words[at].text != "(":
            at += 1
    names = []
    for word in words[at + 1 :]:
        if word.kind == "name":
            names.append(word.text)
        elif word.text not in (",", "<", ">", "...", "function"):
            break
    return [name for name in names if name not in ("const", "close")]

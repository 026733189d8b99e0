"""The keys of option tables: those that builtins declare, and those that quick references and comments name."""

from __future__ import annotations

import re
from typing import NamedTuple

from assay_shell.runtime.docstring import QuickRef
from assay_shell.runtime.options import DECLARED
from assay_shell.session.completion.knowledge import last_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.runtime.catalog import Entry, Function
    from assay_shell.session.completion.knowledge import Knowledge

_LISTED = re.compile(r"^\s*- `(\w+)`: (.*(?:\n(?!\s*- |\s*$).*)*)", re.MULTILINE)
_INLINE = re.compile(r"`(\w+)`(?:\s+\(((?:[^()]|\([^()]*\))*)\))?")
_PROSE = re.compile(r"[Oo]ptions(?: also)?:(.*?)(?:\n\s*\n|\Z)", re.DOTALL)
_ELSEWHERE = re.compile(
    r"[Oo]ptions (?:\w+ )?(?:as|of|for|to) (?:for |in |of )?`([\w.:]+)`|(?:, as|[Ss]ame as) `?([\w.:]+\w)`?"
)
_BRACES = re.compile(r"\{((?:[^{}]|\{[^{}]*\})*)\}")
_DESCRIBED = re.compile(r"(?:opts|options|or|also)\s*:?\s*(\{(?:[^{}]|\{[^{}]*\})*\})")
_KEY = re.compile(r"(\w+)\??\s*(.*)", re.DOTALL)
_TABLES = frozenset(("opts", "options", "settings"))
_MOST_HOPS = 3


class Option(NamedTuple):
    """One key of an option table and what it means, "" where nobody says."""

    key: str
    meaning: str = ""


class OptionKeys:
    """Looks up which options a function takes; what it has found stays at hand."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._found: dict[tuple[str, Function], tuple[Option, ...]] = {}

    def of(self, function: Function, entry: Entry | None, path: tuple[str, ...] = ()) -> tuple[Option, ...]:
        """The options of *function*, which *entry* documents; with *path* those of the table under these keys."""
        identity = (entry.name if entry else "", function)
        if identity not in self._found:
            merged: dict[str, str] = {}
            for key, meaning in self._sources(function, entry, _MOST_HOPS):
                if not key.startswith("_") and not merged.get(key):
                    merged[key] = meaning
            self._found[identity] = tuple(Option(key, meaning) for key, meaning in merged.items())
        options = self._found[identity]
        for key in path:
            meaning = next((option.meaning for option in options if option.key == key), "")
            options = tuple(Option(*pair) for text in _BRACES.findall(meaning) for pair in _listed_in(text))
        return options

    def _sources(self, function: Function, entry: Entry | None, hops: int) -> Iterator[tuple[str, str]]:
        module = entry is not None and entry.name in self._knowledge.modules.files
        text = self._knowledge.text_of(function, entry)
        declared = None if module else _declared(function, entry)
        named = dict(_in_prose(text)) if "ptions" in text else {}
        documented = dict(_in_description(function))
        for key in declared or {}:
            yield key, named.get(key) or _mentioned(text, key) or documented.get(key, "")
        yield from named.items() if declared is None else ()
        yield from documented.items()
        if hops and (other := _ELSEWHERE.search(text) or _ELSEWHERE.search(function.description)):
            yield from self._of_other(other[1] or other[2], function, entry, hops)

    def _of_other(self, name: str, function: Function, entry: Entry | None, hops: int) -> Iterator[tuple[str, str]]:
        """The options of the function that the documentation refers to."""
        found = self._knowledge.function(name)
        if found is None and entry is not None:
            found = self._knowledge.member(entry, last_part(name), ":" if ":" in function.name else ".")
        if found is not None and found != function:
            yield from self._sources(found, entry, hops - 1)


def takes_options(parameter: str) -> bool:
    """Whether a parameter, as written in a signature, is a table of options."""
    return parameter.startswith("{") or parameter.rstrip("?") in _TABLES


def _declared(function: Function, entry: Entry | None) -> dict[str, str] | None:
    last = last_part(function.name)
    group = entry.name if entry is not None else ""
    for name in (function.name, f"{group}.{last}", last if ":" in function.name else ""):
        if name in DECLARED:
            return DECLARED[name]
    return None


def _in_prose(text: str) -> Iterator[tuple[str, str]]:
    """Options of a docstring or comment: a list of `- key: meaning`, or named behind `Options:`."""
    for key, meaning in _LISTED.findall(text):
        yield key, _flat(meaning)
    for paragraph in _PROSE.findall(text):
        outside = re.sub(r"\((?:[^()]|\([^()]*\))*\)", lambda match: " " * len(match[0]), paragraph)
        for match in _INLINE.finditer(paragraph):
            if outside[match.start()] == "`":
                yield match[1], _flat(match[2] or "")


def _mentioned(text: str, key: str) -> str:
    """What stands in brackets behind a key somewhere in a text."""
    return next((_flat(meaning) for name, meaning in _INLINE.findall(text) if name == key and meaning), "")


def _in_description(function: Function) -> Iterator[tuple[str, str]]:
    """Options in a quick reference: `f({tail, since})`, or `opts: {limit, time}` in what it says."""
    for parameter in function.parameters:
        if parameter.startswith("{"):
            yield from _listed_in(parameter[1 : parameter.rfind("}")])
    described = _DESCRIBED.findall(function.description)
    if not described and any(map(takes_options, function.parameters)):
        described = [f"{{{text}}}" for text in _BRACES.findall(function.description)]
    for text in described:
        yield from _listed_in(text[1:-1])


def _listed_in(text: str) -> Iterator[tuple[str, str]]:
    """`key = default` and `key (meaning)`, separated by commas."""
    for part in QuickRef(f"f({text})", "", "").parameters:
        match = _KEY.fullmatch(part)
        if match:
            rest = match[2].strip()
            yield match[1], f"default {rest[1:].strip()}" if rest.startswith("=") else rest.strip("()")


def _flat(text: str) -> str:
    return " ".join(text.split()).replace("`", "")

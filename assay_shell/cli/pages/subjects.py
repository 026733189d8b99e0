"""What the reference has pages about: the builtin groups, and the modules of the package."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from assay_shell.cli.pages.methods import groups_with_methods
from assay_shell.runtime.catalog import module_entry
from assay_shell.runtime.docstring import lua_header
from assay_shell.runtime.modules import BUILTIN, module_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assay_shell.runtime.catalog import Entry, Function
    from assay_shell.session.completion.optionkeys import Option, OptionKeys

_EXAMPLES = os.path.join(os.path.dirname(__file__), "examples")
_READ = re.compile(r'\benv\.get\(\s*"(\w+)"')
_ALIAS = re.compile(r'^return require\("([\w.]+)"\)', re.MULTILINE)
_GROUPS, _MODULES = "builtins", "modules"


@dataclass(frozen=True, slots=True)
class Subject:
    """A group or module: its page is `KIND/TITLE.md`.

    *example* is a script, "" where there is none; *alias* names the module that this one is another name of, "" for
    most; *options* are those of each function that takes some, by its name, with the type where one is declared.
    """

    kind: str
    entry: Entry
    category: str
    env: tuple[str, ...]
    example: str
    alias: str
    options: Mapping[str, tuple[Option, ...]]
    types: Mapping[str, Mapping[str, str]]

    @property
    def path(self) -> str:
        """Where the page is, below the folder of the reference."""
        return f"{self.kind}/{self.entry.name.removeprefix('assay.')}.md"

    @property
    def is_module(self) -> bool:
        """Whether scripts have to `require` it."""
        return self.kind == _MODULES


def subjects() -> list[Subject]:
    """All that pages are about: groups in the order of the catalog, then modules by name."""
    from assay_shell.runtime.vm import Runtime
    from assay_shell.session.completion.knowledge import Knowledge
    from assay_shell.session.completion.optionkeys import OptionKeys

    with Runtime() as runtime:
        entries = groups_with_methods(runtime)  # loads all groups, whose options are known from then on
        keys = OptionKeys(Knowledge(runtime))
        groups = [_subject(_GROUPS, entry, keys) for entry in entries]
        modules = [_module(file.name, file.text, keys) for file in module_files({}) if file.source == BUILTIN]
    return [*groups, *modules]


def _module(name: str, text: str, keys: OptionKeys) -> Subject:
    header = lua_header(text)
    alias = _ALIAS.search(text)
    env = tuple(dict.fromkeys((*header.env, *_READ.findall(text))))
    return _subject(
        _MODULES, module_entry(name, BUILTIN, text), keys, category=header.category, env=env,
        alias=alias[1] if alias else "",
    )  # fmt: skip


def _subject(
    kind: str, entry: Entry, keys: OptionKeys, *, category: str = _GROUPS, env: tuple[str, ...] = (), alias: str = ""
) -> Subject:
    options = {function.name: found for function in entry.functions if (found := _options(function, entry, keys))}
    types = {name: _declared(name) for name in options}
    return Subject(kind, entry, category, env or entry.env, example(kind, entry.name), alias, options, types)


def _options(function: Function, entry: Entry, keys: OptionKeys) -> tuple[Option, ...]:
    from assay_shell.session.completion.optionkeys import takes_options

    return keys.of(function, entry) if any(map(takes_options, function.parameters)) else ()


def _declared(name: str) -> Mapping[str, str]:
    from assay_shell.runtime.options import DECLARED

    return DECLARED.get(name) or DECLARED.get(name.rpartition(":")[2], {})


def example(kind: str, name: str) -> str:
    """The example script of a group or module, "" where there is none."""
    path = os.path.join(_EXAMPLES, kind, f"{name.removeprefix('assay.')}.lua")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def by_category(subjects: list[Subject]) -> Iterator[tuple[str, list[Subject]]]:
    """Categories with what is in them: the builtins first, then by name."""
    names = sorted({subject.category for subject in subjects} - {_GROUPS})
    for name in (_GROUPS, *names):
        yield name, [subject for subject in subjects if subject.category == name]

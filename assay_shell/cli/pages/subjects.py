"""What the reference has pages about: the builtin groups, and the modules of the package."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace

from assay_shell.runtime.catalog import module_entry
from assay_shell.runtime.docstring import function_text, lua_header
from assay_shell.runtime.modules import BUILTIN, module_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assay_shell.runtime.catalog import Entry, Function
    from assay_shell.runtime.declare import Builtin
    from assay_shell.session.completion.optionkeys import Option, OptionKeys

_EXAMPLES = os.path.join(os.path.dirname(__file__), "examples")
_HANDLES = os.path.join(os.path.dirname(__file__), "handles.lua")
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
        catalog = runtime.catalog  # loads all groups, whose options are known from then on
        keys = OptionKeys(Knowledge(runtime))
        with open(_HANDLES, encoding="utf-8") as file:
            runtime.evaluate(file.read(), name="handles.lua")
        groups = [_subject(_GROUPS, with_methods(entry, runtime.builtins), keys) for entry in catalog]
        modules = [_module(file.name, file.text, keys) for file in module_files({}) if file.source == BUILTIN]
    return [*groups, *modules]


def with_methods(entry: Entry, builtins: Mapping[str, Builtin]) -> Entry:
    """Return *entry* with what is written about the methods of its handles, which are in *builtins* by kind of handle.

    `conn:send`, of which there is none, is the function `ws.send` of the same group.
    """
    functions = {function.name: function for function in entry.functions}
    return replace(entry, functions=tuple(_method(f, entry.name, functions, builtins) for f in entry.functions))


def _method(
    method: Function, group: str, functions: Mapping[str, Function], builtins: Mapping[str, Builtin]
) -> Function:
    owner, colon, name = method.name.partition(":")
    if not colon or method.details:
        return method
    for kind, builtin in ((known.partition(":"), builtin) for known, builtin in builtins.items()):
        of_group = f".builtins.{group}" in builtin.function.__module__
        if kind[2] == name and of_group and any(word.startswith(owner) for word in kind[0].split()):
            text = function_text(builtin.function.__doc__ or "")
            return _described(method, text.summary, text.details, text.errors, text.example, builtin.effect)
    same = functions.get(f"{group}.{name}")
    if same is None:
        return method
    return _described(method, f"As `{same.name}`.", "", same.errors, method.example, same.effect)


def _described(
    method: Function, summary: str, details: str, errors: tuple[str, ...], example: str, effect: object
) -> Function:
    return replace(
        method, details="\n\n".join(filter(None, (summary, details))), errors=errors, example=example,
        effect=effect if isinstance(effect, str) else "depends",
    )  # fmt: skip


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

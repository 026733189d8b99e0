"""Source code of functions and modules: of Lua's, found by what Lua knows of them, and of builtins."""

from __future__ import annotations

from lupa.lua55 import lua_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.catalog import Entry, Function
    from assay_shell.session.completion.knowledge import Knowledge
    from assay_shell.session.completion.live import FunctionFacts, Live
    from assay_shell.session.completion.resolve import Session, Thing

_MOST_BYTES = 4 << 20
"""Larger files are no source code."""


class Sources:
    """Reads the code behind functions: inputs of the session, files, and our own modules."""

    def __init__(self, session: Session, live: Live, knowledge: Knowledge) -> None:
        self._session = session
        self._live = live
        self._knowledge = knowledge

    def of(self, thing: Thing, function: Function | None, entry: Entry | None) -> tuple[str, str] | None:
        """The code of a function and its place (`file.lua:12`), None where there is none to show."""
        if thing.live and lua_type(thing.value) == "function":
            facts = self._live.facts(thing.value)
            lines = self._lines(facts)
            if lines is not None:
                start = _comment_start(lines, facts.first - 1)
                return "\n".join(lines[start : facts.last]), f"{_shown(facts.chunk)}:{facts.first}"
            if not _built_in(facts):
                return None
        if function is None or (entry is not None and entry.name in self._knowledge.modules.files):
            return None
        return self._of_builtin(function, entry)

    def _of_builtin(self, function: Function, entry: Entry | None) -> tuple[str, str] | None:
        """The Python code behind a builtin, and its place in our package."""
        import inspect
        from textwrap import dedent

        builtin = self._knowledge.builtin(function, entry.name if entry is not None else "")
        if builtin is None:
            return None
        try:
            lines, first = inspect.getsourcelines(builtin.function)
        except (OSError, TypeError):  # installed without sources
            return None
        module = inspect.getmodule(builtin.function)
        place = f"{module.__name__.replace('.', '/')}.py:{first}" if module is not None else ""
        return dedent("".join(lines)).rstrip("\n"), place

    def of_module(self, name: str) -> tuple[str, str]:
        """The code of a module and its file; both "" where it has none."""
        file = self._knowledge.modules.files.get(name)
        return (file.text, file.path) if file is not None else ("", "")

    def comment(self, thing: Thing) -> str:
        """What is written above a function, without its dashes."""
        facts = self._live.facts(thing.value)
        lines = self._lines(facts)
        if lines is None:
            return ""
        start = _comment_start(lines, facts.first - 1)
        return "\n".join(line.strip().lstrip("-").strip() for line in lines[start : facts.first - 1])

    def _lines(self, facts: FunctionFacts) -> list[str] | None:
        if _built_in(facts):
            return None
        module = self._knowledge.modules.at(facts.chunk)
        if module and (file := self._knowledge.modules.files.get(module)) is not None:
            text: str | None = file.text
        elif facts.chunk.startswith("@"):
            text = _read(facts.chunk[1:])
        else:
            text = self._session.source_of(facts.chunk.removeprefix("="))
        return None if text is None else text.split("\n")


def _built_in(facts: FunctionFacts) -> bool:
    """Whether a function is Lua's or one of ours around Python: none with a text of its own."""
    return facts.native or facts.chunk == "=[assay]"


def _comment_start(lines: list[str], line: int) -> int:
    """Where the comment above a line begins; the line itself where there is none."""
    while line > 0 and lines[line - 1].lstrip().startswith("--"):
        line -= 1
    return line


def _shown(chunk: str) -> str:
    return chunk[1:]


def _read(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return None

"""One page of the reference, as Markdown."""

from __future__ import annotations

import re

from assay_shell.runtime.reference import EFFECTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.cli.pages.subjects import Subject
    from assay_shell.runtime.catalog import Function

_LISTED = re.compile(r"(?:^|(?<=\s))Options:(.*)", re.DOTALL)
_NAMED = re.compile(r"`(\w+)`(?:\s+\((?:[^()]|\([^()]*\))*\))?")
_TYPES = {"str": "text", "bytes": "text", "float": "number", "int": "integer", "bool": "boolean", "Table": "table",
          "Function": "function", "Value": ""}  # fmt: skip


def page(subject: Subject) -> str:
    """The whole page, ending with a line end."""
    return "\n\n".join(part for part in _parts(subject) if part) + "\n"


def _parts(subject: Subject) -> Iterator[str]:
    entry = subject.entry
    alone = any(function.name == entry.name for function in entry.functions)
    yield f"# {entry.name} (function)" if alone else f"# {entry.name}"  # headings are anchors: no name twice
    yield f"{_plain(entry.description)}."
    yield _how(subject)
    if subject.example:
        yield "## Example"
        yield f"```lua\n{subject.example.rstrip()}\n```"
        if "\n--> " in subject.example:
            yield "Lines after `-->` are what it prints."
    if subject.env:
        yield "## Environment"
        yield "\n".join(f"- `{name}`" for name in subject.env)
    if entry.functions:
        yield "## Functions"
        yield _table(subject)
    for function in entry.functions:
        yield from _function(subject, function)


def _how(subject: Subject) -> str:
    name = subject.entry.name
    if subject.alias:
        other = subject.alias.removeprefix("assay.")
        return f"`require(\"{name}\")` is the same module as [{subject.alias}]({other}.md), with the same functions."
    if subject.is_module:
        return f'`M` is what `require("{name}")` returns, `c` a client made with `M.client`.'
    return "Always there: nothing has to be required."


def _table(subject: Subject) -> str:
    rows = (
        f"| [`{_cell(function.signature)}`](#{anchor(function.name)}) | `{_cell(function.returns)}` "
        f"| {_cell(_plain(function.description))} |"
        for function in subject.entry.functions
    )
    return "\n".join(("| call | returns | what it does |", "| --- | --- | --- |", *rows))


def _function(subject: Subject, function: Function) -> Iterator[str]:
    yield f"### {function.name}"
    yield f"```text\n{function.signature} -> {function.returns}\n```"
    options = subject.options.get(function.name, ())
    yield _prose(function.details or _plain(function.description), {option.key for option in options})
    if options:
        types = subject.types[function.name]
        yield "\n".join((
            "| option | type | meaning |", "| --- | --- | --- |",
            *(f"| `{key}` | {_type(types.get(key, ''))} | {_cell(_plain(meaning))} |" for key, meaning in options),
        ))  # fmt: skip
    yield f"*{effect(function)}*" if function.effect else ""
    if function.errors:
        yield "Errors:"
        yield "\n".join(f"- {error}" for error in function.errors)
    if function.example:
        yield f"```lua\n{function.example}\n```"


def _prose(text: str, shown: set[str]) -> str:
    """*text* without those lists of options that say nothing but what the table under it says."""
    kept = []
    for paragraph in text.split("\n\n"):
        listed = _LISTED.search(paragraph)
        if listed and _only_names(listed[1], shown):
            paragraph = paragraph[: listed.start()].rstrip()
        kept.append(paragraph)
    return "\n\n".join(part for part in kept if part)


def _only_names(text: str, shown: set[str]) -> bool:
    rest = _NAMED.sub("", text)
    return set(re.findall(r"\w+", rest)) <= {"and", "or"} and "`" not in rest and set(_NAMED.findall(text)) <= shown


def _type(annotation: str) -> str:
    return " or ".join(filter(None, (_TYPES.get(part.strip(), "") for part in annotation.split("|"))))


def _plain(text: str) -> str:
    """Text of a header, where `*`, `_` and `<` are themselves and not marks of Markdown."""
    return re.sub(r"([\\*_<`\[\]])", r"\\\1", text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def effect(function: Function) -> str:
    """What a function does to the world, in a sentence; "" where nothing is declared."""
    return EFFECTS.get(function.effect, "Pure: depends on its arguments alone." if function.effect else "")


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub and Python-Markdown both make it."""
    return re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")

"""The catalog as text: for a terminal, and as Markdown for the reference pages."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay_shell.runtime.catalog import Entry, Function

EFFECTS = {
    "read": "Reads: allowed under --readonly.",
    "write": "Writes: refused under --readonly.",
    "depends": "Whether it writes depends on its arguments; a write is refused under --readonly.",
}


def function_text(function: Function) -> str:
    """Return signature, text, errors and example of a function, ending with a line end."""
    parts = [f"{function.signature} -> {function.returns}", _indented(_text(function))]
    if function.effect in EFFECTS:
        parts.append(_indented(EFFECTS[function.effect]))
    if function.errors:
        parts.append("Errors:\n" + "\n".join(f"  - {error}" for error in function.errors))
    if function.example:
        parts.append("Example:\n" + _indented(function.example))
    return "\n\n".join(parts) + "\n"


def function_body(function: Function) -> str:
    """Return what is written about a function, without its signature and its indentation."""
    parts = [_text(function)]
    if function.effect in EFFECTS:
        parts.append(EFFECTS[function.effect])
    if function.errors:
        parts.append("Errors:\n" + "\n".join(f"  - {error}" for error in function.errors))
    if function.example:
        parts.append("Example:\n" + _indented(function.example))
    return "\n\n".join(parts)


def entry_text(entry: Entry) -> str:
    """Return what an entry is for and a line for each of its functions, ending with a line end."""
    parts = [f"{entry.name}: {entry.description}"]
    if entry.functions:
        parts.append("\n".join(f"  {f.signature} -> {f.returns}\n      {f.description}" for f in entry.functions))
    if entry.env:
        parts.append(f"Environment: {', '.join(entry.env)}")
    return "\n\n".join(parts) + "\n"


def overview_text(entries: Iterable[Entry]) -> str:
    """Return one line for each entry, ending with a line end."""
    return "".join(f"{entry.name:<12} {entry.description}\n" for entry in entries)


def markdown(entries: Iterable[Entry]) -> str:
    """Return the whole reference as one Markdown page."""
    return "# Builtin functions\n\n" + "\n".join(_entry_markdown(entry) for entry in entries)


def _entry_markdown(entry: Entry) -> str:
    return f"## {entry.name}\n\n{entry.description}\n\n" + "\n".join(map(_function_markdown, entry.functions))


def _function_markdown(function: Function) -> str:
    parts = [f"### `{function.signature}`\n", f"Returns `{function.returns}`. {_text(function)}\n"]
    if function.effect in EFFECTS:
        parts.append(f"{EFFECTS[function.effect]}\n")
    if function.errors:
        parts.append("Errors:\n\n" + "\n".join(f"- {error}" for error in function.errors) + "\n")
    if function.example:
        parts.append(f"```lua\n{function.example}\n```\n")
    return "\n".join(parts)


def _text(function: Function) -> str:
    return function.details or function.description


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.split("\n"))

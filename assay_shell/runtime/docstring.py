"""Reading documentation: the header tags of a module and the docstring of a function.

The tags are the contract's (`@module @description @keywords @env @quickref`), and `@category`. Lua modules carry them
in their first `---` comment, builtin groups in their docstring.
"""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class QuickRef:
    """One line of reference: `SIGNATURE -> RETURNS | DESCRIPTION`."""

    signature: str
    returns: str
    description: str

    @property
    def name(self) -> str:
        """The signature without its parameters: `fs.read` or `c:pods`."""
        return self.signature.partition("(")[0].strip()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters as written, `opts?` for one that may be left out."""
        inner = self.signature.partition("(")[2].rpartition(")")[0]
        return tuple(_split_outside_brackets(inner))


@dataclass(frozen=True, slots=True)
class Header:
    """What the tags of one module say; absent ones are empty."""

    module: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    quickrefs: tuple[QuickRef, ...] = ()
    category: str = ""


@dataclass(frozen=True, slots=True)
class FunctionText:
    """A docstring taken apart: the first sentence, the paragraphs after it, each error, and the example's code.

    *effect* is what an `@effect` tag says, "" without one.
    """

    summary: str = ""
    details: str = ""
    errors: tuple[str, ...] = ()
    example: str = ""
    effect: str = ""


def lua_header(source: str) -> Header:
    """Read the tags at the top of a Lua module; the first line that does not start with `---` ends them."""
    lines = []
    for line in source.split("\n"):
        trimmed = line.strip()
        if not trimmed.startswith("---"):
            break
        lines.append(trimmed.lstrip("- \t"))
    return header(lines)


def python_headers(docstring: str) -> list[Header]:
    """Read the tags in the docstring of a builtin group; each `@module` starts an entry of its own."""
    blocks: list[list[str]] = []
    for line in docstring.split("\n"):
        trimmed = line.strip()
        if trimmed.startswith("@module "):
            blocks.append([])
        if blocks:
            blocks[-1].append(trimmed)
    return [header(block) for block in blocks]


def header(lines: Iterable[str]) -> Header:
    """Collect the tags of *lines*: the last one wins, but quick references add up. Unknown and empty tags count not."""
    last: dict[str, str] = {}
    quickrefs = []
    for line in lines:
        tag, _, value = line.partition(" ")
        value = value.strip()
        if not tag.startswith("@") or not value:
            continue
        if tag == "@quickref":
            found = quickref(value)
            if found is not None:
                quickrefs.append(found)
        else:
            last[tag] = value
    return Header(
        last.get("@module", ""), last.get("@description", ""),
        _list(last.get("@keywords", "")), _list(last.get("@env", "")), tuple(quickrefs),
        last.get("@category", ""),
    )  # fmt: skip


def quickref(text: str) -> QuickRef | None:
    """Split `SIGNATURE -> RETURNS | DESCRIPTION` at the first of each mark; None when one is missing."""
    signature, arrow, rest = text.partition(" -> ")
    returns, bar, description = rest.partition(" | ")
    if not arrow or not bar:
        return None
    return QuickRef(signature.strip(), returns.strip(), description.strip())


def lua_function_names(source: str) -> tuple[str, ...]:
    """Name the functions that a Lua file defines on tables, in order: `x` for `function M.x(` and `function c:x(`."""
    names = []
    for line in source.split("\n"):
        trimmed = line.strip()
        if not trimmed.startswith("function "):
            continue
        marks = [index for index in (trimmed.find(":"), trimmed.find(".")) if index >= 0]
        name = trimmed[min(marks) + 1 :].partition("(")[0].strip() if marks else ""
        if name:
            names.append(name)
    return tuple(names)


def lua_comments(source: str) -> dict[str, str]:
    """Return the `---` comments directly above functions and members, by the last part of the documented name."""
    comments: dict[str, str] = {}
    block: list[str] = []
    for line in source.split("\n"):
        trimmed = line.strip()
        if trimmed.startswith("---"):
            block.append(trimmed[3:].removeprefix(" "))
            continue
        name = _defined_name(trimmed)
        if block and name:
            comments[name] = "\n".join(block)
        block = []
    return comments


def lua_constructor(source: str) -> QuickRef | None:
    """Return the signature of a module's `client` function, None where it has none or none that is documented.

    Constructors have no quick reference in the header, so their parameters come from the definition; all but an address
    may be left out.
    """
    documented = False
    for line in source.split("\n"):
        trimmed = line.strip()
        if documented and trimmed.startswith(("function M.client(", "M.client = ")):
            written = trimmed.partition("(")[2].rpartition(")")[0] if "function" in trimmed else "url, opts"
            names = [name.strip() for name in written.split(",") if name.strip()]
            shown = [name if name == "url" else f"{name}?" for name in names]
            return QuickRef(f"M.client({', '.join(shown)})", "client", "Make a client")
        documented = trimmed.startswith("---")
    return None


def _defined_name(line: str) -> str:
    """Return `x` for `function M.x(`, `function M:x(`, `M.x = ...` and `x = ...`; "" for other lines."""
    mark = "(" if line.startswith("function ") else "="
    name = line.removeprefix("function ").partition(mark)[0]
    last = name.strip().replace(":", ".").rpartition(".")[2]
    return last if last.isidentifier() else ""


def function_text(docstring: str) -> FunctionText:
    """Take a docstring apart; `Raises:`, `Errors:` and `Example:` start sections, an `@effect` tag is a line."""
    if not docstring:
        return FunctionText()
    prose: list[str] = []
    errors: list[str] = []
    example: list[str] = []
    into = prose
    effect = last = ""
    for line in _dedent(docstring):
        previous, last = last, line
        if line.startswith("@"):
            effect = line.removeprefix("@effect ").strip() if line.startswith("@effect ") else effect
            continue
        title, colon, rest = line.partition(":")
        if colon and title in ("Raises", "Errors", "Example", "Examples"):
            into = example if title.startswith("Example") else errors
            into.append(rest.strip())
            continue
        if line and not line.startswith(" ") and not (into is errors and previous):
            into = prose
        into.append(line)
    summary, details = _first_sentence("\n".join(prose).strip())
    return FunctionText(summary, details, _error_list(errors), _code(example), effect)


def _dedent(docstring: str) -> list[str]:
    lines = docstring.expandtabs().split("\n")
    margins = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    margin = min(margins, default=0)
    return [lines[0].strip(), *(line[margin:].rstrip() for line in lines[1:])]


def _first_sentence(prose: str) -> tuple[str, str]:
    paragraph, _, rest = prose.partition("\n\n")
    paragraph = " ".join(paragraph.split())
    end = -1
    while (end := paragraph.find(". ", end + 1)) >= 0:
        if not paragraph[end + 2].islower():  # "e.g. this" goes on
            details = f"{paragraph[end + 2 :]}\n\n{rest}" if rest else paragraph[end + 2 :]
            return paragraph[: end + 1], details.strip()
    return paragraph, rest.strip()


def _error_list(lines: list[str]) -> tuple[str, ...]:
    """Join continuation lines; the class before the colon says nothing to somebody who writes Lua."""
    found: list[str] = []
    for line in lines:
        text = line.strip()
        name, colon, reason = text.partition(":")
        if colon and name.isidentifier() and name.endswith(("Error", "Interrupted")):
            found.append(reason.strip())
        elif text and found:
            found[-1] += f" {text}"
        elif text:
            found.append(text)
    return tuple(found)


def _code(lines: list[str]) -> str:
    """Return the code of an example: what stands in backticks after the title, or the block under it."""
    text = "\n".join(_dedent("\n" + "\n".join(lines))).strip("\n")
    if text.startswith("```"):
        return text.partition("\n")[2].rpartition("```")[0].strip("\n")
    return text.replace("`", "").strip() if "\n" not in text else text


def _list(text: str) -> tuple[str, ...]:
    return tuple(item for item in (part.strip() for part in text.split(",")) if item)


def _split_outside_brackets(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts

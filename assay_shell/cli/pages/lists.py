"""What leads to the pages: the index by category, and the two files that language models read."""

from __future__ import annotations

import re
from pathlib import Path

from assay_shell.cli.pages.subjects import by_category

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.cli.pages.subjects import Subject
    from assay_shell.runtime.catalog import Function

_SUMMARY = (
    "Lua 5.5 with batteries for operations work: one command runs scripts, checks, a shell and notebooks. Builtin "
    'groups are globals; modules are loaded with `require("assay.NAME")`.'
)
_RULES = """\
- Code is Lua 5.5. Builtin groups (`http`, `json`, ...) are globals; modules come from `require("assay.NAME")`.
- `M` is what `require` returns, `c` a client that `M.client(url, opts)` made:
  `c:name(...)` is a method, `M.name(...)` a function.
- `?` after a parameter: it may be left out. `-> a|nil`: nil stands for "there is none"; what went wrong is raised.
- Errors are raised: `local ok, err = pcall(f, ...)`. Those of modules have the fields `service`,
  `method`, `path`, `status`.
- Calls that wait look ordinary. Times are in seconds, sizes in bytes, unless a name says otherwise.
- Effects: `pure` and `read` run under `--readonly`, `write` is refused there, `depends` is judged by its arguments.
- Credentials come from `env.get("NAME")`, never from the text of a script."""

_ELSEWHERE = re.compile(r"ptions (?:\w+ )?(?:as|for) |; as `|, as ")  # the options are told where it points to


def index(subjects: list[Subject]) -> str:
    """The page that lists all others by category."""
    parts = ["# Reference", _SUMMARY]
    for category, found in by_category(subjects):
        parts.append(f"## {category.replace('-', ' ').capitalize()}")
        parts.append("\n".join(_link(subject) for subject in found))
    return "\n\n".join(parts) + "\n"


def short_list(subjects: list[Subject], folder: Path) -> str:
    """`llms.txt`: what there is and where to read on, the guides that *folder* has first."""
    parts = ["# assay_shell", f"> {_SUMMARY}", _RULES]
    guides = [line for line in map(_guide, sorted(folder.glob("*.md"))) if line]
    if guides:
        parts += ["## Guides", "\n".join(guides)]
    parts += ["## All in one file", "- [llms-full.txt](llms-full.txt): every function with options, errors, an example"]
    for category, found in by_category(subjects):
        parts += [f"## {category.replace('-', ' ').capitalize()}", "\n".join(_link(subject) for subject in found)]
    return "\n\n".join(parts) + "\n"


def full_list(subjects: list[Subject]) -> str:
    """`llms-full.txt`: all that a language model needs to call any function right."""
    parts = ["# assay_shell: every function", f"> {_SUMMARY}", _RULES]
    for subject in subjects:
        parts += _whole(subject)
    return "\n\n".join(parts) + "\n"


def _link(subject: Subject) -> str:
    return f"- [{subject.entry.name}]({subject.path}): {subject.entry.description}"


def _guide(path: Path) -> str:
    if path.name in ("index.md", "reference.md"):
        return ""
    text = path.read_text(encoding="utf-8")
    title, _, rest = text.partition("\n")
    first = re.split(r"\n\s*\n", rest.strip(), maxsplit=1)[0]
    return f"- [{title.lstrip('# ')}]({path.name}): {' '.join(first.split())}" if title.startswith("# ") else ""


def _whole(subject: Subject) -> Iterator[str]:
    entry = subject.entry
    yield f"## {entry.name}"
    yield entry.description + (f"\nThe functions are those of {subject.alias}." if subject.alias else "")
    if subject.env:
        yield f"Environment: {', '.join(subject.env)}"
    if subject.example:
        yield f"```lua\n{subject.example.rstrip()}\n```"
    for function in entry.functions:
        yield "\n".join(_lines(subject, function))


def _lines(subject: Subject, function: Function) -> Iterator[str]:
    yield f"### {function.signature} -> {function.returns}"
    yield function.description
    if function.details and function.details.rstrip(".") != function.description:
        yield function.details
    named = f"{function.description} {function.details}"
    options = () if _ELSEWHERE.search(named) else subject.options.get(function.name, ())
    unnamed = [option for option in options if option.key not in named]
    if unnamed:
        yield "Further options: " + ", ".join(f"{key} ({what})" if what else key for key, what in unnamed)
    if function.effect:
        yield f"Effect: {function.effect}"
    if function.errors:
        yield "Errors: " + "; ".join(function.errors)
    if function.example:
        yield f"Example: `{function.example}`" if "\n" not in function.example else f"```lua\n{function.example}\n```"

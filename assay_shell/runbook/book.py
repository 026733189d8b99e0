"""A runbook as a file: read and checked, given its parameters, cut to the cells that are wanted, saved."""

from __future__ import annotations

import warnings
from typing import Any

import nbformat

from assay_shell.runbook import parameters
from assay_shell.runtime.errors import AssayError, UsageError, os_reason
from assay_shell.runtime.files import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runbook.parameters import Plain

_DEFAULTS, _INJECTED = "parameters", "injected-parameters"
LANGUAGE = "lua"
KERNEL = {"name": "assay", "display_name": "Assay (Lua)", "language": LANGUAGE}
_UNREADABLE = (nbformat.ValidationError, ValueError, KeyError, AttributeError, TypeError, RecursionError)
"""What nbformat raises for a file that is no notebook, or none of a version that it knows."""
_SHOWN = 200
"""Characters that are told of a reason: it may quote the whole file."""


class BookError(AssayError):
    """A file is no runbook of ours."""


def load(path: str) -> Any:
    """Return the notebook at *path*.

    Raises:
        BookError: it cannot be read, is no notebook, or is one for another kernel.
    """
    try:
        with open(path, encoding="utf-8") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about cells without names: they are given some
            book = nbformat.reads(file.read(), as_version=4)
            nbformat.validate(book)
    except OSError as exc:
        raise BookError(f"{path}: {os_reason(exc)}") from exc
    except _UNREADABLE as exc:
        reason = str(exc).strip().partition("\n")[0]
        raise BookError(f"{path}: not a notebook ({reason[:_SHOWN]})") from exc
    spec = book.metadata.get("kernelspec", {})
    language = spec.get("language") or book.metadata.get("language_info", {}).get("name") or LANGUAGE
    if str(language).lower() != LANGUAGE:
        raise BookError(f"{path}: a notebook for {spec.get('display_name') or language}, not for assay")
    return book


def save(book: Any, path: str) -> None:
    """Write *book* to *path*, as `write` does."""
    write(nbformat.writes(book) + "\n", path)


def write(text: str, path: str) -> None:
    """Write *text* to *path* as a whole or not at all.

    Raises:
        BookError: it cannot be written.
    """
    try:
        whole.write(path, text.encode())
    except OSError as exc:
        raise BookError(f"{path}: {os_reason(exc)}") from exc


def check(path: str) -> None:
    """See whether *path* can be written, without a trace.

    Raises:
        BookError: it cannot.
    """
    try:
        whole.check(path)
    except OSError as exc:
        raise BookError(f"{path}: {os_reason(exc)}") from exc


def inject(book: Any, given: dict[str, Plain]) -> None:
    """Set the parameters *given* in a cell behind the one with the defaults, or on top where there is none."""
    book.cells = [cell for cell in book.cells if _INJECTED not in tags(cell)]
    if not given:
        return
    new = nbformat.v4.new_code_cell(parameters.cell(given), metadata={"tags": [_INJECTED]})
    at = next((index + 1 for index, cell in enumerate(book.cells) if _DEFAULTS in tags(cell)), 0)
    book.cells.insert(at, new)


def wanted(book: Any, first: str | None, last: str | None) -> set[int]:
    """Return the places of the code cells to run: from the one tagged *first* until the one tagged *last*, both
    included. Those with parameters always run.

    Raises:
        UsageError: no cell has that tag.
    """
    start = _tagged(book, first) if first is not None else 0
    end = _tagged(book, last) if last is not None else len(book.cells) - 1
    return {
        index
        for index, cell in enumerate(book.cells)
        if cell.cell_type == "code" and (start <= index <= end or {_DEFAULTS, _INJECTED} & set(tags(cell)))
    }


def _tagged(book: Any, tag: str) -> int:
    found = next((index for index, cell in enumerate(book.cells) if tag in tags(cell)), None)
    if found is None:
        raise UsageError(f"no cell has the tag '{tag}'")
    return found


def tags(cell: Any) -> list[str]:
    """Return the tags of a cell."""
    found = cell.metadata.get("tags", [])
    return [str(tag) for tag in found] if isinstance(found, list) else []


def titles(book: Any) -> list[str]:
    """Return what each cell is called: the last heading above it, or its first line of code."""
    found, heading = [], ""
    for cell in book.cells:
        lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
        if cell.cell_type == "markdown":
            headings = [line.lstrip("# ") for line in lines if line.startswith("#")]
            heading = headings[-1] if headings else heading
            found.append(heading)
            continue
        comment = next((line.removeprefix("--").strip() for line in lines[:1] if line.startswith("--")), "")
        found.append(comment or heading or (lines[0] if lines else ""))
        heading = "" if not comment else heading
    return found

"""What a cell consists of: commands on its first lines (`%readonly`, `?http.get`, `!ls`), then code."""

from __future__ import annotations

from assay_shell.session import line as lines

_WHOLE_CELL = "%%"


def parts(cell: str) -> list[str]:
    """Return what is to be carried out one after the other; line numbers of the code stay those of the cell."""
    if cell.lstrip().startswith(_WHOLE_CELL):
        return [cell.lstrip()[1:]]
    found, rest = [], cell.split("\n")
    while rest and _is_command(rest[0]):
        if rest[0].strip():
            found.append(rest[0].strip())
        rest.pop(0)
    if any(line.strip() for line in rest):
        found.append("\n" * (cell.count("\n") + 1 - len(rest)) + "\n".join(rest) if found else cell)
    return found


def _is_command(line: str) -> bool:
    return not line.strip() or lines.read(line).kind not in (lines.CODE, lines.JOB)

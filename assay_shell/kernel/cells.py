"""What a cell consists of: commands on its first lines (`%readonly`, `?http.get`, `!ls`), then code."""

from __future__ import annotations

from assay_shell.session import line as lines

_WHOLE_CELL = "%%"


def parts(cell: str) -> list[str]:
    """Return what is to be carried out one after the other; line numbers of the code stay those of the cell."""
    if cell.lstrip().startswith(_WHOLE_CELL):
        return [cell.lstrip()[1:]]
    all_lines = cell.split("\n")
    start = next((at for at, line in enumerate(all_lines) if not _is_command(line)), len(all_lines))
    commands = [line.strip() for line in all_lines[:start] if line.strip()]
    code = "\n".join(all_lines[start:])
    if not code.strip():
        return commands
    return [*commands, "\n" * start + code if commands else cell]


def _is_command(line: str) -> bool:
    return not line.strip() or lines.read(line).kind not in (lines.CODE, lines.JOB)

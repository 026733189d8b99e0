"""Runs the example notebooks and keeps what they show: `python scripts/notebooks.py [NAME...]`.

Writes are approved: the notebooks write to nothing but the servers that they start themselves.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "examples" / "notebooks"


def main(names: list[str]) -> int:
    """Run the notebooks of these names, or all; 1 when one fails, which then stays as it was."""
    failed = 0
    for path in sorted(FOLDER.glob("*.ipynb")):
        if names and path.stem not in names:
            continue
        sys.stderr.write(f"{path.name}\n")
        unfinished = path.with_suffix(".new")
        command = [sys.executable, "-m", "assay_shell", "runbook", "run", "--approve", "yes"]
        if subprocess.run([*command, "-o", unfinished, path], check=False).returncode:
            unfinished.unlink(missing_ok=True)
            failed = 1
        else:
            unfinished.replace(path)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

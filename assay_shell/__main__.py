"""`python -m assay_shell` is the command `assay`."""

from __future__ import annotations

from assay_shell.cli import run

if __name__ == "__main__":
    run()

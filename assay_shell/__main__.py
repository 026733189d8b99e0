"""`python -m assay_shell` is the command `assay`."""

from __future__ import annotations

import sys

from assay_shell.cli import main

if __name__ == "__main__":
    sys.exit(main())

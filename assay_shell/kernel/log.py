"""What goes wrong in the kernel itself, for whoever runs Jupyter: on standard error of the process, never in a cell."""

from __future__ import annotations

import logging
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class _Masked(logging.Formatter):
    """Writes lines in which secrets are masked."""

    def __init__(self, mask: Callable[[str], str]) -> None:
        super().__init__("%(asctime)s assay kernel: %(levelname)s: %(message)s")
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """*record* as it is written."""
        return self._mask(super().format(record))


def write_to_standard_error(mask: Callable[[str], str]) -> None:
    """Write warnings and errors of all parts, masked by *mask*, to where the process was started."""
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(_Masked(mask))
    logging.getLogger().addHandler(handler)

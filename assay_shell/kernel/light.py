"""ipykernel without the Python shell it is otherwise imported with."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

_WANTED = "IPython.core.error"
"""All that ipykernel's base class takes from IPython: the name of one exception."""


def without_python_shell() -> None:
    """Load the file with that exception by itself: its package brings all of IPython, 40 ms that no Lua cell needs.

    What imports IPython later finds this very module. Where the file is not, nothing is done.
    """
    package = find_spec("IPython") if _WANTED not in sys.modules else None
    if package is None or package.origin is None:
        return
    spec = spec_from_file_location(_WANTED, Path(package.origin).with_name("core") / "error.py")
    if spec is None or spec.loader is None or not spec.has_location or not Path(str(spec.origin)).is_file():
        return
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[_WANTED] = module

"""A batteries-included Lua 5.5 runtime for operations work.

From Python::

    import assay_shell

    with assay_shell.Runtime(readonly=True) as runtime:
        status = runtime.evaluate('return http.get("http://127.0.0.1:8080/health").status')
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.declare import register
    from assay_shell.runtime.vm import Runtime, run

__all__ = ["Runtime", "__version__", "register", "run"]

__version__ = "0.1.0"

_HOMES = {"Runtime": "vm", "register": "declare", "run": "vm"}


def __getattr__(name: str) -> object:
    """Load the runtime when one of its names is first asked for: `assay --version` needs none of it.

    Raises:
        AttributeError: there is no such name.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"assay_shell.runtime.{_HOMES[name]}"), name)
    globals()[name] = found
    return found

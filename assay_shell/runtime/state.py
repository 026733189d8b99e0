"""The folder that holds what outlives a run: approvals that wait, and later the audit log."""

from __future__ import annotations

from assay_shell.runtime.errors import AssayError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class StateError(AssayError):
    """The state folder, or something in it, cannot be used; the text says what was being done."""


def state_folder(environ: Mapping[str, str]) -> str:
    """Return `$ASSAY_STATE_DIR`, else `$OPENCLAW_STATE_DIR`, else `$HOME/.assay/state`.

    A variable that is set but empty means the current folder.

    Raises:
        StateError: none of the three is set.
    """
    for name in ("ASSAY_STATE_DIR", "OPENCLAW_STATE_DIR"):
        if name in environ:
            return environ[name] or "."
    if "HOME" not in environ:
        raise StateError("resolving state directory: HOME is not set")
    import os  # loaded by the interpreter at its start: free

    return os.path.join(environ["HOME"], ".assay", "state")

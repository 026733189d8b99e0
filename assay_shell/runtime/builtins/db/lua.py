"""What `lua/db.lua` makes for a VM."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.vm import Runtime


def lua_side(runtime: Runtime) -> dict[str, Any]:
    """The functions of `lua/db.lua` by name; the file is run at the first use."""
    found: dict[str, Any] | None = runtime.resources.get("db.lua")
    if found is None:
        found = {str(name): value for name, value in runtime.include("db").items()}
        runtime.resources["db.lua"] = found
    return found

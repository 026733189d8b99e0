"""Where `require` finds modules, and the list of all that can be found."""

from __future__ import annotations

import os

_STDLIB = os.path.join(os.path.dirname(os.path.dirname(__file__)), "stdlib")


def embedded_source(name: str) -> bytes | None:
    """Source of `assay.NAME` as it ships with the package; None where there is no such module.

    `lib.rest` means the shared part `lib/rest.lua`; no other name reaches into a folder.
    """
    folder, rest = (os.path.join(_STDLIB, "lib"), name[4:]) if name.startswith("lib.") else (_STDLIB, name)
    if not rest.replace("_", "").isalnum() or not rest.isascii():
        return None
    try:
        with open(os.path.join(folder, f"{rest}.lua"), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None

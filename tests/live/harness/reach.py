"""Which public functions of the standard modules live tests have called with success, and which no server reaches."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from assay_shell.runtime.declare import pure
from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.vm import Runtime

_LIVE = Path(__file__).parents[1]
_SOURCE = (Path(__file__).parent / "reach.lua").read_text()
UNREACHED = _LIVE / "unreached.toml"
ALL = "*"  # in place of a function's name: the whole module

called: set[str] = set()
"""`module.function` for each that succeeded in this run."""


class Talk:
    """Runs Lua code, each time in a fresh runtime, in which `m` is a module and *head* has run."""

    def __init__(self, module: str, head: str = "", before: Callable[[Runtime], None] | None = None) -> None:
        self._head = f'local m = require("assay.{module}") {head} '
        self._before = before

    def __call__(self, code: str, **options: Any) -> Any:
        """Return the first result of *code* as a Python value."""
        with Runtime(**options) as runtime:
            runtime.define("reach", {"note": pure(_note)})
            runtime.evaluate(_SOURCE, name="reach")
            if self._before:
                self._before(runtime)
            results = runtime.evaluate(self._head + code)
        return results[0] if results else None

    def fails(self, code: str, **options: Any) -> str:
        """Return the message of the error in which *code* ends."""
        try:
            self(code, **options)
        except ScriptError as exc:
            return str(exc.message)
        raise AssertionError(f"no error: {code}")


def _note(name: str) -> None:
    """Remember that the function *name* has succeeded."""
    called.add(name)


@cache
def public() -> dict[str, set[str]]:
    """Return the names of all public functions and methods, by module, as the tests of the contract have them."""
    found = {}
    for path in sorted((_LIVE.parent / "contract").glob("*.json")):
        data = json.loads(path.read_text())
        names = [*data.get("functions", []), *data.get("methods", []), *data.get("beyond", [])]
        if names:
            found[path.stem] = {name.replace("M.", "").replace("c:", "").rpartition(":")[2] for name in names}
    return found


def module_of(path: Path) -> str:
    """Return the module that a file with tests is about: `vault` for `test_vault_logins.py`."""
    known, words = public(), path.stem.removeprefix("test_").split("_")
    names = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    return next((name for name in names if name in known), names[0])


def unreached() -> Mapping[str, Mapping[str, str]]:
    """Return what stands in `unreached.toml`: module -> function (or `*`) -> reason."""
    return tomllib.loads(UNREACHED.read_text())


def complaints(modules: set[str]) -> list[str]:
    """Compare what was called with what should have been, for *modules* whose live tests all ran."""
    listed = unreached()
    found = []
    for module, names in public().items():
        if module not in modules:
            continue
        excused = set(listed.get(module, {}))
        hit = {name for name in names if f"{module}.{name}" in called}
        found += [f"{module}.{name} is called by no live test" for name in sorted(names - hit - excused)]
        found += [f"{module}.{name} is called: take it out of {UNREACHED.name}" for name in sorted(hit & excused)]
    return found

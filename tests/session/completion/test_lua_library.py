"""The page about Lua's own library names what is there, all of it, and nothing else."""

from __future__ import annotations

import pytest

from assay_shell.runtime.docstring import python_headers
from assay_shell.runtime.vm import Runtime
from assay_shell.session.completion import lua_library
from assay_shell.session.completion.knowledge import Knowledge

HEADERS = {header.module: header for header in python_headers(lua_library.__doc__ or "")}
CONSTANTS = {
    "math": {"pi", "huge", "maxinteger", "mininteger"},
    "utf8": {"charpattern"},
    "io": {"stdin", "stdout", "stderr"},
}
UNUSABLE = {"package": {"loadlib", "config", "cpath"}, "lua": {"warn"}}
NAMES = "local names = {} for name, value in pairs(%s) do names[#names + 1] = name end return names"


@pytest.mark.parametrize("library", sorted(set(HEADERS) - {"lua"}))
def test_a_library_is_described_whole(run, library):
    there = set(run(NAMES % library)) - CONSTANTS.get(library, set()) - UNUSABLE.get(library, set())
    assert {ref.name.partition(".")[2] for ref in HEADERS[library].quickrefs} == there


def test_global_functions_are_described_whole():
    code = NAMES % "_G" + ", (function() local kinds = {} for name, value in pairs(_G) do kinds[name] = type(value) end"
    with Runtime() as runtime:
        names, kinds = runtime.evaluate(f"{code} return kinds end)()")
        ours = {function.name for entry in Knowledge(runtime).groups.values() for function in entry.functions}
    there = {name for name in names if kinds[name] == "function"} - UNUSABLE["lua"]
    assert there <= ours
    assert {ref.name for ref in HEADERS["lua"].quickrefs} - {"assert"} <= there

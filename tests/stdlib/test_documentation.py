"""What stands above the functions of the standard modules, which help, context and reference pages are made of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay_shell.runtime.catalog import Entry, Function, module_entry
from assay_shell.runtime.docstring import lua_comments
from assay_shell.runtime.modules import BUILTIN, module_files
from assay_shell.runtime.vm import Runtime

FILES = {file.name: file for file in module_files({}) if file.source == BUILTIN}
ENTRIES = {name: module_entry(name, file.source, file.text) for name, file in FILES.items()}
OWN = [pytest.param(entry, id=name) for name, entry in ENTRIES.items() if entry.functions]
CALLS = [
    pytest.param(function, id=f"{name}-{function.name}") for name, e in ENTRIES.items() for function in e.functions
]
EFFECTS = {"pure", "read", "write", "depends"}


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with Runtime() as shared:
        yield shared


@pytest.mark.parametrize("entry", OWN)
def test_each_function_has_all_that_is_needed_to_call_it_right(entry: Entry) -> None:
    lacking = {
        function.name: [
            what
            for what in ("signature", "returns", "description", "details", "errors", "example")
            if not getattr(function, what)
        ]
        for function in entry.functions
    }
    assert {name: what for name, what in lacking.items() if what} == {}


@pytest.mark.parametrize("entry", OWN)
def test_each_function_says_whether_it_writes(entry: Entry) -> None:
    assert {function.name: function.effect for function in entry.functions if function.effect not in EFFECTS} == {}


@pytest.mark.parametrize("entry", OWN)
def test_a_module_says_how_a_client_is_made(entry: Entry) -> None:
    constructor = entry.functions[0]
    assert constructor.name == "M.client"
    assert f'require("{entry.name}")' in constructor.example


@pytest.mark.parametrize("entry", OWN)
def test_comments_stand_above_functions_that_exist(entry: Entry) -> None:
    known = {function.name.replace(":", ".").split(".")[1] for function in entry.functions}
    commented = {name for name in lua_comments(FILES[entry.name].text) if not name.startswith("_")}
    assert commented - known == set()


@pytest.mark.parametrize("function", CALLS)
def test_an_example_is_lua_on_one_line(runtime: Runtime, function: Function) -> None:
    assert "\n" not in function.example
    called = function.name.replace(":", ".").rpartition(".")[2]
    assert any(f"{mark}{called}(" in function.example for mark in ".:")
    runtime.compile(function.example, "example")

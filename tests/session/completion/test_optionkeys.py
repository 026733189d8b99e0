"""The options of each function that takes some are known, with what they mean where that is written."""

from __future__ import annotations

import pytest

from assay_shell.runtime.catalog import Function
from assay_shell.runtime.vm import Runtime
from assay_shell.session.completion.knowledge import Knowledge
from assay_shell.session.completion.optionkeys import OptionKeys, takes_options

RUNTIME = Runtime()
KNOWLEDGE = Knowledge(RUNTIME)
KEYS = OptionKeys(KNOWLEDGE)
WITH_OPTIONS = [
    pytest.param(entry, function, id=function.name)
    for entry in KNOWLEDGE.groups.values()
    for function in entry.functions
    if any(map(takes_options, function.parameters))
]


@pytest.mark.parametrize(("entry", "function"), WITH_OPTIONS)
def test_every_builtin_with_options_has_some_to_offer(entry, function):
    assert KEYS.of(function, entry)


def described(text, *parameters):
    return Function(f"M.f({', '.join(parameters)})", "", parameters, "value", text)


@pytest.mark.parametrize(
    ("function", "options"),
    [
        pytest.param(described("Do; opts: {from, to (ms)}", "opts?"), {"from": "", "to": "ms"}, id="described"),
        pytest.param(described("Do: {kind, unit}", "opts"), {"kind": "", "unit": ""}, id="without a name"),
        pytest.param(described("Do", "{tail = 10, since}"), {"tail": "default 10", "since": ""}, id="in the signature"),
        pytest.param(described("Stop; id or {note, run_id}", "id"), {"note": "", "run_id": ""}, id="instead of a text"),
        pytest.param(described("Do it", "opts?"), {}, id="nowhere"),
    ],
)  # fmt: skip
def test_options_are_read_from_quick_references(function, options):
    assert {option.key: option.meaning for option in KEYS.of(function, None)} == options


def test_a_list_in_the_documentation_gives_the_meaning():
    entry = KNOWLEDGE.groups["shell"]
    function = next(function for function in entry.functions if function.name == "shell.exec")
    options = {option.key: option.meaning for option in KEYS.of(function, entry)}
    assert options["cwd"] == "the folder to run in."
    assert options["timeout"].startswith("seconds. Then the command")

"""A session remembers what was run, and says what is still missing."""

from __future__ import annotations

import asyncio

import pytest

from assay_shell.runtime.errors import Interrupted


@pytest.mark.parametrize(
    ("source", "status", "indent"),
    [
        pytest.param("x = 1", "complete", "", id="a statement"),
        pytest.param("1 + 1", "complete", "", id="an expression"),
        pytest.param("if x then", "incomplete", "  ", id="a block"),
        pytest.param("for i = 1, 2 do\n  if i then", "incomplete", "    ", id="two blocks"),
        pytest.param("while true do", "incomplete", "  ", id="the do of a loop"),
        pytest.param("f({", "incomplete", "    ", id="brackets"),
        pytest.param("1 +", "incomplete", "", id="half an expression"),
        pytest.param("x = [[ open", "incomplete", "", id="a long string"),
        pytest.param("print('open", "invalid", "", id="a quoted string"),
        pytest.param("x)", "invalid", "", id="a bracket too many"),
    ],
)
def test_it_says_whether_an_input_is_complete(typed, source, status, indent):
    found = typed.session.is_complete(source)
    assert (found.status, found.indent) == (status, indent)


@pytest.mark.parametrize("source", ["while true do end", "while true do pcall(error) end", "sleep(30)"])
def test_an_interrupt_ends_the_input_and_nothing_else(typed, source):
    typed.values("local kept = 1")

    async def interrupted():
        running = asyncio.ensure_future(typed.session.execute(source))
        stopping = asyncio.get_running_loop().run_in_executor(None, _interrupt_when_busy, typed.session)
        outcome = await running
        await stopping
        return outcome

    assert isinstance(typed.loop.run_until_complete(interrupted()).error, Interrupted)
    assert typed.values("kept") == [1]


def _interrupt_when_busy(session):
    while not session.interrupt():
        pass


def test_an_input_that_is_not_stored_leaves_no_trace(typed):
    typed.values("41")
    typed.loop.run_until_complete(typed.session.execute("42", store=False))
    assert typed.values("_") == [41]
    assert [outcome.source for outcome in typed.session.inputs] == ["41", "_"]


def test_inputs_are_found_by_the_name_that_errors_give(typed):
    typed.outcome("error('x')")
    assert typed.session.source_of("<input 1>") == "error('x')"
    assert typed.session.source_of("<input 9>") is None


def test_locals_are_listed_with_their_values(typed):
    typed.values("local a, b = 1, 'two'")
    assert typed.session.locals() == {"a": 1, "b": "two"}

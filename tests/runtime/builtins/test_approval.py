from __future__ import annotations

import pytest

from tests.conftest import Fails, Run


@pytest.fixture(autouse=True)
def no_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAY_MODE", raising=False)
    monkeypatch.delenv("ASSAY_APPROVAL_RESULT", raising=False)


def test_without_anybody_to_ask_a_gate_is_an_error(fails: Fails) -> None:
    assert fails("approval.request('Restart?', {b = 1, a = {}})") == (
        "approval.request: approval required (--mode tool asks for it): "
        '{"context":{"a":[],"b":1},"prompt":"Restart?"}'
    )


def test_in_tool_mode_the_error_is_the_request(fails: Fails, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_MODE", "tool")
    assert fails("approval.request('é')") == '__assay_approval_request__:{"context":null,"prompt":"é"}'


@pytest.mark.parametrize(("answer", "result"), [("yes", True), ("no", False), ("YES", False), ("", False)])
def test_the_environment_may_answer(run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, result: bool) -> None:
    monkeypatch.setenv("ASSAY_APPROVAL_RESULT", answer)
    assert run("return approval.request('p')") is result


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("approval.request()", "bad argument #1: error converting Lua nil to String", id="no prompt"),
        pytest.param("approval.request('p', print)", "unsupported Lua type for JSON: function", id="function"),
        pytest.param("approval.request('p', 0/0)", "cannot encode NaN as JSON number", id="NaN"),
        pytest.param("local t = {} t.t = t approval.request('p', t)", "recursive table", id="recursive"),
    ],
)
def test_wrong_arguments_are_named(fails: Fails, code: str, message: str) -> None:
    assert message in fails(code)


def test_any_bytes_may_stand_in_a_prompt(fails: Fails, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_MODE", "tool")
    message = fails("local t = {} for b = 0, 255 do t[#t + 1] = string.char(b) end approval.request(table.concat(t))")
    assert message.startswith('__assay_approval_request__:{"context":null,"prompt":"\\u0000')
    assert message.endswith('"}')
    assert "\n" not in message

from __future__ import annotations

import pytest

from assay_shell.runtime.approvals.decision import ApprovalRefused, decide
from assay_shell.runtime.approvals.gates import Gates
from assay_shell.runtime.approvals.record import Answer
from assay_shell.runtime.approvals.request import Request

FIRST, SECOND = Request("first"), Request("second", [1])


def answer(request: Request, text: str = "yes", asked_by: str = "request") -> Answer:
    return decide(request, text, asked_by=asked_by, at=1)


def test_without_answers_a_gate_asks() -> None:
    gates = Gates()
    assert gates.answer(FIRST) is None
    assert gates.look(same=False) is None
    assert gates.raised == {FIRST.digest}


def test_gates_get_their_answers_in_order_and_then_ask() -> None:
    gates = Gates([answer(FIRST), answer(SECOND, "no")])
    assert [gates.answer(FIRST), gates.answer(SECOND), gates.answer(FIRST)] == [True, False, None]
    assert [given.answer for given in gates.passed] == ["yes", "no"]


@pytest.mark.parametrize("other", [SECOND, Request("first", 1), Request("First")])
def test_another_call_is_refused(other: Request) -> None:
    gates = Gates([answer(FIRST)])
    with pytest.raises(ApprovalRefused, match="the pending call is not the one that was approved"):
        gates.answer(other)
    assert gates.passed == ()


def test_an_answer_to_a_look_is_not_for_a_gate_that_shows_itself_nor_the_reverse() -> None:
    with pytest.raises(ApprovalRefused):
        Gates([answer(FIRST, asked_by="error")]).answer(FIRST)
    assert Gates([answer(FIRST)]).look(same=False) is None


def test_a_look_keeps_its_answer_until_another_call_looks_or_something_is_written() -> None:
    gates = Gates([answer(FIRST, asked_by="error"), answer(SECOND, "no", asked_by="error")])
    assert [gates.look(same=False), gates.look(same=True)] == ["yes", "yes"]
    gates.note_write()
    assert [gates.look(same=True), gates.look(same=True), gates.look(same=False)] == ["no", "no", None]


@pytest.mark.parametrize("text", ["", "YES", "maybe"])
def test_a_decision_is_yes_or_no(text: str) -> None:
    with pytest.raises(ApprovalRefused):
        decide(FIRST, text, at=1)

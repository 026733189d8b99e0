"""The matcher for what RE2 cannot express."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from assay_shell.runtime.builtins.regex.machine import COST_LIMIT, Machine
from assay_shell.runtime.builtins.regex.parser import parse
from assay_shell.runtime.builtins.regex.program import Program, each
from assay_shell.runtime.builtins.regex.syntax import PatternError
from tests.support.patterns import TEXTS, Both, patterns

Span = tuple[int, int]


def everywhere(text: bytes, place: int) -> int | None:
    return place


def machine(pattern: str) -> Machine:
    tree = parse(pattern)
    return Machine(tree.root, tree.group_count, everywhere)


@pytest.mark.parametrize(
    ("pattern", "text", "spans"),
    [
        pytest.param("b", "abc", [(1, 2)], id="letter"),
        pytest.param("x", "abc", None, id="nothing"),
        pytest.param("", "", [(0, 0)], id="empty"),
        pytest.param("a*", "aab", [(0, 2)], id="greedy"),
        pytest.param("a*?b", "aab", [(0, 3)], id="lazy"),
        pytest.param("ab|abc", "abc", [(0, 2)], id="preference"),
        pytest.param("(a)|(b)", "b", [(0, 1), (-1, -1), (0, 1)], id="group without part"),
        pytest.param("(?:(a)|(b))*", "ab", [(0, 2), (0, 1), (1, 2)], id="groups keep their last text"),
        pytest.param("(a*)*", "b", [(0, 0), (0, 0)], id="empty round"),
        pytest.param("(a*)+", "aa", [(0, 2), (0, 2)], id="no empty round behind a full one"),
        pytest.param("(|a)*", "aa", [(0, 0), (0, 0)], id="an empty first choice ends the rounds"),
        pytest.param("(a){0}b", "ab", [(1, 2), (-1, -1)], id="zero times"),
        pytest.param("(a){2,3}", "aaaa", [(0, 3), (2, 3)], id="count"),
        pytest.param(".", "€a", [(0, 3)], id="three bytes"),
        pytest.param("[^a].", "aé\U0001f600", [(1, 7)], id="two and four bytes"),
        pytest.param(r"\B", "a€", [(4, 4)], id="no place inside a character"),
    ],
)
def test_the_first_match_and_its_groups_are_found(pattern: str, text: str, spans: list[Span] | None) -> None:
    assert machine(pattern).find(text.encode(), 0) == spans


def test_searching_goes_on_from_a_place_that_still_sees_what_is_before_it() -> None:
    assert machine(r"\b{start}a").find(b"aa-a", 1) == [(3, 4)]
    assert machine("^a").find(b"aa", 1) is None


@settings(deadline=None)
@given(both=patterns(empty_rounds=True), text=TEXTS)
def test_it_finds_what_re2_finds_groups_included(both: Both, text: str) -> None:
    program = Program(both.ours)
    assert list(each(machine(both.ours).find, text.encode())) == list(each(program.find_groups, text.encode()))


def test_time_grows_with_the_text_whatever_the_pattern() -> None:
    assert machine("(a*)*(a|aa)*$").find(b"a" * 3000 + b"b", 0) == [(3001, 3001), (3001, 3001), (-1, -1)]


def test_a_pattern_too_big_for_it_is_refused() -> None:
    with pytest.raises(PatternError, match="the pattern is too big for the boundaries or lazy repetitions in it"):
        machine(f"a{{{COST_LIMIT}}}")

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay_shell.runtime.files.patterns import NamePattern, PatternError

AS_REGEX = {
    "*": ".*",
    "?": ".",
    "a": "a",
    "b": "b",
    ".": r"\.",
    "-": "-",
    "]": r"\]",
    "[ab]": "[ab]",
    "[a-b]": "[a-b]",
    "[!a]": "[^a]",
    "[]]": r"\]",
    "[!]b]": r"[^\]b]",
    "[.-]": r"[.\-]",
}
"""The reference: another way to say what each token says."""

NAMES = st.text("ab-]![^.\udcff€", max_size=6)
TOKENS = st.lists(st.sampled_from(sorted(AS_REGEX))).filter(lambda tokens: "**" not in "".join(tokens))


@given(tokens=TOKENS, name=NAMES)
@example(tokens=["a", "*", "[!a]", "*", "b"], name="aab")
@example(tokens=["*", "a", "?", "*", "a"], name="aba")
@example(tokens=["*", "a", "a", "b"], name="aaab")
def test_a_name_matches_as_the_regular_expression_does(tokens: list[str], name: str) -> None:
    expected = re.fullmatch("".join(map(AS_REGEX.__getitem__, tokens)), name, re.DOTALL)
    assert NamePattern("".join(tokens)).matches(name) is bool(expected)


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        pytest.param("*", ["", "a", ".a", "a b", "\n", "ä\udcff"], [], id="star"),
        pytest.param("*.txt", [".txt", "a.txt", "a.b.txt"], ["a.txt2", "txt"], id="suffix"),
        pytest.param("a*", ["a", "ab"], ["ba", ""], id="prefix"),
        pytest.param("a*a", ["aa", "aba"], ["a"], id="ends do not overlap"),
        pytest.param("a*bc*d", ["abcd", "a.bcxd", "abbcd"], ["acbd", "abcx"], id="text in the middle"),
        pytest.param("a*[bc]?*d", ["abxd", "acxxd", "aabcd"], ["abd", "ad"], id="a set in the middle"),
        pytest.param("?", ["a", "€", "\udcff"], ["", "ab"], id="question mark"),
        pytest.param("?*?", ["ab", "abc"], ["a"], id="at least two"),
        pytest.param("[a-c]", ["a", "b", "c"], ["d", "-", ""], id="range"),
        pytest.param("[c-a]", [], ["a", "b", "c"], id="empty range"),
        pytest.param("[a-]", ["a", "-"], ["b"], id="dash last"),
        pytest.param("[-a]", ["a", "-"], ["b"], id="dash first"),
        pytest.param("[a-c0-9x]", ["b", "5", "x"], ["y"], id="several"),
        pytest.param("[!x]", ["a", ".", "!"], ["x", ""], id="negated"),
        pytest.param("[^x]", ["^", "x"], ["a"], id="a caret negates nothing"),
        pytest.param("[x!]", ["x", "!"], ["a"], id="bang elsewhere"),
        pytest.param("[]]", ["]"], ["["], id="closing bracket"),
        pytest.param("[!]]", ["["], ["]"], id="no closing bracket"),
        pytest.param("[[]x]", ["[x]"], ["[", "x"], id="opening bracket"),
        pytest.param("[*?]", ["*", "?"], ["a"], id="wildcards in brackets"),
        pytest.param("]", ["]"], ["["], id="closing bracket alone"),
        pytest.param("{a,b}", ["{a,b}"], ["a"], id="braces"),
        pytest.param("\\*", ["\\", "\\a"], ["*"], id="a backslash escapes nothing"),
        pytest.param("A", ["A"], ["a"], id="case counts"),
    ],
)
def test_what_a_pattern_matches(pattern: str, matching: list[str], others: list[str]) -> None:
    compiled = NamePattern(pattern)
    assert [name for name in matching + others if compiled.matches(name)] == matching


@pytest.mark.parametrize("pattern", ["[", "a[", "[a", "[]", "[!", "[!]", "[!a", "**", "a**", "***", "[a]b["])
def test_an_invalid_pattern_raises(pattern: str) -> None:
    with pytest.raises(PatternError, match="alone" if "**" in pattern else "never closed"):
        NamePattern(pattern)


def test_no_pattern_is_slow() -> None:
    assert not NamePattern("*a" * 100 + "*c*b").matches("a" * 10_000 + "b")
    assert not NamePattern("*[a]" * 100 + "*c*b").matches("a" * 250 + "b")

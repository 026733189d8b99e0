"""Translation into the syntax of RE2."""

from __future__ import annotations

import pytest

from assay_shell.runtime.builtins.regex.parser import parse
from assay_shell.runtime.builtins.regex.syntax import PatternError
from assay_shell.runtime.builtins.regex.translate import Translation


def translated(pattern: str) -> Translation:
    return Translation(parse(pattern).root)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param("", "(?:)", id="nothing"),
        pytest.param("aé.", r"a\x{e9}[\x{0}-\x{9}\x{b}-\x{10ffff}]", id="letters"),
        pytest.param("(?i)k1é", r"[K-Kk-k]1\x{e9}", id="case of ASCII letters"),
        pytest.param(r"\s", r"[\x{9}-\x{d}\x{20}-\x{20}]", id="vertical tab counts as space"),
        pytest.param(r"[^\s\S]", r"[^\x{0}-\x{10FFFF}]", id="empty class"),
        pytest.param("^a$", r"\Aa\z", id="ends of the text"),
        pytest.param("(?m)^a$", "(?m:^)a(?m:$)", id="ends of a line"),
        pytest.param("a**", "(?:a*)*", id="repetition of a repetition"),
        pytest.param("(?:ab)+?", "(?:ab)+?", id="lazy"),
        pytest.param("(?U)a+b+?", "a+?b+", id="lazy by default"),
        pytest.param("a(?:b|c)d", "a(?:b|c)d", id="choice inside a sequence"),
        pytest.param("(?<n>a|b){2,3}", "(a|b){2,3}", id="named group"),
        pytest.param("a{3}{2}", "(?:a{3}){2}", id="stacked counts"),
        pytest.param("a{0,}b{1,}c{0,1}d{4,}", "a*b+c?d{4,}", id="counts with a sign of their own"),
    ],
)
def test_a_pattern_is_written_for_re2(pattern: str, text: str) -> None:
    found = translated(pattern)
    assert (found.text, found.exact) == (text, True)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param("a{1000}", "a{1000}", id="at the limit"),
        pytest.param("a{2001}", "a{1000}a{1000}a{1}", id="count"),
        pytest.param("a{2001,}", "a{1000}a{1000}a+", id="without end"),
        pytest.param("a{2001,}?", "a{1000}a{1000}a+?", id="without end, lazy"),
        pytest.param("(?:ab){0,1500}", "(?:ab){0,1000}(?:ab){0,500}", id="optional"),
        pytest.param("(?:ab){1500,1501}", "(?:ab){1000}(?:ab){500}(?:ab)?", id="both"),
        pytest.param("a{0,1600}", "(?:a{500}(?:a{500})?)?a{0,600}", id="optional letter"),
        pytest.param("a{0,1600}?", "(?:a{500}(?:a{500})??)??a{0,600}?", id="optional letter, lazy"),
        pytest.param("(?:a{100}b){11}", "(?:a{100}b){10}(?:a{100}b){1}", id="nested"),
        pytest.param("(?:a{2000}b){2}", "(?:a{1000}a{1000}b){1}" * 2, id="nested beyond the limit"),
    ],
)
def test_a_repetition_beyond_the_limit_of_re2_is_cut(pattern: str, text: str) -> None:
    found = translated(pattern)
    assert (found.text, found.exact) == (text, True)


def test_copies_of_a_group_are_known_by_its_number() -> None:
    found = translated("(x)((a)|b){2500}")
    assert found.text == "(x)((a)|b){1000}((a)|b){1000}((a)|b){500}"
    assert found.groups == (1, 2, 3, 2, 3, 2, 3)


@pytest.mark.parametrize(
    ("pattern", "wider"),
    [
        pytest.param(r"\b{start}", r"\b", id="start"),
        pytest.param(r"\>", r"\b", id="end"),
        pytest.param(r"a?\b{start-half}", "a?(?:)", id="half start"),
        pytest.param(r"\b{end-half}", "(?:)", id="half end"),
        pytest.param(r"(?mR)^a$", "(?:)a(?:)", id="lines that end with CR LF"),
        pytest.param("(?:ab){0,1500}?", "(?:ab){0,1000}?(?:ab){0,500}?", id="long lazy repetition"),
    ],
)
def test_what_re2_cannot_say_becomes_a_wider_pattern(pattern: str, wider: str) -> None:
    found = translated(pattern)
    assert (found.text, found.exact) == (wider, False)


def test_many_ways_out_of_a_cut_repetition_are_refused() -> None:
    with pytest.raises(PatternError, match="too big"):
        translated("(?:ab){0,40000}")

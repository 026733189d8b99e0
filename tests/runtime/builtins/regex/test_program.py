"""Compiled patterns, judged by Python's own engine."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from re2._re2 import RE2

from assay_shell.runtime.builtins.regex.program import LARGE_WEIGHT, Cache, Program, each
from assay_shell.runtime.builtins.regex.syntax import PatternError
from tests.support.patterns import ONE_SIDED_PLACES, PLACES, TEXTS, Both, patterns

Span = tuple[int, int]


def judged(pattern: str, text: str) -> list[list[Span]]:
    """All matches and their groups as Python's engine finds them, in byte offsets, by our rule for empty matches."""
    judge = re.compile(pattern, re.ASCII)
    offsets = {-1: -1, **{place: len(text[:place].encode()) for place in range(len(text) + 1)}}
    matches = []
    place, last = 0, -1
    while place <= len(text) and (match := judge.search(text, place)):
        start, end = match.span()
        if start != end or start != last:
            matches.append([(offsets[low], offsets[high]) for low, high in match.regs])
            last = end
        place = end if start != end else end + 1
    return matches


def found(pattern: str, text: str) -> list[list[Span]]:
    program = Program(pattern)
    with_groups = list(each(program.find_groups, text.encode()))
    assert list(each(program.find, text.encode())) == [spans[:1] for spans in with_groups]
    return with_groups


@settings(deadline=None)
@given(both=patterns(), text=TEXTS)
def test_matches_and_groups_are_those_of_python(both: Both, text: str) -> None:
    assert found(both.ours, text) == judged(both.theirs, text)


@settings(deadline=None)
@given(both=patterns(st.one_of(PLACES, ONE_SIDED_PLACES)), text=TEXTS)
def test_so_they_are_with_one_sided_boundaries_and_carriage_returns(both: Both, text: str) -> None:
    assert found(both.ours, text) == judged(both.theirs, text)


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("(a|(b)){1100}", id="count"),
        pytest.param("(a|(b)){1001,}", id="without end"),
        pytest.param("(a|(b)){0,1100}", id="optional"),
        pytest.param("(a|(b)){0,1100}?b", id="optional, lazy"),
        pytest.param("(a|(b)){1001,1200}", id="both"),
        pytest.param("(a|(b)){1001,1200}?b", id="both, lazy"),
        pytest.param("[ab]{0,1999}", id="letters"),
        pytest.param("[ab]{0,2000}", id="letters in steps"),
        pytest.param("b[ab]{1001,3000}?b", id="letters, lazy"),
        pytest.param("(?:(a|b){40}(b|a)){30}", id="nested"),
        pytest.param("(?:(a){1,9}|(b){1,9}){120,}", id="nested choices"),
    ],
)
@pytest.mark.parametrize("length", [1000, 1001, 1199, 3002])
def test_long_repetitions_match_as_if_they_were_short(pattern: str, length: int) -> None:
    text = ("abba" * length)[:length]
    assert found(pattern, text) == judged(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "spans"),
    [
        pytest.param("x*", "abc", [(0, 0), (1, 1), (2, 2), (3, 3)], id="empty at each place"),
        pytest.param("x*", "axb", [(0, 0), (1, 2), (3, 3)], id="none right behind a match"),
        pytest.param("x*", "é€", [(0, 0), (2, 2), (5, 5)], id="none inside a character"),
        pytest.param("", "", [(0, 0)], id="empty text"),
        pytest.param("|a", "aa", [(0, 0), (1, 1), (2, 2)], id="an empty first choice hides the second"),
        pytest.param("a|", "aba", [(0, 1), (2, 3)], id="an empty second choice"),
        pytest.param(r"\B", "€ €", [(0, 0), (3, 3), (4, 4), (7, 7)], id="no boundary inside a character"),
        pytest.param(r"\B", "a€b", [], id="no boundary but inside a character"),
        pytest.param(r"\b", "ab cd", [(0, 0), (2, 2), (3, 3), (5, 5)], id="boundaries see what is before them"),
        pytest.param("^", "aa", [(0, 0)], id="the text starts once"),
        pytest.param(r"\Aa", "aa", [(0, 1)], id="and so it does for the next match"),
        pytest.param("(?m)^", "a\nb\n", [(0, 0), (2, 2), (4, 4)], id="line starts"),
        pytest.param("(?m)$", "a\nb\n", [(1, 1), (3, 3), (4, 4)], id="line ends"),
        pytest.param("(?mR)$", "a\r\nb\rc\n", [(1, 1), (4, 4), (6, 6), (7, 7)], id="line ends with CR LF"),
        pytest.param("(?mR)^", "a\r\nb\rc\n", [(0, 0), (3, 3), (5, 5), (7, 7)], id="line starts behind CR LF"),
        pytest.param(r"\b{start}", "ab-c", [(0, 0), (3, 3)], id="word starts"),
        pytest.param(r"\b{end}", "ab-c", [(2, 2), (4, 4)], id="word ends"),
        pytest.param(r"\b{start-half}", "a--", [(0, 0), (2, 2), (3, 3)], id="no word before"),
        pytest.param(r"\b{end-half}", "--a", [(0, 0), (1, 1), (3, 3)], id="no word behind"),
    ],
)
def test_matches_follow_one_another(pattern: str, text: str, spans: list[Span]) -> None:
    assert [whole for whole, *_ in found(pattern, text)] == spans


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("(a+)+$", id="nested plus"),
        pytest.param("(a|aa)+$", id="overlapping choice"),
        pytest.param("(a?){50}a{50}$", id="optional letters"),
        pytest.param("(.*a){20}$", id="many stars"),
        pytest.param(r"(?:a|aa)+(?:\b{end-half}|c)", id="beyond RE2"),
    ],
)
def test_patterns_that_explode_elsewhere_are_quick(pattern: str) -> None:
    assert Program(pattern).find(b"a" * 5000 + b"b") is None


@pytest.mark.parametrize("unit", [pytest.param("key=value ", id="ASCII"), pytest.param("schlüssel=wert ", id="UTF-8")])
@pytest.mark.parametrize(
    ("pattern", "per_unit"),
    [
        pytest.param(r"\w+=(\w+)", 1, id="words"),
        pytest.param("=", 1, id="letter"),
        pytest.param(r"\b{start}\w+\b{end} ", 1, id="one-sided boundaries"),
        pytest.param(r"(?:\b{start})?nothing", 0, id="one-sided boundaries, no match"),
        pytest.param(r"(?mR)nothing$", 0, id="carriage returns, no match"),
        pytest.param(r"[^\x00-\x{10FFFF}]", 0, id="no match"),
    ],
)
def test_a_megabyte_is_no_trouble(unit: str, pattern: str, per_unit: int) -> None:
    count = (1 << 20) // len(unit.encode())
    assert sum(1 for _ in each(Program(pattern).find, (unit * count).encode())) == count * per_unit


def test_a_match_may_be_a_megabyte_long() -> None:
    text = b"ab" * (1 << 19)
    assert Program("((a)(b))*").find_groups(text) == [
        (0, 1 << 20),
        ((1 << 20) - 2, 1 << 20),
        ((1 << 20) - 2, (1 << 20) - 1),
        ((1 << 20) - 1, 1 << 20),
    ]


TOO_LARGE = r"[\x{101}-\x{10fff0}]{100000}"  # sixteen runs of bytes for each character
LARGE = "[^a]{80000}|b+"


def test_what_re2_finds_too_large_is_refused() -> None:
    with pytest.raises(PatternError, match="the pattern is too big once it is compiled"):
        Program(TOO_LARGE)


def test_large_patterns_work_and_weigh_more() -> None:
    program = Program(LARGE)
    assert program.weight == LARGE_WEIGHT
    assert program.find(b"a" + b"b" * 15_000) == [(1, 15_001)]


def test_nothing_is_written_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    Program(r"[^a]{1,900}\w[^b]{1,900}$").find("aé".encode() * 5000 + b"\n")  # more states than its memory holds
    with pytest.raises(PatternError):
        Program(TOO_LARGE)
    assert capfd.readouterr() == ("", "")


class TestCache:
    def test_a_pattern_is_compiled_once(self) -> None:
        cache = Cache(4)
        assert cache.program(b"a+") is cache.program(b"a+")

    def test_the_oldest_patterns_make_room(self) -> None:
        cache = Cache(2)
        first, second = cache.program(b"a"), cache.program(b"b")
        cache.program(b"c")
        assert cache.program(b"b") is second
        assert cache.program(b"a") is not first

    def test_a_large_pattern_takes_the_room_of_many(self) -> None:
        cache = Cache(LARGE_WEIGHT)
        small = cache.program(b"a")
        large = cache.program(LARGE.encode())
        assert cache.program(LARGE.encode()) is large
        assert cache.program(b"a") is not small

    def test_a_pattern_that_does_not_compile_is_refused_each_time(self) -> None:
        cache = Cache(2)
        for _ in range(2):
            with pytest.raises(PatternError):
                cache.program(b"(")

    def test_bytes_that_are_not_utf8_are_refused(self) -> None:
        with pytest.raises(UnicodeDecodeError):
            Cache(2).program(b"\xff")

    def test_threads_may_share_it(self) -> None:
        cache = Cache(3)
        found: list[bool] = []

        def search(number: int) -> None:
            for step in range(50):
                pattern = f"a{{{(number + step) % 7}}}$".encode()
                found.append(cache.program(pattern).find(b"aaaaaaa") is not None)

        threads = [threading.Thread(target=search, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [True] * 200


def test_the_extension_module_of_re2_offers_what_is_called_directly() -> None:
    assert {"max_mem", "never_capture", "log_errors"} <= set(dir(RE2.Options()))
    assert RE2(b"(b)", RE2.Options()).Match(RE2.Anchor.UNANCHORED, b"abc", 0, 3) == [(1, 2), (1, 2)]

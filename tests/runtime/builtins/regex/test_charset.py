"""Sets of code points."""

from __future__ import annotations

import re

import pytest

from assay_shell.runtime.builtins.regex.charset import ANY, LAST_CODE, PERL, POSIX, CharSet, single, union

ASCII = [chr(code) for code in range(128)]


@pytest.mark.parametrize("letter", "dDsSwW")
def test_the_sets_of_perl_are_those_of_python_in_ascii_mode(letter: str) -> None:
    judge = re.compile(rf"\{letter}", re.ASCII)
    characters = [*ASCII, "é", "٣", "\u00a0", "\u2028", "K", "\U0001f600"]
    assert [c for c in characters if ord(c) in PERL[letter]] == [c for c in characters if judge.match(c)]


@pytest.mark.parametrize(
    ("name", "members"),
    [
        pytest.param("alnum", "[0-9A-Za-z]", id="alnum"),
        pytest.param("alpha", "[A-Za-z]", id="alpha"),
        pytest.param("ascii", r"[\x00-\x7f]", id="ascii"),
        pytest.param("blank", r"[ \t]", id="blank"),
        pytest.param("cntrl", r"[\x00-\x1f\x7f]", id="cntrl"),
        pytest.param("digit", "[0-9]", id="digit"),
        pytest.param("graph", "[!-~]", id="graph"),
        pytest.param("lower", "[a-z]", id="lower"),
        pytest.param("print", "[ -~]", id="print"),
        pytest.param("punct", r"[!-/:-@\[-`{-~]", id="punct"),
        pytest.param("space", r"[ \t\n\r\f\v]", id="space"),
        pytest.param("upper", "[A-Z]", id="upper"),
        pytest.param("word", "[0-9A-Za-z_]", id="word"),
        pytest.param("xdigit", "[0-9A-Fa-f]", id="xdigit"),
    ],
)
def test_a_named_class_has_its_posix_members(name: str, members: str) -> None:
    judge = re.compile(members)
    assert [c for c in [*ASCII, "é"] if ord(c) in POSIX[name]] == [c for c in [*ASCII, "é"] if judge.match(c)]


def test_all_named_classes_are_covered_by_the_table_above() -> None:
    assert len(POSIX) == 14


def test_ranges_are_sorted_and_merged() -> None:
    assert CharSet([(5, 9), (1, 2), (3, 4), (7, 12), (20, 20)]).ranges == ((1, 12), (20, 20))


@pytest.mark.parametrize(
    ("ranges", "negated"),
    [
        pytest.param([], ((0, LAST_CODE),), id="nothing"),
        pytest.param([(0, LAST_CODE)], (), id="everything"),
        pytest.param([(0, 9)], ((10, LAST_CODE),), id="at the start"),
        pytest.param([(10, LAST_CODE)], ((0, 9),), id="at the end"),
        pytest.param([(1, 2), (4, 4)], ((0, 0), (3, 3), (5, LAST_CODE)), id="holes"),
    ],
)
def test_the_negation_holds_what_the_set_does_not(
    ranges: list[tuple[int, int]], negated: tuple[tuple[int, int], ...]
) -> None:
    assert CharSet(ranges).negated().ranges == negated
    assert CharSet(ranges).negated().negated().ranges == CharSet(ranges).ranges


def test_folding_adds_the_other_case_of_ascii_letters_only() -> None:
    folded = CharSet([(ord("X"), ord("b")), (ord("é"), ord("é"))]).folded()
    added = {chr(code) for code in range(0x250) if code in folded} - set("XYZ[\\]^_`abé")
    assert added == set("xyzAB")


def test_folding_leaves_the_kelvin_sign_and_the_long_s_out() -> None:
    folded = CharSet([(ord("k"), ord("k")), (ord("s"), ord("s"))]).folded()
    assert folded.ranges == CharSet([(ord(c), ord(c)) for c in "kKsS"]).ranges


@pytest.mark.parametrize(
    ("one", "other", "within", "apart"),
    [
        pytest.param(single(5), CharSet([(1, 9)]), True, False, id="inside"),
        pytest.param(CharSet([(5, 10)]), CharSet([(1, 9)]), False, False, id="overlapping"),
        pytest.param(single(10), CharSet([(1, 9)]), False, True, id="outside"),
        pytest.param(ANY, single(0), False, False, id="around"),
    ],
)
def test_sets_compare(one: CharSet, other: CharSet, within: bool, apart: bool) -> None:
    assert (one.is_within(other), one.is_apart(other)) == (within, apart)


def test_a_union_holds_the_members_of_all() -> None:
    assert union([single(1), CharSet([(3, 4)]), single(2)]).ranges == ((1, 4),)
    assert union([]).ranges == ()

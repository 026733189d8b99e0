"""Bracketed character classes."""

from __future__ import annotations

import pytest

from assay_shell.runtime.builtins.regex.brackets import parse_class
from assay_shell.runtime.builtins.regex.scanner import Scanner
from assay_shell.runtime.builtins.regex.syntax import PatternError

PROBES = "\0\t\n 09AFZ[\\]^_`afkz{|}~-&:!é€"


def members(pattern: str) -> str:
    """Which of the probes the class *pattern* holds."""
    scan = Scanner(pattern)
    scan.place = 1
    found = parse_class(scan, verbose=False, fold=False)
    assert scan.place == scan.end
    return "".join(probe for probe in PROBES if ord(probe) in found)


@pytest.mark.parametrize(
    ("pattern", "held"),
    [
        pytest.param("[af]", "af", id="letters"),
        pytest.param("[a-f]", "af", id="range"),
        pytest.param("[^\\0-é]".replace("\\0", "\0"), "€", id="negated range"),
        pytest.param("[]]", "]", id="closing bracket first"),
        pytest.param("[^]\\s\\S]", "", id="nothing left"),
        pytest.param("[]a]", "]a", id="closing bracket and a letter"),
        pytest.param(r"[\]]", "]", id="escaped bracket"),
        pytest.param("[a-]", "a-", id="dash last"),
        pytest.param("[-a]", "a-", id="dash first"),
        pytest.param("[^-a-z]", "\0\t\n 09AFZ[\\]^_`{|}~&:!é€", id="dash first, negated"),
        pytest.param("[---a]", "a-", id="dashes first"),
        pytest.param("[a-f-z]", "afz-", id="dash behind a range"),
        pytest.param(r"[\d-]", "09-", id="dash behind a class"),
        pytest.param(r"[\-a]", "a-", id="escaped dash"),
        pytest.param(r"[!-\]]", "09AFZ[\\]-&:!", id="range up to an escape"),
        pytest.param("[a^]", "^a", id="caret not first"),
        pytest.param("[a&f]", "af&", id="one ampersand"),
        pytest.param("[a~]", "a~", id="one tilde"),
        pytest.param(r"[\w&]", "09AFZ_afkz&", id="class among letters"),
        pytest.param(r"[^\W]", "09AFZ_afkz", id="double negation"),
        pytest.param(r"[\D]", "\0\t\n AFZ[\\]^_`afkz{|}~-&:!é€", id="negated class inside"),
        pytest.param("[[:digit:]]", "09", id="named class"),
        pytest.param("[[:^word:]]", "\0\t\n [\\]^`{|}~-&:!é€", id="negated named class"),
        pytest.param(
            "[^[:space:][:^print:]]", " 09AFZ[\\]^_`afkz{|}~-&:!".replace(" ", ""), id="several named classes"
        ),
        pytest.param("[[:alpha:]-z]", "AFZafkz-", id="dash behind a named class"),
        pytest.param("[:a]", "a:", id="colon"),
        pytest.param(r"[\x41\u0061\x{20AC}]", "Aa€", id="hexadecimal escapes"),
        pytest.param(r"[\t\n]", "\t\n", id="control escapes"),
        pytest.param("[.*+?$()|{}]", "{|}", id="signs without meaning in a class"),
    ],
)
def test_a_class_holds(pattern: str, held: str) -> None:
    assert members(pattern) == held


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        pytest.param("[", "found unclosed character class (at character 1)", id="alone"),
        pytest.param("[a", "found unclosed character class (at character 1)", id="behind a letter"),
        pytest.param("[]", "found unclosed character class (at character 1)", id="closing bracket only"),
        pytest.param("[^", "found unclosed character class (at character 1)", id="behind the caret"),
        pytest.param("[^]", "found unclosed character class (at character 1)", id="caret and closing bracket"),
        pytest.param("[-", "found unclosed character class (at character 1)", id="behind a dash"),
        pytest.param("[a-", "found unclosed character class (at character 1)", id="in a range"),
        pytest.param("[[:digit:]", "found unclosed character class (at character 1)", id="behind a named class"),
        pytest.param("[[:digit", "found unclosed character class (at character 1)", id="in a named class"),
        pytest.param("[a[", "found unclosed character class (at character 1)", id="at another bracket"),
        pytest.param(
            "[a[b]]",
            r"nested character classes are not supported, write \[ for the bracket itself (at character 3)",
            id="nested",
        ),
        pytest.param(
            "[[:a b:]]",
            r"nested character classes are not supported, write \[ for the bracket itself (at character 2)",
            id="colons but no name",
        ),
        pytest.param("[[:foo:]]", "unknown class name [:foo:] (at character 2)", id="unknown name"),
        pytest.param("[[:^foo:]]", "unknown class name [:foo:] (at character 2)", id="unknown negated name"),
        pytest.param("[a&&b]", "character class intersection is not supported (at character 3)", id="intersection"),
        pytest.param(
            "[&&b]", "character class intersection is not supported (at character 2)", id="intersection first"
        ),
        pytest.param("[a--b]", "character class difference is not supported (at character 3)", id="difference"),
        pytest.param(
            "[a~~b]",
            "character class symmetric difference is not supported (at character 3)",
            id="symmetric difference",
        ),
        pytest.param("[z-a]", "a range in a character class ends before it starts (at character 2)", id="falling"),
        pytest.param(
            r"[a-\d]",
            "a range in a character class must start and end with a single character (at character 2)",
            id="range up to a class",
        ),
        pytest.param(
            r"[\w-z]",
            "a range in a character class must start and end with a single character (at character 2)",
            id="range from a class",
        ),
        pytest.param(r"[\b]", r"\b has no meaning in a character class (at character 2)", id="word boundary"),
        pytest.param(r"[a\z]", r"\z has no meaning in a character class (at character 3)", id="end of the text"),
        pytest.param(r"[\pL]", "Unicode character classes are not supported (at character 2)", id="Unicode class"),
        pytest.param(r"[\1]", "backreferences are not supported (at character 2)", id="octal escape"),
        pytest.param("[\\", "the pattern ends with a lone backslash (at character 2)", id="backslash"),
    ],
)
def test_a_wrong_class_is_refused_with_its_reason(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError) as caught:
        members(pattern)
    assert str(caught.value) == reason

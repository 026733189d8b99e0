"""What the dialect takes, and what it refuses with which reason."""

from __future__ import annotations

import pytest

from assay_shell.runtime.builtins.regex.parser import parse
from assay_shell.runtime.builtins.regex.program import Program
from assay_shell.runtime.builtins.regex.syntax import PatternError


def found(pattern: str, text: str) -> str | None:
    """The first match of *pattern* in *text*."""
    spans = Program(pattern).find(text.encode())
    return None if spans is None else text.encode()[slice(*spans[0])].decode()


@pytest.mark.parametrize(
    ("pattern", "text", "match"),
    [
        pytest.param("", "abc", "", id="empty pattern"),
        pytest.param("b.", "abc", "bc", id="letters and dot"),
        pytest.param(".", "\n", None, id="dot is no newline"),
        pytest.param(".+", "a\r\u2028b\nc", "a\r\u2028b", id="dot is any other line break"),
        pytest.param("^.$", "€", "€", id="dot is a whole code point"),
        pytest.param("^.$", "e\u0301", None, id="dot is one code point only"),
        pytest.param("a|", "b", "", id="empty branch"),
        pytest.param("ab|abc", "abc", "ab", id="the first branch wins, not the longest"),
        pytest.param("()", "a", "", id="empty group"),
        pytest.param("(?:)", "a", "", id="empty plain group"),
        pytest.param("(?P<a>b)", "abc", "b", id="named group, long spelling"),
        pytest.param("(?<a>b)", "abc", "b", id="named group, short spelling"),
        pytest.param("(?<_A.1[x]é>b)", "abc", "b", id="characters of names"),
        pytest.param("}]", "{}]", "}]", id="closing braces and brackets stand for themselves"),
        pytest.param(r"\d+", "٣42", "42", id="digits are ASCII"),
        pytest.param(r"\w+", "é_a1", "_a1", id="words are ASCII"),
        pytest.param(r"\s+", "\u00a0 \t\v\f\r\n.", " \t\v\f\r\n", id="blanks are ASCII"),
        pytest.param(r"\D\W\S", "0٣é!", "٣é!", id="negated classes reach beyond ASCII"),
        pytest.param(r"\ba", "éa", "a", id="word boundary is ASCII"),
        pytest.param(r"é\B", "é é", "é", id="no word boundary between other characters"),
        pytest.param(r"\Ab|\Aa", "ab", "a", id="start of the text"),
        pytest.param(r"a\z", "aba", "a", id="end of the text"),
        pytest.param("a$", "a\n", None, id="dollar is not before a final newline"),
        pytest.param(r"\n$", "a\n", "\n", id="dollar is behind it"),
        pytest.param(r"a++", "aaa", "aaa", id="repetition of a repetition"),
        pytest.param(r"a**?", "aaa", "", id="lazy repetition of a repetition"),
        pytest.param(r"a{2}{2}", "aaaaa", "aaaa", id="count of a count"),
        pytest.param(r"a{2,}", "aaaaa", "aaaaa", id="count without end"),
        pytest.param(r"a{,2}", "aaaaa", "aa", id="count without start"),
        pytest.param(r"a{1,3}?", "aaaaa", "a", id="lazy count"),
        pytest.param(r"a{ 1 , 2 }", "aaaaa", "aa", id="blanks in a count"),
        pytest.param(r"a{0}b", "ab", "b", id="zero times"),
        pytest.param(r"^*a", "ba", "a", id="repeated condition"),
        pytest.param(r"\b{2}a", "a", "a", id="repeated word boundary"),
        pytest.param(r"\x41\x{42}\x{0043}", "ABC", "ABC", id="hexadecimal escapes"),
        pytest.param(r"\u00e9\u{e9}\U000000e9\U{E9}", "éééé", "éééé", id="hexadecimal escapes of Unicode"),
        pytest.param(r"\x{1F600}", "\U0001f600", "\U0001f600", id="beyond the basic plane"),
        pytest.param(r"\a\f\t\n\r\v", "\a\f\t\n\r\v", "\a\f\t\n\r\v", id="control escapes"),
        pytest.param("\0", "a\0", "\0", id="NUL"),
        pytest.param(r"\<a\>", "ba a", "a", id="angle brackets"),
        pytest.param(r"\b{start}", "-a", "", id="word start"),
        pytest.param(r"\b{end-half}", "a", "", id="half word end"),
    ],
)
def test_a_pattern_finds(pattern: str, text: str, match: str | None) -> None:
    assert found(pattern, text) == match


@pytest.mark.parametrize(
    "sign", [chr(code) for code in range(128) if not chr(code).isalnum() and chr(code) not in "<>"]
)
def test_any_punctuation_may_be_escaped(sign: str) -> None:
    assert found(f"\\{sign}", f"a{sign}") == sign
    assert found(f"[\\{sign}]", f"a{sign}") == sign


@pytest.mark.parametrize(
    ("pattern", "text", "match"),
    [
        pytest.param("(?i)straße", "STRAßE", "STRAßE", id="i: letters of either case"),
        pytest.param("(?i)É", "é", None, id="i: no case beyond ASCII"),
        pytest.param("(?i)k", "\u212a", None, id="i: the Kelvin sign is no k"),
        pytest.param("(?i)[s]", "\u017f", None, id="i: the long s is no s"),
        pytest.param("(?i)[a-f]+", "xAbF", "AbF", id="i: in classes"),
        pytest.param("(?i)[^a]", "A", None, id="i: in negated classes"),
        pytest.param(r"(?i)\x61", "A", "A", id="i: in escapes"),
        pytest.param("a(?i)b(?-i)c", "aBC aBc", "aBc", id="i: off again"),
        pytest.param("(?i:a)b", "AB Ab", "Ab", id="i: in a group of its own"),
        pytest.param("((?i)a)b", "AB Ab", "Ab", id="i: to the end of the group"),
        pytest.param("(?:a(?i)|b)c", "BC Bc", "Bc", id="i: in the branches that follow"),
        pytest.param("(?m)^b$", "a\nb\nc", "b", id="m: ends of a line"),
        pytest.param("^b$", "a\nb\nc", None, id="m: off by default"),
        pytest.param("(?m)^$", "a\n", "", id="m: a last empty line"),
        pytest.param("(?m)^b$", "a\nb\r\nc", None, id="m: CR is no line break"),
        pytest.param("(?mR)^b$", "a\r\nb\r\nc", "b", id="R: CR LF is"),
        pytest.param("(?mR)^b$", "a\rb\rc", "b", id="R: CR alone is"),
        pytest.param("(?mR)^b$", "a\nb\nc", "b", id="R: LF alone is"),
        pytest.param("(?mR)\r$\n", "\r\n", None, id="R: no end between CR and LF"),
        pytest.param("(?mR)\r^\n", "\r\n", None, id="R: no start between CR and LF"),
        pytest.param("(?R).+", "ab\r\ncd", "ab", id="R: dot stops at CR"),
        pytest.param("(?R)^.+$", "ab\r\ncd", None, id="R: alone, ends of the text only"),
        pytest.param("(?Rs).+", "ab\r\ncd", "ab\r\ncd", id="R: dot with s takes CR"),
        pytest.param("(?s).+", "a\nb", "a\nb", id="s: dot takes newlines"),
        pytest.param("(?s)(?-s).+", "a\nb", "a", id="s: off again"),
        pytest.param("(?U)a+", "aaa", "a", id="U: lazy by default"),
        pytest.param("(?U)a+?", "aaa", "aaa", id="U: greedy with a question mark"),
        pytest.param("(?U)a{1,}", "aaa", "a", id="U: counts too"),
        pytest.param("(?U)(?-U)a+", "aaa", "aaa", id="U: off again"),
        pytest.param("(?u).", "é", "é", id="u: nothing changes"),
        pytest.param("(?-u).", "é", "é", id="u: off, nothing changes"),
        pytest.param("(?x) a b # comment (\n c", "abc", "abc", id="x: blanks and comments"),
        pytest.param("(?x)a #", "a", "a", id="x: comment to the end"),
        pytest.param(r"(?x)a\ b\#", "a b#", "a b#", id="x: escaped"),
        pytest.param("(?x)a +", "aa", "aa", id="x: blank before an operator"),
        pytest.param("(?x)( ?:a)( ?<n> b )", "ab", "ab", id="x: blank behind a parenthesis"),
        pytest.param("(?x)[ a # c\n b ]+", "ab", "ab", id="x: in classes"),
        pytest.param("(?x)[ ^ a - b ]+", "abc", "c", id="x: in ranges"),
        pytest.param("(?x) a (?-x) b", "a b", "a b", id="x: off again"),
        pytest.param("(?x)a\u2003\u0085b", "ab", "ab", id="x: blanks beyond ASCII"),
        pytest.param("(?x)a\x1cb", "a\x1cb", "a\x1cb", id="x: separators are no blanks"),
        pytest.param("(?is-mRUx:A.)", "xa\n", "a\n", id="several at once"),
    ],
)
def test_flags_change_what_a_pattern_means(pattern: str, text: str, match: str | None) -> None:
    assert found(pattern, text) == match


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        pytest.param("(?=a)", "look-around is not supported (at character 1)", id="look-ahead"),
        pytest.param("a(?!b)", "look-around is not supported (at character 2)", id="negative look-ahead"),
        pytest.param("(?<=a)", "look-around is not supported (at character 1)", id="look-behind"),
        pytest.param("(?<!a)", "look-around is not supported (at character 1)", id="negative look-behind"),
        pytest.param("(?>a)", "atomic groups are not supported (at character 1)", id="atomic group"),
        pytest.param("(?#a)", "comment groups are not supported, use (?x) and # (at character 1)", id="comment"),
        pytest.param("(?|a)", "branch reset groups are not supported (at character 1)", id="branch reset"),
        pytest.param("(a)?(?(1)b)", "conditional groups are not supported (at character 5)", id="conditional"),
        pytest.param("(?&a)", "recursion is not supported (at character 1)", id="recursion"),
        pytest.param("(?P>a)", "recursion is not supported (at character 1)", id="named recursion"),
        pytest.param("(?<a>b)(?P=a)", "backreferences are not supported (at character 8)", id="named backreference"),
        pytest.param(r"(a)\1", "backreferences are not supported (at character 4)", id="backreference"),
        pytest.param(r"\0", "backreferences are not supported (at character 1)", id="octal escape"),
        pytest.param(r"\k<a>", "backreferences are not supported (at character 1)", id="k backreference"),
        pytest.param(r"\g{1}", "backreferences are not supported (at character 1)", id="g backreference"),
        pytest.param(r"\pL", "Unicode character classes are not supported (at character 1)", id="p"),
        pytest.param(r"\P{Greek}", "Unicode character classes are not supported (at character 1)", id="P"),
        pytest.param(r"\Z", r"\Z is not supported, write \z for the end of the text (at character 1)", id="Z"),
        pytest.param(r"\h", r"\h is not supported, write [ \t] (at character 1)", id="h"),
        pytest.param(r"a\y", r"unrecognized escape sequence \y (at character 2)", id="unknown escape"),
        pytest.param(r"\é", "unrecognized escape sequence \\é (at character 1)", id="escape beyond ASCII"),
        pytest.param("a\\", "the pattern ends with a lone backslash (at character 2)", id="lone backslash"),
        pytest.param("a{", r"a repetition needs a number, write \{ for the brace itself (at character 2)", id="brace"),
        pytest.param(
            "a{}", r"a repetition needs a number, write \{ for the brace itself (at character 2)", id="braces"
        ),
        pytest.param(
            "a{,}", r"a repetition needs a number, write \{ for the brace itself (at character 2)", id="comma"
        ),
        pytest.param("a{b}", r"a repetition needs a number, write \{ for the brace itself (at character 2)", id="name"),
        pytest.param("a{1", r"found an unclosed repetition, write \{ for the brace itself (at character 2)", id="open"),
        pytest.param(
            "a{1,2", r"found an unclosed repetition, write \{ for the brace itself (at character 2)", id="cut"
        ),
        pytest.param("{", r"nothing to repeat before {, write \{ for the brace itself (at character 1)", id="first"),
        pytest.param("a{3,2}", "a repetition has a minimum above its maximum (at character 2)", id="falling count"),
        pytest.param("a{4294967296}", "a repetition count is too large (at character 2)", id="large count"),
        pytest.param("a{" + "9" * 9999 + "}", "a repetition count is too large (at character 2)", id="huge count"),
        pytest.param("*a", "nothing to repeat before * (at character 1)", id="star first"),
        pytest.param("a|+", "nothing to repeat before + (at character 3)", id="plus first in a branch"),
        pytest.param("(?)", "a flag group needs a flag (at character 1)", id="question mark alone"),
        pytest.param("(?-)", "a flag group needs a flag (at character 1)", id="minus alone"),
        pytest.param("(?-:a)", "a flag group needs a flag (at character 1)", id="minus and colon"),
        pytest.param("(?i-)", "a flag group ends with a lone minus (at character 1)", id="minus at the end"),
        pytest.param("(?i-m-s)", "unknown flag or group syntax (?- (at character 6)", id="two minus"),
        pytest.param("(?ii)", "a flag is given twice (at character 4)", id="same flag twice"),
        pytest.param("(?i-i)", "a flag is given twice (at character 5)", id="flag on and off"),
        pytest.param("(?y)", "unknown flag or group syntax (?y (at character 3)", id="unknown flag"),
        pytest.param("(?i", "a flag group has no closing parenthesis (at character 4)", id="open flag group"),
        pytest.param("(?", "a flag group has no closing parenthesis (at character 3)", id="open group syntax"),
        pytest.param("(?'n'a)", "unknown group syntax, write (?<name>...) (at character 1)", id="quoted name"),
        pytest.param("(?<a>b)(?P<a>c)", "two groups have the same name (at character 12)", id="name twice"),
        pytest.param("(?<>a)", "the name of a group is empty (at character 4)", id="empty name"),
        pytest.param("(?<a", "the name of a group is not closed (at character 4)", id="open name"),
        pytest.param(
            "(?<1a>b)",
            "the name of a group may hold letters, digits, _ . [ ] and starts with a letter or _ (at character 4)",
            id="name that starts with a digit",
        ),
        pytest.param(
            "(?P<a-b>b)",
            "the name of a group may hold letters, digits, _ . [ ] and starts with a letter or _ (at character 5)",
            id="dash in a name",
        ),
        pytest.param("(a", "found an open group without its closing parenthesis (at character 1)", id="open group"),
        pytest.param("a)", "found a closing parenthesis without an open group (at character 2)", id="closed too often"),
        pytest.param(
            r"\x4", "a hexadecimal escape needs 2 digits, or braces around them (at character 1)", id="short x"
        ),
        pytest.param(
            r"\u12", "a hexadecimal escape needs 4 digits, or braces around them (at character 1)", id="short u"
        ),
        pytest.param(
            r"\xzz",
            "a hexadecimal escape holds something else than hexadecimal digits (at character 1)",
            id="no digits",
        ),
        pytest.param(
            r"\x{}", "a hexadecimal escape holds something else than hexadecimal digits (at character 1)", id="empty x"
        ),
        pytest.param(
            r"\x{-1}", "a hexadecimal escape holds something else than hexadecimal digits (at character 1)", id="signed"
        ),
        pytest.param(r"\x{41", "a hexadecimal escape has no closing brace (at character 1)", id="open x"),
        pytest.param(r"\x{110000}", "a hexadecimal escape names no Unicode character (at character 1)", id="too far"),
        pytest.param(r"\uD800", "a hexadecimal escape names no Unicode character (at character 1)", id="surrogate"),
        pytest.param(
            r"a\b{middle}",
            r"unknown word boundary, there are \b{start}, \b{end}, \b{start-half} and \b{end-half} (at character 2)",
            id="unknown word boundary",
        ),
        pytest.param(
            r"\b{start",
            r"unknown word boundary, there are \b{start}, \b{end}, \b{start-half} and \b{end-half} (at character 1)",
            id="open word boundary",
        ),
    ],
)
def test_a_wrong_pattern_is_refused_with_its_reason(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError) as caught:
        parse(pattern)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("(" * 500 + ")" * 500, id="groups"),
        pytest.param("(?:" * 80_000, id="open groups"),
        pytest.param("a" + "+" * 500, id="repetitions"),
        pytest.param("(?:" * 150 + "a" + "|b)*" * 150, id="all together"),
    ],
)
def test_deep_nesting_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="the pattern is nested too deeply"):
        parse(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("(a{1000}){1000}", id="counts"),
        pytest.param("a{4294967295}", id="one count"),
        pytest.param("((a{100}){100}){100}", id="three counts"),
        pytest.param("(?:){4294967295}", id="count of nothing"),
        pytest.param("()|" * 80_000, id="groups"),
    ],
)
def test_what_would_take_too_much_memory_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="the pattern is too big once its repetitions are unfolded"):
        parse(pattern)


def test_a_pattern_longer_than_all_it_may_unfold_to_is_not_even_read() -> None:
    with pytest.raises(PatternError, match="the pattern is too long"):
        parse("(" * 250_001)


def test_moderate_nesting_is_fine() -> None:
    assert found("(?:" * 60 + "a" + "b?)" * 60, "abb") == "abb"


def test_groups_are_counted_and_named() -> None:
    pattern = parse("(a)(?:b)(?<x>(c)|(?P<y>d))")
    assert (pattern.group_count, pattern.names) == (4, {"x": 2, "y": 4})

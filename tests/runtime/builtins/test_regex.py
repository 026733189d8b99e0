"""Regular expressions as scripts see them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_shell.runtime.builtins import regex
from assay_shell.runtime.errors import BuiltinError
from tests.conftest import Fails, Run
from tests.support.patterns import TEXTS, Both, patterns

FUNCTIONS = {
    "match": "regex.match('a', %s)",
    "find": "regex.find('a', %s)",
    "find_all": "regex.find_all('a', %s)",
    "replace": "regex.replace('a', %s, 'b')",
    "captures": "regex.captures('a', %s)",
    "captures_all": "regex.captures_all('a', %s)",
    "split": "regex.split('a', %s)",
}


@pytest.mark.parametrize(
    ("call", "result"),
    [
        pytest.param("match('hello world', 'o w')", True, id="match anywhere"),
        pytest.param("match('hello', '^ello')", False, id="no match"),
        pytest.param("match('', '')", True, id="empty match"),
        pytest.param("match(12345, 234)", True, id="numbers count as strings"),
        pytest.param(r"match('a\0b', '\0')", True, id="NUL"),
        pytest.param("match('text', 'x', 'surplus')", True, id="surplus arguments"),
        pytest.param("find('abc', 'x')", None, id="find nothing"),
        pytest.param("find('abc', 'b')", {"match": "b", "groups": []}, id="find without groups"),
        pytest.param(
            "find('k=v', [[(\\w)=(?<val>\\w)]])", {"match": "k=v", "groups": ["k", "v"]}, id="named by number"
        ),
        pytest.param("find('b', '(a)?(b)').groups[1]", None, id="hole in front"),
        pytest.param("find('b', '(a)?(b)').groups[2]", "b", id="group behind a hole"),
        pytest.param("find('b', '(b)(c)?').groups[2]", None, id="hole at the end"),
        pytest.param("find('b', '(?<n>b)').groups.n", None, id="no group by name"),
        pytest.param("find('b', '(?<n>b)').named", None, id="find describes nothing else"),
        pytest.param("find('ab', '()b').groups[1]", "", id="empty group"),
        pytest.param("find('né', '(.)$').groups[1]", "é", id="character beyond ASCII"),
        pytest.param("find_all('a1b22', [[\\d+]])", ["1", "22"], id="all matches"),
        pytest.param("find_all('a1b22', [[([a-z])\\d]])", ["a1", "b2"], id="all matches, groups left out"),
        pytest.param("find_all('abc', 'x*')", ["", "", "", ""], id="empty matches"),
        pytest.param("#find_all('abc', 'x')", 0, id="no matches"),
        pytest.param("replace('aXbX', 'X', '-')", "a-b-", id="replace all"),
        pytest.param("replace('abc', 'x', '-')", "abc", id="replace nothing"),
        pytest.param("replace('abc', '', '-')", "-a-b-c-", id="replace empty matches"),
        pytest.param("replace('né', '', '-')", "-n-é-", id="replace between characters"),
        pytest.param("replace('john smith', [[(\\w+) (\\w+)]], '$2 $1')", "smith john", id="groups"),
        pytest.param("replace('k=v', [[(?<k>\\w)=(?P<v>\\w)]], '${v}=$k')", "v=k", id="named groups"),
        pytest.param("replace('x', '(x)', '$1y')", "", id="name as long as possible"),
        pytest.param("replace('x', '(x)', '${1}y')", "xy", id="braces end the name"),
        pytest.param("replace('x', 'x', [[\\1$$$0]])", "\\1$x", id="backslash, dollar, whole match"),
        pytest.param("replace('x', '(x)', '[$2$nobody]')", "[]", id="unknown groups"),
        pytest.param("replace('ab', '(a)|(b)', '[$1$2]')", "[a][b]", id="groups without part"),
        pytest.param("split('a, b;c', [[[,;]\\s*]])", ["a", "b", "c"], id="split"),
        pytest.param("split(',a,', ',')", ["", "a", ""], id="split at the ends"),
        pytest.param("split('', ',')", [""], id="split nothing"),
        pytest.param("split('ab', '')", ["", "a", "b", ""], id="split at empty matches"),
        pytest.param("split('a=b=c', '=', 2)", ["a", "b=c"], id="split into two"),
        pytest.param("split('a=b=c', '=', 1)", ["a=b=c"], id="split into one"),
        pytest.param("split('a=b', '=', 9)", ["a", "b"], id="fewer pieces than allowed"),
        pytest.param("escape('1+1=2?')", r"1\+1=2\?", id="escape"),
        pytest.param(r"escape('\\.+*?()|[]{}^$#&-~')", r"\\\.\+\*\?\(\)\|\[\]\{\}\^\$\#\&\-\~", id="escape all"),
        pytest.param("escape('é_ a')", "é_ a", id="nothing to escape"),
    ],
)
def test_regex(run: Run, call: str, result: object) -> None:
    expression = "#regex." + call[1:] if call.startswith("#") else "regex." + call
    assert run(f"return {expression}") == result


def test_captures_describe_a_match(run: Run) -> None:
    assert run("return regex.captures('é: lvl=warn', [[(?<key>\\w+)=(\\w+)(?<rest>!)?]])") == {
        "match": "lvl=warn",
        "first": 5,
        "last": 12,
        "groups": ["lvl", "warn"],
        "named": {"key": "lvl"},
    }
    assert run("return regex.captures('a', 'b')") is None


def test_positions_fit_string_sub(run: Run) -> None:
    code = """
    local text = 'é x=1'
    local m = regex.captures(text, [[\\w=\\d]])
    local empty = regex.captures('ab', 'b*')
    return text:sub(m.first, m.last), empty.first, empty.last
    """
    assert run(code) == "x=1"
    assert run(code.replace("text:sub(m.first, m.last), ", "")) == 1
    assert run(code.replace("text:sub(m.first, m.last), empty.first, ", "")) == 0


def test_all_captures_come_in_order(run: Run) -> None:
    code = """
    local found = {}
    for _, m in ipairs(regex.captures_all('a=1 b=2', [[(?<k>\\w)=(\\d)]])) do
      found[#found + 1] = m.named.k .. m.groups[2] .. m.first
    end
    return table.concat(found, ' ')
    """
    assert run(code) == "a11 b25"
    assert run("return #regex.captures_all('a', 'b')") == 0


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        pytest.param("(?=a)", "look-around is not supported", id="look-around"),
        pytest.param("[a", "found unclosed character class", id="open class"),
        pytest.param("(a{1000}){1000}", "the pattern is too big", id="too big"),
    ],
)
def test_a_wrong_pattern_is_an_error_with_its_reason(fails: Fails, function: str, pattern: str, reason: str) -> None:
    message = fails(FUNCTIONS[function] % f"[[{pattern}]]")
    assert message.startswith(f"regex.{function}: invalid pattern: {reason}")


@pytest.mark.parametrize("function", [*FUNCTIONS, "escape"])
def test_a_missing_text_is_refused(fails: Fails, function: str) -> None:
    wanted = "bad argument #1: error converting Lua nil to String (expected string or number)"
    assert fails(f"regex.{function}()") == wanted


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_missing_pattern_is_refused(fails: Fails, function: str) -> None:
    wanted = "bad argument #2: error converting Lua table to String (expected string or number)"
    assert fails(FUNCTIONS[function] % "{}") == wanted


def test_a_missing_replacement_is_refused(fails: Fails) -> None:
    wanted = "bad argument #3: error converting Lua boolean to String (expected string or number)"
    assert fails("regex.replace('a', 'b', true)") == wanted


def test_a_limit_below_one_is_refused(fails: Fails) -> None:
    assert fails("regex.split('a', 'b', 0)") == "regex.split: limit must be at least 1"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(
            r"regex.match('ab\xff', 'a')",
            "bad argument #1: error converting Lua string to String (invalid utf-8 sequence of 1 bytes from index 2)",
            id="text",
        ),
        pytest.param(
            r"regex.find('a', '\xe2\x82')",
            "bad argument #2: error converting Lua string to String (incomplete utf-8 byte sequence from index 0)",
            id="cut pattern",
        ),
        pytest.param(
            r"regex.replace('a', 'a', '\xe2\x82b')",
            "bad argument #3: error converting Lua string to String (invalid utf-8 sequence of 2 bytes from index 0)",
            id="replacement",
        ),
        pytest.param(
            r"regex.escape('\xed\xa0\x80')",
            "bad argument #1: error converting Lua string to String (invalid utf-8 sequence of 1 bytes from index 0)",
            id="surrogate",
        ),
        pytest.param(
            r"regex.match('\xff', '(')",
            "bad argument #1: error converting Lua string to String (invalid utf-8 sequence of 1 bytes from index 0)",
            id="before the pattern is looked at",
        ),
    ],
)
def test_what_is_not_utf8_is_refused(fails: Fails, call: str, message: str) -> None:
    assert fails(call) == message


def test_all_bytes_of_ascii_come_through_and_the_others_only_as_utf8(run: Run) -> None:
    code = """
    for byte = 0, 127 do
      local char = string.char(byte)
      assert(regex.find(char, '(?s)(.)').groups[1] == char)
      assert(regex.find_all(char, regex.escape(char))[1] == char)
      assert(regex.replace(char, '(?s).', '<$0>') == '<' .. char .. '>')
      assert(regex.split('é' .. char .. 'é', 'é')[2] == char)
    end
    for code = 128, 255 do
      local char = utf8.char(code)
      assert(regex.captures(char, regex.escape(char)).match == char)
      assert(not pcall(regex.match, string.char(code), 'x'))
      assert(not pcall(regex.match, 'x', string.char(code)))
    end
    return true
    """
    assert run(code) is True


def test_regex_may_be_used_under_readonly(run: Run) -> None:
    assert run("return regex.replace('a', 'a', 'b')", readonly=True) == "b"


def test_the_same_few_patterns_serve_many_texts(run: Run) -> None:
    code = """
    local hits = 0
    for i = 1, 20000 do
      if regex.match('line ' .. i, [[\\b(7|13)\\d*$]]) then hits = hits + 1 end
    end
    return hits
    """
    assert run(code) == sum(1 for i in range(1, 20001) if str(i).startswith(("7", "13")))


@settings(deadline=None)
@given(both=patterns(), text=TEXTS)
def test_pieces_and_matches_make_up_the_text(both: Both, text: str) -> None:
    data, pattern = text.encode(), both.ours.encode()
    pieces, matches = regex.split(data, pattern), regex.find_all(data, pattern)
    assert len(pieces) == len(matches) + 1
    assert b"".join(piece + match for piece, match in zip(pieces, [*matches, b""], strict=True)) == data
    bracketed = (
        b"".join(piece + b"<" + match + b">" for piece, match in zip(pieces, matches, strict=False)) + pieces[-1]
    )
    assert regex.replace(data, pattern, b"<$0>") == bracketed
    assert regex.match(data, pattern) is bool(matches)


@settings(deadline=None)
@given(text=st.text(alphabet=st.characters(codec="utf-8")))
def test_an_escaped_text_matches_itself_only(text: str) -> None:
    data = text.encode()
    pattern = b"^(?:" + regex.escape(data) + b")$"
    assert regex.match(data, pattern)
    assert not regex.match(data + b"x", pattern)


@settings(deadline=None)
@given(pattern=st.text(alphabet="ab1()[]{}<>?*+|\\^$.,:-=!&#PiUxwbzd\n é", max_size=20))
def test_any_text_is_a_pattern_or_refused_for_a_reason(pattern: str) -> None:
    message = ""
    try:
        regex.find_all(b"ab 1b-\n", pattern.encode())
    except BuiltinError as exc:
        message = exc.message
    assert not message or message.startswith("regex.find_all: invalid pattern: ")

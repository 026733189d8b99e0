from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.toml.reading import parse_text
from assay_shell.runtime.builtins.toml.writing import dump
from assay_shell.runtime.vm import Runtime

if TYPE_CHECKING:
    from tests.conftest import Fails, Run


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("{b = 1, a = true, Z = 'x'}", 'Z = "x"\na = true\nb = 1\n', id="keys in byte order"),
        pytest.param("{a = {x = 1}, b = 2}", "b = 2\n\n[a]\nx = 1\n", id="plain values before tables"),
        pytest.param("{a = {x = 1, b = {y = 2}}}", "[a]\nx = 1\n\n[a.b]\ny = 2\n", id="nested tables"),
        pytest.param("{a = {b = {y = 2}}}", "[a.b]\ny = 2\n", id="a header that says nothing is left out"),
        pytest.param("{m = {{n = 1}, {n = 2}}}", "[[m]]\nn = 1\n\n[[m]]\nn = 2\n", id="list of tables"),
        pytest.param(
            "{m = {{n = 1, s = {t = 2}}, {s = {{u = 3}}}}}",
            "[[m]]\nn = 1\n\n[m.s]\nt = 2\n\n[[m]]\n\n[[m.s]]\nu = 3\n",
            id="tables within a list of tables",
        ),
        pytest.param("{l = {1, 2}}", "l = [\n    1,\n    2,\n]\n", id="long lists over lines"),
        pytest.param("{l = {1}, e = {}}", "e = []\nl = [1]\n", id="short lists inline"),
        pytest.param("{l = {{1, 2}, {3}}}", "l = [\n    [\n        1,\n        2,\n    ],\n    [3],\n]\n", id="nested"),
        pytest.param("{l = {1, {a = {2, 3}}}}", "l = [\n    1,\n    { a = [2, 3] },\n]\n", id="table in a mixed list"),
        pytest.param(
            "{['a b'] = 1, [''] = 2, ['é'] = 3, ['a-b_1'] = 4}", '"" = 2\n"a b" = 1\na-b_1 = 4\n"é" = 3\n', id="keys"
        ),
        pytest.param("{['a.b'] = {['c\"d'] = {x = 1}}}", '["a.b"."c\\"d"]\nx = 1\n', id="quoted keys in headers"),
        pytest.param("{s = 'plain'}", 's = "plain"\n', id="string"),
        pytest.param("{s = 'a\"b\\\\c'}", "s = 'a\"b\\c'\n", id="quotes and backslashes"),
        pytest.param('{s = "it\'s \\"x\\""}', 's = "it\'s \\"x\\""\n', id="both kinds of quotes"),
        pytest.param("{s = 'a\\nb\\\\\\n'}", 's = """\na\nb\\\\\n"""\n', id="several lines"),
        pytest.param("{s = 'a\\0\\127\\r\\n'}", 's = "a\\u0000\\u007F\\r\\n"\n', id="control characters"),
        pytest.param("{f = {1.0, 1e20}}", "f = [\n    1.0,\n    100000000000000000000.0,\n]\n", id="no exponent"),
        pytest.param("{f = 1e-7, g = -0.0}", "f = 0.0000001\ng = -0.0\n", id="small floats"),
        pytest.param("{f = 1/0, g = -1/0, h = 0/0}", "f = inf\ng = -inf\nh = nan\n", id="not finite"),
        pytest.param("json.object()", "", id="empty object"),
        pytest.param("{o = json.object(), m = {json.object()}}", "[[m]]\n\n[o]\n", id="empty tables"),
    ],
)
def test_values_are_written_as_the_contract_says(run: Run, value: str, text: str) -> None:
    assert run(f"return toml.encode({value})") == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("{}", "toml.encode: unsupported array type", id="empty table"),
        pytest.param("{1, 2}", "toml.encode: unsupported array type", id="array"),
        pytest.param("5", "toml.encode: unsupported i64 type", id="integer"),
        pytest.param("1.5", "toml.encode: unsupported f64 type", id="float"),
        pytest.param("'x'", "toml.encode: unsupported str type", id="string"),
        pytest.param("true", "toml.encode: unsupported bool type", id="boolean"),
        pytest.param("nil", "toml.encode: unsupported unit type", id="nil"),
        pytest.param("{a = {json.null}}", "toml.encode: unsupported unit type", id="null"),
        pytest.param("{a = print}", "unsupported Lua type for JSON: function", id="function"),
        pytest.param("(function() local t = {} t.a = t return t end)()", "recursive table at $.a", id="cycle"),
    ],
)
def test_what_toml_cannot_hold_is_refused(fails: Fails, value: str, message: str) -> None:
    assert fails(f"toml.encode({value})") == message


def test_very_deep_tables_end_in_a_message(fails: Fails) -> None:
    assert fails("local t = 1 for _ = 1, 3000 do t = {t} end toml.encode({a = t})") == "toml.encode: nested too deep"


TEXTS = st.text(max_size=12) | st.text(alphabet="ab\"'\\\n\r\t #=.[]\0\x7f\x85é", max_size=12)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
@example({"a": [{}, {"b": [{}]}], "b": {"c": {}}, "c": [[{"x": "\n"}]], "d": 'a"""b""', "e": '\n"'})
def test_what_is_written_reads_back_here_and_elsewhere(value: dict[str, object]) -> None:
    text = dump(value)
    assert parse_text(text, "toml.parse") == value
    assert tomllib.loads(text) == value


def test_all_characters_come_back() -> None:
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    with Runtime() as vm:
        code = (
            "local t = ... local back = toml.parse(toml.encode({[t] = t, b = t .. '\\n'})) return back[t] == t, back.b"
        )
        same, other = vm.evaluate(code, args=[everything])
    assert same is True
    assert other == everything + "\n"

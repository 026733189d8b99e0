from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import yaml as reference
from hypothesis import example, given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.yaml.reading import parse_text
from assay_shell.runtime.builtins.yaml.writing import dump
from assay_shell.runtime.vm import Runtime

if TYPE_CHECKING:
    from tests.conftest import Fails, Run


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("nil", "null\n", id="nil"),
        pytest.param("true", "true\n", id="boolean"),
        pytest.param("5", "5\n", id="integer"),
        pytest.param("{1.0, 1e20, 1e-7, 0.1, -0.0}", "- 1.0\n- 1e20\n- 1e-7\n- 0.1\n- -0.0\n", id="floats"),
        pytest.param("{1/0, -1/0, 0/0}", "- .inf\n- -.inf\n- .nan\n", id="not finite"),
        pytest.param("{}", "[]\n", id="empty table"),
        pytest.param("{a = {}, b = json.object()}", "a: []\nb: {}\n", id="empty members"),
        pytest.param("{a = json.null}", "a: null\n", id="null"),
        pytest.param("{b = 1, a = 2, ['é'] = 3, Z = 4}", "Z: 4\na: 2\nb: 1\né: 3\n", id="keys in byte order"),
        pytest.param("{a = {1, 2}}", "a:\n- 1\n- 2\n", id="a list stands level with its key"),
        pytest.param("{1, {2, {3}}}", "- 1\n- - 2\n  - - 3\n", id="nested lists"),
        pytest.param("{{b = 1, a = {c = {2}}}}", "- a:\n    c:\n    - 2\n  b: 1\n", id="mappings in a list"),
        pytest.param("{[1] = 'a', [3] = 'c'}", "'1': a\n'3': c\n", id="holes make a mapping"),
        pytest.param("'plain text, with (signs)'", "plain text, with (signs)\n", id="plain"),
        pytest.param(
            "{'a: b', 'a #b', '- a', ' a', 'a ', ''}", "- 'a: b'\n- 'a #b'\n- '- a'\n- ' a'\n- 'a '\n- ''\n", id="signs"
        ),
        pytest.param('"it\'s: x"', "'it''s: x'\n", id="single quote"),
        pytest.param("'a\\nb'", "|-\n  a\n  b\n", id="block without a final newline"),
        pytest.param("{k = 'a\\n\\n b\\n'}", "k: |\n  a\n\n   b\n", id="block"),
        pytest.param("{k = 'a\\n\\n', l = 1}", "k: |+\n  a\n\nl: 1\n", id="block with more newlines"),
        pytest.param("{{k = {'a\\nb\\n'}}}", "- k:\n  - |\n    a\n    b\n", id="block in a list"),
        pytest.param("'a\\0\\27\\127\\tb'", '"a\\u0000\\u001B\\u007F\\tb"\n', id="control characters"),
        pytest.param("'a\\r\\nb'", '"a\\r\\nb"\n', id="carriage return"),
        pytest.param("('word '):rep(100)..'x'", "word " * 100 + "x\n", id="no wrapping"),
    ],
)
def test_values_are_written_as_the_contract_says(run: Run, value: str, text: str) -> None:
    assert run(f"return yaml.encode({value})") == text


WORDS = "yes No on OFF y N true False null ~ << ="
NUMBERS = "5 -5 0x1F 0o17 0b1 017 1_000 1.0 1e3 .5 .inf -.INF .nan 12:30 190:20:30"


@pytest.mark.parametrize("text", [*f"{WORDS} {NUMBERS} 2024-01-01".split(), "2001-12-14 21:59:43", ""])
def test_a_string_that_would_read_as_something_else_is_quoted(text: str) -> None:
    assert dump(text) == f"'{text}'\n"
    assert dump({text: 1}) == f"'{text}': 1\n"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("print", "unsupported Lua type for JSON: function", id="function"),
        pytest.param("{[true] = 1}", "unsupported table key type: boolean", id="key"),
        pytest.param(
            "'\\xff'",
            "error converting Lua string to String (invalid utf-8 sequence of 1 bytes from index 0)",
            id="bytes",
        ),
        pytest.param("(function() local t = {} t.a = {t} return t end)()", "recursive table at $.a[1]", id="cycle"),
    ],
)
def test_what_has_no_json_form_is_refused_as_json_does(fails: Fails, value: str, message: str) -> None:
    assert fails(f"yaml.encode({value})") == message


def test_very_deep_tables_end_in_a_message(fails: Fails) -> None:
    assert fails("local t = 1 for _ = 1, 3000 do t = {t} end yaml.encode(t)") == "yaml.encode: nested too deep"


def test_a_very_long_key_is_announced() -> None:
    key = "k" * 2000
    for value in (1, [1, [2]], {"a": "b\nc\n"}):
        assert reference.load(dump({key: value, "x": 1}), Loader=reference.CSafeLoader) == {key: value, "x": 1}


SPECIAL = st.text(alphabet="ab :#-?,[]{}&*!|>'\"%@`\n\t\r \\0123.eE+x~<=_\0\x7f\x85\u2028\ufeff\ufffeyno", max_size=14)
TEXTS = st.text(max_size=20) | SPECIAL
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS


def documents(scalars: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
        max_leaves=15,
    )


@given(documents(SCALARS | st.floats(allow_nan=False)))
@example(["a\n\tb", "\n", "a\n\n", " a\nb", "a \nb", "---", "--- a", "...", "-", "--flag", "? a", ": a", "\\", "a\\b"])
def test_what_is_written_reads_back(value: object) -> None:
    again = parse_text(dump(value), "yaml.parse")[0]
    assert again == value
    assert repr(again) == repr(value) or isinstance(value, dict | list)


@given(documents(SCALARS))
def test_older_readers_read_the_same(value: object) -> None:
    text = dump(value)
    assert reference.load(text, Loader=reference.CSafeLoader) == value
    assert reference.load(text, Loader=reference.SafeLoader) == value


def test_all_characters_come_back() -> None:
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    with Runtime() as vm:
        assert vm.evaluate("local t = ... return yaml.parse(yaml.encode(t)) == t", args=[everything]) == [True]
        assert vm.evaluate("local t = ... return yaml.parse(yaml.encode({[t] = t}))[t] == t", args=[everything]) == [
            True
        ]


def test_not_a_number_comes_back(run: Run) -> None:
    value = run("return yaml.parse(yaml.encode({0/0}))[1]")
    assert isinstance(value, float)
    assert math.isnan(value)

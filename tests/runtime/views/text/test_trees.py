from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.views.model import Tree
from assay_shell.runtime.views.nodes import plain_node
from assay_shell.runtime.views.text import render

DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=30,
)


def shown(data, *args, syntax="outline", **options):
    return render(Tree(plain_node(data), "", syntax), *args, **options)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param({}, "{}", id="empty map"),
        pytest.param([], "[]", id="empty list"),
        pytest.param({"a": None, "bb": True}, "a   null\nbb  true", id="scalars are aligned"),
        pytest.param({"a": {"b": {"c": 1}}}, "a\n  b\n    c  1", id="levels are indented"),
        pytest.param({"a": [1, 2]}, "a  [1, 2]", id="short lists stay on the line"),
        pytest.param({"a": [{"b": 1}]}, "a  [1]\n  1\n    b  1", id="lists of maps are numbered from 1"),
        pytest.param({"a": "x\ny"}, "a  x\\ny", id="a text is one line"),
        pytest.param({"a": ""}, 'a  ""', id="an empty text is seen"),
        pytest.param({"": 1}, '""  1', id="an empty key is seen"),
    ],
)
def test_nested_data_is_an_outline(data, text):
    assert shown(data) == text


def test_what_is_too_much_is_counted():
    lines = shown({"a": [{"n": n} for n in range(500)]}).split("\n")
    assert lines[0] == "a  [500]"
    assert lines[-1] == "  … 400 more"


def test_a_limit_ends_the_outline():
    assert shown({str(n): n for n in range(10)}, limit=3).split("\n")[3:] == ["… more below"]


def test_json_is_a_syntax_of_its_own():
    assert shown({"a": [1, "x\n", None]}, syntax="json") == '{\n  "a": [\n    1,\n    "x\\n",\n    null\n  ]\n}'


@given(data=DATA, width=st.integers(20, 100))
def test_lines_have_no_control_characters_and_are_no_wider_than_the_page(data, width):
    for syntax in ("outline", "json"):
        for line in shown(data, width, syntax=syntax).split("\n"):
            assert line.isprintable() or line == "" or not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in line)
            line.encode()


@given(data=DATA)
def test_json_without_limits_reads_back(data):
    import json

    text = shown(data, None, syntax="json")
    if not any(mark in text for mark in ("nan", "inf", "\\x", "\\u{", "…")):
        assert json.loads(text) == data


@given(data=DATA)
def test_ascii_outputs_get_ascii(data):
    assert shown(data, encoding="ascii").isascii()

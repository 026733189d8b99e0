from __future__ import annotations

import json as reference

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.json.faults import Fault, check

MAX_DEPTH = 127


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "EOF while parsing a value at line 1 column 0", id="empty"),
        pytest.param(" \n ", "EOF while parsing a value at line 2 column 1", id="blank"),
        pytest.param('{"a":1} x', "trailing characters at line 1 column 9", id="trailing"),
        pytest.param("[1]\n]", "trailing characters at line 2 column 1", id="trailing on line 2"),
        pytest.param("[", "EOF while parsing a list at line 1 column 1", id="open list"),
        pytest.param("[1", "EOF while parsing a list at line 1 column 2", id="list ends after a value"),
        pytest.param("[1,", "EOF while parsing a value at line 1 column 3", id="list ends after a comma"),
        pytest.param("[1,]", "trailing comma at line 1 column 4", id="trailing comma in a list"),
        pytest.param("[1 2]", "expected `,` or `]` at line 1 column 4", id="missing comma in a list"),
        pytest.param("[,1]", "expected value at line 1 column 2", id="leading comma"),
        pytest.param("{", "EOF while parsing an object at line 1 column 1", id="open object"),
        pytest.param('{"a"', "EOF while parsing an object at line 1 column 4", id="object ends after a key"),
        pytest.param('{"a":', "EOF while parsing a value at line 1 column 5", id="object ends after a colon"),
        pytest.param('{"a":1', "EOF while parsing an object at line 1 column 6", id="object ends after a value"),
        pytest.param('{"a":1,', "EOF while parsing a value at line 1 column 7", id="object ends after a comma"),
        pytest.param('{"a":1,}', "trailing comma at line 1 column 8", id="trailing comma in an object"),
        pytest.param('{"a" 1}', "expected `:` at line 1 column 6", id="missing colon"),
        pytest.param('{"a":1 "b"}', "expected `,` or `}` at line 1 column 8", id="missing comma in an object"),
        pytest.param("{1:2}", "key must be a string at line 1 column 2", id="number as key"),
        pytest.param("tru", "EOF while parsing a value at line 1 column 3", id="word cut off"),
        pytest.param("nulx", "expected ident at line 1 column 4", id="word misspelt"),
        pytest.param("NaN", "expected value at line 1 column 1", id="NaN"),
        pytest.param("'a'", "expected value at line 1 column 1", id="single quotes"),
        pytest.param("// x\n1", "expected value at line 1 column 1", id="comment"),
        pytest.param("\ufeff1", "expected value at line 1 column 1", id="byte order mark"),
        pytest.param("+1", "expected value at line 1 column 1", id="plus sign"),
        pytest.param("01", "invalid number at line 1 column 2", id="leading zero"),
        pytest.param("-", "EOF while parsing a value at line 1 column 1", id="lone minus"),
        pytest.param("-x", "invalid number at line 1 column 2", id="minus and letter"),
        pytest.param("1.", "EOF while parsing a value at line 1 column 2", id="point at the end"),
        pytest.param("1.x", "invalid number at line 1 column 3", id="point without digits"),
        pytest.param("1e+", "EOF while parsing a value at line 1 column 3", id="exponent at the end"),
        pytest.param("[1e ]", "invalid number at line 1 column 4", id="exponent without digits"),
        pytest.param("1e999", "number out of range at line 1 column 5", id="beyond floats"),
        pytest.param("-" + "9" * 400, "number out of range at line 1 column 401", id="integer beyond floats"),
        pytest.param('"abc', "EOF while parsing a string at line 1 column 4", id="open string"),
        pytest.param('"\\', "EOF while parsing a string at line 1 column 2", id="open escape"),
        pytest.param('"\\x"', "invalid escape at line 1 column 3", id="unknown escape"),
        pytest.param('"\\u12g4"', "invalid escape at line 1 column 7", id="bad hex digits"),
        pytest.param('"\\u12', "EOF while parsing a string at line 1 column 5", id="open hex digits"),
        pytest.param('"\\udc00"', "lone leading surrogate in hex escape at line 1 column 7", id="low surrogate first"),
        pytest.param('"\\ud800"', "unexpected end of hex escape at line 1 column 8", id="high surrogate alone"),
        pytest.param('"\\ud800\\n"', "unexpected end of hex escape at line 1 column 9", id="surrogate and escape"),
        pytest.param('"\\ud800\\u0041"', "lone leading surrogate in hex escape at line 1 column 13", id="two high"),
        pytest.param(
            '"a\tb"',
            "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 3",
            id="control character",
        ),
        pytest.param('"é" x', "trailing characters at line 1 column 6", id="columns count bytes"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(Fault) as caught:
        check(text.encode(), MAX_DEPTH)
    assert str(caught.value) == message


def test_containers_may_nest_127_deep() -> None:
    check(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, MAX_DEPTH)
    with pytest.raises(Fault, match="recursion limit exceeded at line 1 column 128"):
        check(b"[" * (MAX_DEPTH + 1), MAX_DEPTH)


PIECES = st.sampled_from([*'{}[],:"\\ e\né', '"a"', r'"\u00e9"', "1", "-0", "2.5", "1e3", "true", "null"])


@given(st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=12)))
def test_the_scanner_refuses_just_what_orjson_refuses(text: str) -> None:
    data = text.encode()
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        with pytest.raises(Fault):
            check(data, MAX_DEPTH)
    else:
        check(data, MAX_DEPTH)


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 1]))
def test_the_scanner_accepts_what_the_standard_library_writes(value: object, ascii: bool, indent: int | None) -> None:
    check(reference.dumps(value, ensure_ascii=ascii, indent=indent).encode(), MAX_DEPTH)

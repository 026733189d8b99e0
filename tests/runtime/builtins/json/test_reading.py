from __future__ import annotations

import json as reference
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.json import parse_bytes
from assay_shell.runtime.builtins.json.engines import SMALL
from assay_shell.runtime.builtins.json.reading import nests_deeper
from assay_shell.runtime.errors import BuiltinError, ScriptError
from assay_shell.runtime.values import as_text
from assay_shell.runtime.vm import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Fails, Run

NO_STRING = "bad argument #1: error converting Lua {} to String (expected string or number)"
NOT_UTF8 = "bad argument #1: error converting Lua string to String ("

LIMIT = 2**63
NUMBERS = st.integers(-LIMIT, LIMIT - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.booleans() | NUMBERS | st.text()
DOCUMENTS = st.recursive(
    st.none() | SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=25
)
WITHOUT_NULL = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(st.text(), inner, min_size=1),
    max_leaves=25,
)
PADDING = st.sampled_from(["", " " * SMALL])  # small and large texts have an engine each
BROKEN = st.lists(
    st.sampled_from([*'{}[],:"\n\x01é-1', '"k"', "\\u12", ".5", "1e999", "nul"]),
    max_size=10,
).map("".join)


def pair(texts: tuple[str, str]) -> str:
    return f"[{texts[0]},{texts[1]}]"


def deepest(value: object) -> int:
    if isinstance(value, list | dict):
        return 1 + max(map(deepest, value.values() if isinstance(value, dict) else value), default=0)
    return 0


@pytest.fixture
def vm() -> Iterator[Runtime]:
    with Runtime() as runtime:
        yield runtime


def kind(run: Run, text: str) -> object:
    return run(f"return math.type(json.parse([==[{text}]==]))")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("true", True, id="true"),
        pytest.param(" false\n", False, id="white space around"),
        pytest.param("null", None, id="null"),
        pytest.param('"x"', "x", id="string"),
        pytest.param("[1,[2]]", [1, [2]], id="arrays"),
        pytest.param('{"a":{"b":1}}', {"a": {"b": 1}}, id="objects"),
        pytest.param('{"a":1,"a":2}', {"a": 2}, id="the last of duplicate keys wins"),
        pytest.param('{"a":null,"b":1}', {"b": 1}, id="null members vanish"),
        pytest.param("[1,null,3]", {1: 1, 3: 3}, id="null elements leave holes"),
        pytest.param(r'"\"\\\/\b\f\n\r\t"', '"\\/\b\f\n\r\t', id="short escapes"),
        pytest.param(r'"\u0000\u001f\u00e9\u20ac\ud83d\ude00é😀"', "\0\x1fé€😀é😀", id="code points"),
        pytest.param(r'{"\u00e9":"\\u00e9"}', {"é": "\\u00e9"}, id="escaped key beside an escaped backslash"),
    ],
)
def test_values_come_as_the_contract_says(run: Run, text: str, value: object) -> None:
    assert run(f"return json.parse([==[{text}]==])") == value


@pytest.mark.parametrize(
    ("text", "value", "of_type"),
    [
        pytest.param("0", 0, "integer", id="zero"),
        pytest.param("9223372036854775807", LIMIT - 1, "integer", id="largest"),
        pytest.param("-9223372036854775808", -LIMIT, "integer", id="smallest"),
        pytest.param("9223372036854775808", 2.0**63, "float", id="above 64 bits signed"),
        pytest.param("18446744073709551615", 2.0**64, "float", id="64 bits unsigned"),
        pytest.param("18446744073709551616", 2.0**64, "float", id="above 64 bits unsigned"),
        pytest.param("-9223372036854775809", -(2.0**63), "float", id="below 64 bits"),
        pytest.param("1.0", 1.0, "float", id="point"),
        pytest.param("1e2", 100.0, "float", id="exponent"),
        pytest.param("5e-324", 5e-324, "float", id="smallest float"),
        pytest.param("1e-999", 0.0, "float", id="underflow"),
    ],
)
def test_integers_that_fit_64_bits_stay_integers(run: Run, text: str, value: float, of_type: str) -> None:
    assert run(f"return json.parse('{text}')") == value
    assert kind(run, text) == of_type
    assert run(f"return math.type(json.parse('[[{text}]]')[1][1])") == of_type


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param("-0", "", id="alone"),
        pytest.param("[-0]", "[1]", id="first"),
        pytest.param("[1,-0,2]", "[2]", id="after a comma"),
        pytest.param('{"-0":\n-0}', "['-0']", id="on a line of its own"),
        pytest.param('["-0,-0", -0 ]', "[2]", id="beside a string that looks alike"),
        pytest.param('["\\"",-0,"é"]', "[2]", id="after an escaped quote"),
        pytest.param('["\\u00e9",-0]', "[2]", id="after an escaped code point"),
    ],
)
def test_minus_zero_is_a_float(text: str, where: str, vm: Runtime) -> None:
    [zero] = vm.evaluate(f"local v = json.parse(...) return v{where}", args=[text])
    assert repr(zero) == "-0.0"


def test_minus_zero_in_a_string_stays_text(run: Run) -> None:
    assert run("""return json.parse('["a -0", ":-0", -0.5, "\\\\":-0"]')""") == ["a -0", ":-0", -0.5, '":-0']


def test_a_hole_ends_the_length(run: Run) -> None:
    assert run("return #json.parse('[1,null,3]')") == 1


def test_a_number_is_taken_as_its_text(run: Run) -> None:
    assert run("return json.parse(12.5)") == 12.5


def test_decode_is_an_alias(run: Run, fails: Fails) -> None:
    assert run("return json.decode('[1]')") == [1]
    assert fails("json.decode('')") == "json.parse: EOF while parsing a value at line 1 column 0"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param("''", "json.parse: EOF while parsing a value at line 1 column 0", id="empty"),
        pytest.param("'{} x'", "json.parse: trailing characters at line 1 column 4", id="trailing"),
        pytest.param("'[\\n1e999]'", "json.parse: number out of range at line 2 column 5", id="range"),
        pytest.param("('['):rep(128)", "json.parse: recursion limit exceeded at line 1 column 128", id="depth"),
        pytest.param(
            "('['):rep(128)..(']'):rep(128)",
            "json.parse: recursion limit exceeded at line 1 column 128",
            id="depth of a complete text",
        ),
        pytest.param("('['):rep(2000000)", "json.parse: recursion limit exceeded at line 1 column 128", id="very deep"),
        pytest.param(
            "(' '):rep(70000)..'\\n [1,]'", "json.parse: trailing comma at line 2 column 5", id="in a large text"
        ),
        pytest.param("nil", NO_STRING.format("nil"), id="nil"),
        pytest.param("{}", NO_STRING.format("table"), id="table"),
        pytest.param("'1', 2", "bad argument #2: error converting Lua integer to table", id="options"),
        pytest.param(
            "'\"a\\xff\"'",
            "bad argument #1: error converting Lua string to String (invalid utf-8 sequence of 1 bytes from index 2)",
            id="bad UTF-8",
        ),
        pytest.param(
            "'\"\\xe2\\x82'",
            "bad argument #1: error converting Lua string to String (incomplete utf-8 byte sequence from index 1)",
            id="cut UTF-8",
        ),
    ],
)
def test_refusals_name_reason_and_place(fails: Fails, call: str, message: str) -> None:
    assert fails(f"json.parse({call})") == message


def test_127_levels_pass(run: Run) -> None:
    assert run(
        "local v = json.parse(('[{\"a\":'):rep(63)..'[\"[[[]]]{\\\\\"\"]'..('}]'):rep(63)) "
        "for i = 1, 63 do v = v[1].a end return v"
    ) == ['[[[]]]{"']


def test_an_unknown_option_is_refused_under_strict(fails: Fails) -> None:
    assert "exact" in fails("json.parse('1', { exakt = true })", strict=True)


def test_exact_keeps_nulls_and_tells_empty_objects_from_empty_arrays(run: Run) -> None:
    text = '{"a":null,"b":[],"c":{},"d":[null,{"e":[[],{}]}]}'
    assert run(f"return json.encode(json.parse('{text}', {{ exact = true }}))") == text
    assert run("return json.parse('null', { exact = true }) == json.null") is True
    assert run("return #json.parse('[null,null]', { exact = true })") == 2


def test_what_was_parsed_exactly_stays_an_object_when_it_is_emptied(run: Run) -> None:
    code = 'local v = json.parse(\'{"labels":{"a":1},"list":[1]}\', { exact = true })'
    assert run(f"{code} v.labels.a = nil v.list[1] = nil return json.encode(v)") == '{"labels":{},"list":[]}'


def test_a_document_round_trips_exactly(vm: Runtime) -> None:
    @given(DOCUMENTS, st.booleans(), st.sampled_from([None, 2]), PADDING)
    def holds(value: object, ascii: bool, indent: int | None, padding: str) -> None:
        text = padding + reference.dumps(value, ensure_ascii=ascii, indent=indent)
        [again] = vm.evaluate("return json.encode(json.parse(..., { exact = true }))", args=[text])
        assert typed(reference.loads(again)) == typed(value)

    holds()


def test_plain_parsing_agrees_with_the_standard_library(vm: Runtime) -> None:
    @given(WITHOUT_NULL, st.booleans(), PADDING)
    def holds(value: object, ascii: bool, padding: str) -> None:
        [parsed] = vm.evaluate("return json.parse(...)", args=[padding + reference.dumps(value, ensure_ascii=ascii)])
        assert typed(parsed) == typed(value)

    holds()


def test_a_text_is_refused_with_a_message_or_read_as_the_standard_library_reads_it(vm: Runtime) -> None:
    @given(st.one_of(BROKEN, st.text(max_size=20)), PADDING)
    def holds(text: str, padding: str) -> None:
        text = padding + text
        written, message = outcome(vm, "json.encode(json.parse(..., { exact = true }))", text)
        if message is None:
            assert typed(reference.loads(str(written))) == typed(reference.loads(text))
        else:
            assert re.fullmatch(r"json\.parse: .+ at line \d+ column \d+", message)

    holds()


def test_any_bytes_end_in_a_message(vm: Runtime) -> None:
    @given(st.binary(max_size=30))
    def holds(data: bytes) -> None:
        _, message = outcome(vm, "json.parse(...)", data)
        assert message is None or message.startswith(("json.parse: ", NOT_UTF8))

    holds()


@pytest.mark.parametrize("ascii", [True, False], ids=["escaped", "raw"])
def test_every_code_point_arrives_as_its_utf8(vm: Runtime, ascii: bool) -> None:
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    [same] = vm.evaluate(
        "local text, wanted = ... return json.parse(text) == wanted",
        args=[reference.dumps(everything, ensure_ascii=ascii), everything],
    )
    assert same is True


def test_a_document_that_would_not_fit_is_refused_and_the_runtime_lives_on() -> None:
    with Runtime(memory_limit=16 << 20) as vm:
        code = "local ok, e = pcall(json.parse, '['..('[],'):rep(600000)..'1]') return ok, tostring(e)"
        ok, message = vm.evaluate(code)
        assert not ok
        assert "not enough memory" in message
        assert vm.evaluate("return json.parse('[1]')") == [[1]]


NESTED = st.recursive(
    st.sampled_from(['"[[["', '"]}\\\\"', '"\\"{"', "1"]),
    lambda inner: inner.map("[{}]".format) | inner.map('{{"k[":{}}}'.format) | st.tuples(inner, inner).map(pair),
    max_leaves=12,
)


@given(NESTED, st.integers(0, 12))
def test_depth_is_measured_outside_of_strings(text: str, depth: int) -> None:
    assert nests_deeper(text.encode(), depth) == (deepest(reference.loads(text)) > depth)


def test_other_groups_get_plain_data_and_their_own_name_in_messages() -> None:
    assert parse_bytes('{"é":[null,-0,"\\u20ac"]}'.encode(), "resp:json") == {"é": [None, 0.0, "€"]}
    with pytest.raises(BuiltinError, match=r"^resp:json: expected value at line 1 column 1$"):
        parse_bytes(b"<html>", "resp:json")
    with pytest.raises(BuiltinError, match=r"^resp:json: invalid utf-8 sequence of 1 bytes from index 1$"):
        parse_bytes(b'"\xff"', "resp:json")


def outcome(vm: Runtime, expression: str, argument: str | bytes) -> tuple[object, str | None]:
    """The value of *expression* and no message, or None and the message of its failure."""
    try:
        results = vm.evaluate(f"return {expression}", args=[argument])
    except ScriptError as error:
        return None, error.message
    return (results or [None])[0], None


def typed(value: object) -> object:
    """*value* with integers and floats told apart, text as the bytes behind it."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return (type(value).__name__, repr(value)) if isinstance(value, float | int) else value


def test_texts_with_all_bytes_come_back(vm: Runtime) -> None:
    text = as_text(bytes(range(1, 128))) + "\x80ÿ\U0010ffff"
    assert vm.evaluate("return json.parse(json.encode(...))", args=[text]) == [text]

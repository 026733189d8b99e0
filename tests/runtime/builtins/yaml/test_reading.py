from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import yaml as reference
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.yaml import parse_bytes
from assay_shell.runtime.builtins.yaml.reading import MAX_DEPTH, Fault, _Builder, _pure_parser, parse_text
from assay_shell.runtime.errors import BuiltinError, ScriptError
from assay_shell.runtime.vm import Runtime

if TYPE_CHECKING:
    from tests.conftest import Fails, Run

NO_STRING = "bad argument #1: error converting Lua {} to String (expected string or number)"


def value_of(text: str) -> object:
    return parse_text(text, "yaml.parse")[0]


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_true_is_a_boolean(text: str) -> None:
    assert value_of(text) is True


@pytest.mark.parametrize("text", ["false", "False", "FALSE"])
def test_false_is_a_boolean(text: str) -> None:
    assert value_of(text) is False


@pytest.mark.parametrize("text", ["null", "Null", "NULL", "~", "", "---", "--- \n...", "# only a comment\n"])
def test_null_and_nothing_are_nil(text: str) -> None:
    assert value_of(text) is None


WORDS = "yes no on off y n Yes NO tRUE nULL nan inf .Nan e3 << = . + ٣"
ODD_NUMBERS = "017 -017 0o8 0b2 0xG 0X1F 0x 1_000 1e 1e999 -1e999 1.2.3"
DATES_AND_TIMES = "2024-01-01 2001-12-14t21:59:43.10-05:00 12:30 12:30:45"


@pytest.mark.parametrize("text", f"{WORDS} {ODD_NUMBERS} {DATES_AND_TIMES}".split())
def test_all_else_is_a_string(text: str) -> None:
    assert value_of(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("+5", 5),
        ("0", 0),
        ("-0", 0),
        ("0x1F", 31),
        ("-0x1f", -31),
        ("0o17", 15),
        ("0b101", 5),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("0x7fffffffffffffff", 2**63 - 1),
    ],
)
def test_integers(text: str, value: int) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is int


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.0", 1.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("017.5", 17.5),
        ("1E-2", 0.01),
        ("9223372036854775808", 2.0**63),
        ("18446744073709551615", 2.0**64),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("+.Inf", math.inf),
    ],
)
def test_floats(text: str, value: float) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is float


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    value = value_of(text)
    assert value != value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("on: push", {"on": "push"}, id="on is a key like any other"),
        pytest.param("a: b\nc: [1, {d: e}]", {"a": "b", "c": [1, {"d": "e"}]}, id="block and flow"),
        pytest.param("---\na: 1\n...\n", {"a": 1}, id="markers of the document"),
        pytest.param("%YAML 1.2\n---\na: 1", {"a": 1}, id="directive"),
        pytest.param("\ufeffa: 1", {"a": 1}, id="byte order mark"),
        pytest.param("a: 1\na: 2", {"a": 2}, id="the last of duplicate keys wins"),
        pytest.param("1: a\ntrue: b\n~: c", {"1": "a", "true": "b", "null": "c"}, id="keys become text"),
        pytest.param("1.5: a\n1e3: b\n.inf: c", {"1.5": "a", "1000.0": "b", ".inf": "c"}, id="float keys become text"),
        pytest.param("1: a\n'1': b", {"1": "b"}, id="keys that become the same"),
        pytest.param("a: &x {b: 1}\nc: *x\nd: [*x]", {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}]}, id="aliases"),
        pytest.param("&k a: 1\n*k : 2", {"a": 2}, id="alias as a key"),
        pytest.param("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}, id="anchor defined again"),
        pytest.param(
            "x: &x {a: 1}\ny: {<<: *x, b: 2}", {"x": {"a": 1}, "y": {"<<": {"a": 1}, "b": 2}}, id="no merging"
        ),
        pytest.param("!!str 5", "5", id="tag str"),
        pytest.param("!!int '5'", 5, id="tag int"),
        pytest.param("!!float 5", 5.0, id="tag float"),
        pytest.param("!!bool 'true'", True, id="tag bool"),
        pytest.param("!!null ''", None, id="tag null"),
        pytest.param("!!binary aGk=", "aGk=", id="binary stays text"),
        pytest.param("!!map {a: !!seq [1]}", {"a": [1]}, id="tags of collections"),
        pytest.param("'5'", "5", id="single quotes"),
        pytest.param('"\\x41\\u00e9\\U0001F600\\0\\e\\N"', "Aé😀\0\x1b\x85", id="escapes"),
        pytest.param("|\n  a\n   b\n\n", "a\n b\n", id="literal"),
        pytest.param(">-\n  a\n  b\n", "a b", id="folded"),
        pytest.param("? a\n? b", {"a": None, "b": None}, id="keys without values"),
        pytest.param("é: ü😀", {"é": "ü😀"}, id="text beyond ASCII"),
    ],
)
def test_documents_are_read_as_the_contract_says(text: str, value: object) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: b: c", "mapping values are not allowed in this context at line 1 column 5", id="two colons"),
        pytest.param("a:\n\tb: 1", "found character that cannot start any token at line 2 column 1", id="tab"),
        pytest.param(
            "--- 1\n--- 2",
            "the text holds more than one document: the second starts at line 2 column 1",
            id="two documents",
        ),
        pytest.param("? [1]\n: 2", "a list cannot be a key at line 1 column 3", id="list as a key"),
        pytest.param("{? {a: 1} : 2}", "a mapping cannot be a key at line 1 column 4", id="mapping as a key"),
        pytest.param("a: !foo x", "unsupported tag !foo at line 1 column 4", id="unknown tag"),
        pytest.param("!!set {a}", "unsupported tag tag:yaml.org,2002:set at line 1 column 1", id="unknown collection"),
        pytest.param(
            "!!timestamp 2001-01-01", "unsupported tag tag:yaml.org,2002:timestamp at line 1 column 1", id="date"
        ),
        pytest.param("!!int x", "'x' is not of type !!int at line 1 column 1", id="tag that does not fit"),
        pytest.param("!!bool yes", "'yes' is not of type !!bool at line 1 column 1", id="old boolean"),
        pytest.param("!!null x", "'x' is not of type !!null at line 1 column 1", id="no null"),
        pytest.param(
            "x: 18446744073709551616", "integer 18446744073709551616 is out of range at line 1 column 4", id="large"
        ),
        pytest.param(
            "-9223372036854775809", "integer -9223372036854775809 is out of range at line 1 column 1", id="low"
        ),
        pytest.param("9" * 50, f"integer {'9' * 50} is out of range at line 1 column 1", id="very large"),
        pytest.param("a: *x", "unknown anchor 'x' at line 1 column 4", id="unknown anchor"),
        pytest.param("&a [*a]", "an alias refers to a collection around it at line 1 column 5", id="alias to itself"),
        pytest.param("a: 'x\ny: \x01'", "character U+0001 is not allowed at line 2 column 4", id="control character"),
        pytest.param("a: [1", "did not find expected ',' or ']' at line 2 column 1", id="open list"),
    ],
)
def test_faults_are_named_with_their_place(text: str, message: str) -> None:
    with pytest.raises(BuiltinError) as caught:
        value_of(text)
    assert caught.value.message.startswith(f"yaml.parse: {message}")


def test_depth_is_limited() -> None:
    assert value_of("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None
    with pytest.raises(BuiltinError, match="nested deeper than 128 levels at line 1 column 129"):
        value_of("[" * (MAX_DEPTH + 1))


def test_aliases_that_blow_a_document_up_are_refused() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(BuiltinError, match="aliases make the document too large"):
        value_of("\n".join(lines))
    assert len(value_of("x: &x [1]\ny: [" + "*x, " * 1000 + "]")["y"]) == 1000  # type: ignore[index]


# Through Lua


def test_null_members_vanish_and_elements_leave_holes(run: Run) -> None:
    assert run("return yaml.parse('{a: ~, b: [1, null, 3], c: }')") == {"b": {1: 1, 3: 3}}


def test_tables_behind_an_alias_are_separate(run: Run) -> None:
    assert run("local t = yaml.parse('a: &x {n: 1}\\nb: *x') t.a.n = 2 return t.b.n") == 1


def test_a_number_is_taken_as_its_text(run: Run) -> None:
    assert run("return yaml.parse(12.5)") == 12.5


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        pytest.param("nil", NO_STRING.format("nil"), id="nil"),
        pytest.param("{}", NO_STRING.format("table"), id="table"),
        pytest.param(
            "'\\xff'",
            "bad argument #1: error converting Lua string to String (invalid utf-8 sequence of 1 bytes from index 0)",
            id="bytes",
        ),
        pytest.param(
            "'a: {b'",
            "yaml.parse: did not find expected ',' or '}' at line 2 column 1, while parsing a flow mapping "
            "at line 1 column 4",
            id="syntax",
        ),
    ],
)
def test_wrong_arguments_and_texts_end_in_a_message(fails: Fails, argument: str, message: str) -> None:
    assert fails(f"yaml.parse({argument})") == message


def test_all_printable_characters_arrive(run: Run) -> None:
    text = "".join(
        map(chr, [*range(0x20, 0x7F), *range(0xA0, 0xD800), *range(0xE000, 0xFEFF), *range(0x10000, 0x10400)])
    )
    with Runtime() as vm:
        [same] = vm.evaluate(
            "local t, w = ... return yaml.parse(t).x == w", args=["x: '" + text.replace("'", "''") + "'", text]
        )
    assert same is True


SIGNS = st.text(alphabet="ab:-?,[]{}&*!|>'\"%@#\n\t 012.e~<=", max_size=20)


def test_any_text_ends_in_a_value_or_a_message() -> None:
    with Runtime() as vm:

        @given(SIGNS | st.text(max_size=20) | st.binary(max_size=20))
        def holds(text: str | bytes) -> None:
            try:
                vm.evaluate("return yaml.parse(...)", args=[text])
            except ScriptError as error:
                message = error.message
                assert message.startswith(("yaml.parse: ", "bad argument #1: ")), message
                assert "internal error" not in message

        holds()


@given(SIGNS.filter(lambda text: "!" not in text))  # a tag without name is read differently
def test_the_parser_without_libyaml_reads_the_same_what_both_read(text: str) -> None:
    builder, parser = _Builder(), _pure_parser(text)
    try:
        expected = value_of(text)
        while (event := parser.get_event()) is not None:
            builder.take(event)
    except (BuiltinError, Fault, reference.YAMLError):
        return
    assert builder.value == expected


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(alphabet="ab é:-'\"#\n", max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet="ab é:-'", max_size=6), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, "|", ">", '"', "'"]))
def test_what_another_writer_writes_is_read(value: object, flow: bool, style: str | None) -> None:
    text = reference.dump(value, Dumper=reference.SafeDumper, default_flow_style=flow, default_style=style, width=30)
    if style is not None:  # a style for all makes the writer tag what is not a string
        value = reference.load(text, Loader=reference.SafeLoader)
    assert value_of(text) == value


def test_other_groups_get_plain_data_and_their_own_name_in_messages() -> None:
    assert parse_bytes("a: [~, é]".encode(), "k8s") == {"a": [None, "é"]}
    with pytest.raises(BuiltinError, match=r"^k8s: invalid utf-8 sequence of 1 bytes from index 0$"):
        parse_bytes(b"\xff", "k8s")
    with pytest.raises(BuiltinError, match=r"^k8s: "):
        parse_bytes(b"a: b: c", "k8s")

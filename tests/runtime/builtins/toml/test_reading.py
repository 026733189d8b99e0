from __future__ import annotations

import math
import tomllib
from typing import TYPE_CHECKING

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.toml.reading import MAX_DEPTH, parse_text
from assay_shell.runtime.errors import BuiltinError, ScriptError
from assay_shell.runtime.vm import Runtime

if TYPE_CHECKING:
    from tests.conftest import Fails, Run

NO_STRING = "bad argument #1: error converting Lua {} to String (expected string or number)"


def value_of(text: str) -> object:
    return parse_text(f"x = {text}", "toml.parse")["x"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("5", 5, id="integer"),
        pytest.param("0xff", 255, id="hexadecimal"),
        pytest.param("1_000", 1000, id="grouped digits"),
        pytest.param("9223372036854775807", 2**63 - 1, id="largest"),
        pytest.param("-9223372036854775808", -(2**63), id="smallest"),
        pytest.param("1.5", 1.5, id="float"),
        pytest.param("1e3", 1000.0, id="exponent"),
        pytest.param("inf", math.inf, id="infinity"),
        pytest.param("-inf", -math.inf, id="minus infinity"),
        pytest.param("true", True, id="boolean"),
        pytest.param('"a\\e\\x41\\u00e9"', "a\x1bAé", id="escapes of TOML 1.1"),
        pytest.param("'a\\b'", "a\\b", id="literal"),
        pytest.param('"""\na\nb"""', "a\nb", id="several lines"),
        pytest.param("[1, 'a', [2.0]]", [1, "a", [2.0]], id="mixed array"),
        pytest.param("{ a = 1,\n b = 2,\n }", {"a": 1, "b": 2}, id="inline table over lines, with a last comma"),
        pytest.param("1979-05-27T07:32:00Z", "1979-05-27T07:32:00Z", id="UTC"),
        pytest.param("1979-05-27 07:32:00.50-08:00", "1979-05-27T07:32:00.5-08:00", id="offset and fraction"),
        pytest.param("1979-05-27T07:32:00", "1979-05-27T07:32:00", id="local date and time"),
        pytest.param("1979-05-27", "1979-05-27", id="date"),
        pytest.param("07:32", "07:32:00", id="time without seconds"),
        pytest.param("[{ at = 07:32:00.999999 }]", [{"at": "07:32:00.999999"}], id="within"),
    ],
)
def test_values_come_as_the_contract_says(text: str, value: object) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


def test_not_a_number_is_a_float() -> None:
    value = value_of("nan")
    assert value != value


def test_tables_and_lists_of_tables(run: Run) -> None:
    text = "[a.b]\nc = 1\n[[m]]\nn = 1\n[[m]]\nn = 2"
    assert run(f"return toml.parse([==[{text}]==])") == {"a": {"b": {"c": 1}}, "m": [{"n": 1}, {"n": 2}]}


def test_an_empty_text_is_an_empty_table(run: Run) -> None:
    assert run("return next(toml.parse('')) == nil") is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "a = 1\nb = \n",
            "TOML parse error at line 2, column 5\n  |\n2 | b = \n  |     ^\nInvalid value",
            id="no value",
        ),
        pytest.param("a = 1\r\na = 2", "TOML parse error at line 2, column 6\n  |\n2 | a = 2", id="repeated key"),
        pytest.param(
            "s = '99999999999999999999' # 99999999999999999999\nb = [1, 0x8000_0000_0000_0000]",
            "TOML parse error at line 2, column 9\n  |\n2 | b = [1, 0x8000_0000_0000_0000]\n"
            "  |         ^\ninteger beyond 64 bits",
            id="beyond 64 bits",
        ),
        pytest.param(
            "\n" * 9 + "x", "TOML parse error at line 10, column 2\n   |\n10 | x\n   |  ^\n", id="wide line number"
        ),
        pytest.param("x = '\x01'", "TOML parse error at line 1, column 6", id="control character"),
        pytest.param("x = " + "[" * 200 + "]" * 200, "tables and arrays are nested deeper than 128 levels", id="deep"),
        pytest.param("x = " + "[" * 9999, "tables and arrays are nested deeper than 128 levels", id="very deep"),
    ],
)
def test_faults_show_the_line(text: str, message: str) -> None:
    with pytest.raises(BuiltinError) as caught:
        parse_text(text, "toml.parse")
    assert caught.value.message.startswith(f"toml.parse: {message}")


def test_depth_up_to_the_limit_passes() -> None:
    assert value_of("[" * MAX_DEPTH + "]" * MAX_DEPTH)


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
    ],
)
def test_wrong_arguments_end_in_a_message(fails: Fails, argument: str, message: str) -> None:
    assert fails(f"toml.parse({argument})") == message


def test_any_text_ends_in_a_table_or_a_message() -> None:
    signs = st.text(alphabet="ab=[]{}.,\"'\\#\n\r 019:-T+exnif_", max_size=25)
    with Runtime() as vm:

        @given(signs | st.text(max_size=20) | st.binary(max_size=20))
        def holds(text: str | bytes) -> None:
            try:
                vm.evaluate("return toml.parse(...)", args=[text])
            except ScriptError as error:
                message = error.message
                assert message.startswith(("toml.parse: ", "bad argument #1: ")), message
                assert "internal error" not in message

        holds()


VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.booleans())
def test_what_another_writer_writes_is_read(value: dict[str, object], lines: bool) -> None:
    text = tomli_w.dumps(value, multiline_strings=lines)
    assert parse_text(text, "toml.parse") == tomllib.loads(text)

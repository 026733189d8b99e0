"""What survives the way between Lua and Python: bytes, numbers, tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.declare import pure
from assay_shell.runtime.errors import BuiltinError, ScriptError
from assay_shell.runtime.values import Function, Table, as_bytes, as_text, brief
from assay_shell.runtime.vm import Runtime

if TYPE_CHECKING:
    from assay_shell.runtime.values import Value


@pytest.fixture(scope="module")
def echo():
    """`echo(kind, value)`: a value's way from Python to Lua, through a builtin, and back."""
    runtime = Runtime()

    def of(kind):
        def give(value):
            return value

        give.__annotations__ = {"value": kind}
        return pure(give)

    kinds = ("str", "bytes", "int", "float", "bool", "Table", "Function", "Value")
    runtime.define("echo", {kind: of(kind) for kind in kinds})

    def evaluate(kind: str, value: object) -> object:
        return runtime.evaluate(f"return echo.{kind}(...)", args=[value])[0]

    yield evaluate
    runtime.close()


@given(st.binary())
def test_every_byte_survives(echo, data):
    for kind in ("str", "bytes", "Value"):
        assert as_bytes(echo(kind, data)) == data


@given(st.text())
def test_text_arrives_as_text(echo, text):
    text = as_text(as_bytes(text)) if all(not 0xD800 <= ord(c) < 0xE000 for c in text) else ""
    assert echo("str", text) == text


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_integers_of_64_bits_stay_integers(echo, number):
    assert echo("Value", number) == number
    assert echo("int", number) == number


@given(st.floats(allow_nan=False))
def test_floats_stay_floats(echo, number):
    result = echo("float", number)
    assert (type(result), result) == (float, number)


def test_integers_beyond_64_bits_become_floats(echo):
    assert echo("Value", 2**63) == float(2**63)


SIMPLE = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text("aé\x00 ")
DATA = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.text("aé\x00 "),
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(st.text("abé", min_size=1), inner, min_size=1),
)


@given(DATA)
def test_nested_data_survives(echo, data):
    assert echo("Value", data) == data


def test_none_in_a_list_is_a_hole_and_in_a_dict_absent(echo):
    assert echo("Value", [1, None, 3]) == {1: 1, 3: 3}
    assert echo("Value", {"a": None, "b": 1}) == {"b": 1}


CONVERSIONS = [
    ("str", "5", "5"),
    ("str", "1.0", "1.0"),
    ("str", "2^53", "9007199254740992.0"),
    ("str", "1e100", "1e+100"),
    ("str", "0.1", "0.1"),
    ("str", "1/0", "inf"),
    ("bytes", "7", "7"),
    ("float", "'0x10'", 16.0),
    ("float", "' 1e2 '", 100.0),
    ("float", "3", 3.0),
    ("int", "3.9", 3),
    ("int", "-3.9", -3),
    ("int", "'12'", 12),
    ("int", "'0xff'", 255),
    ("int", "'1.5'", 1),
    ("bool", "nil", False),
    ("bool", "false", False),
    ("bool", "0", True),
    ("bool", "''", True),
]


@pytest.fixture(scope="module")
def runtime():
    with Runtime() as opened:

        def take_str(v: str) -> str:
            return v

        def take_bytes(v: bytes) -> bytes:
            return v

        def take_int(v: int) -> int:
            return v

        def take_float(v: float) -> float:
            return v

        def take_bool(v: bool) -> bool:
            return v

        def take_table(v: Table) -> object:
            return v.to_python()

        def take_function(v: Function) -> Function:
            return v

        def optional(v: int | None, w: str = "w", *rest: Value) -> list[object]:
            return [v is None, w, len(rest)]

        functions: dict[str, Callable[..., object]] = {
            "str": take_str, "bytes": take_bytes, "int": take_int, "float": take_float, "bool": take_bool,
            "table": take_table, "fn": take_function, "optional": optional,
        }  # fmt: skip
        opened.define("take", {name: pure(function) for name, function in functions.items()})
        yield opened


@pytest.mark.parametrize(("kind", "given_value", "expected"), CONVERSIONS)
def test_arguments_convert_as_the_contract_says(runtime, kind, given_value, expected):
    result = runtime.evaluate(f"return take.{kind}({given_value})")[0]
    assert (type(result), result) == (type(expected), expected)


_COERCIBLE = "(expected number or string coercible to number)"

REFUSED = [
    ("str()", "bad argument #1: error converting Lua nil to String (expected string or number)"),
    ("str({})", "bad argument #1: error converting Lua table to String (expected string or number)"),
    ("str(true)", "bad argument #1: error converting Lua boolean to String (expected string or number)"),
    ("float('x')", f"bad argument #1: error converting Lua string to number {_COERCIBLE}"),
    ("float('0x')", f"bad argument #1: error converting Lua string to number {_COERCIBLE}"),
    ("float('inf')", f"bad argument #1: error converting Lua string to number {_COERCIBLE}"),
    ("float('1_000')", f"bad argument #1: error converting Lua string to number {_COERCIBLE}"),
    ("int(2^63)", "bad argument #1: error converting Lua number to integer (out of range)"),
    ("int(0/0)", "bad argument #1: error converting Lua number to integer (out of range)"),
    ("table(1)", "bad argument #1: error converting Lua integer to table"),
    ("table(print)", "bad argument #1: error converting Lua function to table"),
    ("fn({})", "bad argument #1: error converting Lua table to function"),
    ("optional('x')", f"bad argument #1: error converting Lua string to integer {_COERCIBLE}"),
    ("optional(1, {})", "bad argument #2: error converting Lua table to String (expected string or number)"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_wrong_arguments_get_the_contracts_words(runtime, call, message):
    with pytest.raises(ScriptError) as caught:
        runtime.evaluate(f"take.{call}")
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("call", "expected"),
    [("optional()", [True, "w", 0]), ("optional(1, nil, 2, 3)", [False, "w", 2]), ("optional(nil, 5)", [True, "5", 0])],
)
def test_nil_and_missing_arguments_take_the_default(runtime, call, expected):
    assert runtime.evaluate(f"return take.{call}")[0] == expected


def test_surplus_arguments_are_ignored(runtime):
    assert runtime.evaluate("return take.int(1, 2, {}, print)") == [1]


TABLES = [
    ("{}", {}),
    ("{1, 2, 3}", [1, 2, 3]),
    ("{a = {b = 1.5}}", {"a": {"b": 1.5}}),
    ("{1, nil, 3}", {"1": 1, "3": 3}),
    ("{1, a = 2}", {"1": 1, "a": 2}),
    ("{[1.5] = 'x', [-1] = 'y'}", {"1.5": "x", "-1": "y"}),
    ("{'\\xff'}", ["\udcff"]),
]


@pytest.mark.parametrize(("code", "expected"), TABLES)
def test_tables_become_plain_data_by_the_json_rules(runtime, code, expected):
    found = runtime.evaluate(f"return take.table({code})")[0]
    assert found == expected or (code == "{}" and found == [])


TABLE_ERRORS = [
    ("(function() local t = {items = {1, 2, {}}} t.items[3].parent = t return t end)()",
     "recursive table at $.items[3].parent"),
    ("{print}", "unsupported Lua type for JSON: function"),
    ("{[true] = 1}", "unsupported table key type: boolean"),
    ("(function() local t = {} for _ = 1, 500 do t = {t} end return t end)()", "tables nest deeper than 128 levels"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message"), TABLE_ERRORS)
def test_what_plain_data_cannot_express_is_an_error(runtime, code, message):
    with pytest.raises(ScriptError) as caught:
        runtime.evaluate(f"take.table({code})")
    assert message in caught.value.message


def test_marks_of_json_reach_python(runtime):
    code = "return json.encode(take.table({ n = json.null, o = json.object(), a = json.array(), t = {} }), {})"
    assert runtime.evaluate(code) == ['{"a":[],"o":[],"t":[]}']
    seen = []

    def look(value: Table) -> None:
        seen.append(value.to_python())

    runtime.define("marks", {"look": pure(look)})
    runtime.evaluate("marks.look({ n = json.null, o = json.object(), a = json.array(), t = {} })")
    assert seen == [{"n": None, "o": {}, "a": [], "t": []}]


def test_a_table_may_stand_in_two_places(runtime):
    assert runtime.evaluate("local t = {1} return take.table({t, t})") == [[[1], [1]]]


def test_references_outlive_the_coroutine_that_gave_them(runtime):
    kept = []

    def keep(value: Table, fn: Function) -> None:
        kept.append((value, fn))

    runtime.define("keeper", {"keep": pure(keep)})
    runtime.evaluate(
        "coroutine.wrap(function() keeper.keep({n = 1}, function() return 2 end) end)()"
        " for _ = 1, 100 do coroutine.wrap(function() keeper.keep({n = 1}, function() return 2 end) end)() end"
        " collectgarbage() collectgarbage()"
    )
    assert all(value.get("n") == 1 for value, _ in kept)
    assert runtime.scheduler.events.complete(kept[0][1].call()) == [2]
    kept.clear()
    assert runtime.evaluate("collectgarbage() return 1") == [1]


def test_reading_a_table_in_place(runtime):
    seen: dict[str, object] = {}

    def look(value: Table) -> None:
        seen.update(
            items=sorted(value.items(), key=str), length=value.length(), missing=value.get("nope"), name=value.get("é")
        )

    runtime.define("looker", {"look": pure(look)})
    runtime.evaluate("looker.look({10, 20, ['é'] = 'ü'})")
    assert seen == {"items": [("é", "ü"), (1, 10), (2, 20)], "length": 2, "missing": None, "name": "ü"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"code": 1, "tags": ["a"]}, '{code = 1, tags = {"a"}}'),
        ([None, True, 1.5], "{nil, true, 1.5}"),
        ({"a": {"b": {"c": {"d": 1}}}}, "{a = {b = {c = {...}}}}"),
        (list(range(20)), "{0, 1, 2, 3, 4, 5, 6, 7, 8, ...}"),
    ],
)
def test_data_is_shown_briefly(value, text):
    assert brief(value) == text


def test_a_builtin_error_keeps_its_fields(runtime):
    def refuse() -> None:
        raise BuiltinError("demo.refuse", "no", {"status": 403, "path": "/é"})

    runtime.define("demo", {"refuse": pure(refuse)})
    code = "local _, e = pcall(demo.refuse) return e.status, e.path, e.message, e.chunk, e.line"
    assert runtime.evaluate(code, "file.lua") == [403, "/é", "demo.refuse: no", "file.lua", 1]

"""The encoder in lua/json.lua: `json.encode`, the marks, and the results of tool mode."""

from __future__ import annotations

import json as reference
import math
import struct
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.json import encode_result, encode_value, mark_of, plain_data
from assay_shell.runtime.builtins.json.reading import utf8_fault
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.vm import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Fails, Run

LIMIT = 2**63
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.recursive(
    st.booleans() | st.integers(-LIMIT, LIMIT - 1) | FLOATS | st.text(),
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(st.text(), inner, min_size=1),
    max_leaves=25,
)


@pytest.fixture
def vm() -> Iterator[Runtime]:
    with Runtime() as runtime:
        yield runtime


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("", "null", id="nothing"),
        pytest.param("nil", "null", id="nil"),
        pytest.param("true", "true", id="true"),
        pytest.param("{false}", "[false]", id="false"),
        pytest.param("0", "0", id="zero"),
        pytest.param("-1", "-1", id="negative"),
        pytest.param("math.maxinteger", "9223372036854775807", id="largest integer"),
        pytest.param("math.mininteger", "-9223372036854775808", id="smallest integer"),
        pytest.param("1.0", "1.0", id="whole float"),
        pytest.param("0.1", "0.1", id="tenth"),
        pytest.param("-0.0", "-0.0", id="minus zero"),
        pytest.param("0.00001", "0.00001", id="smallest in decimals"),
        pytest.param("1e-6", "1e-6", id="below: exponent"),
        pytest.param("1e15", "1000000000000000.0", id="largest power in decimals"),
        pytest.param("1e16", "1e+16", id="above: exponent with sign"),
        pytest.param("1.5e16", "1.5e+16", id="mantissa with fraction"),
        pytest.param("5e-324", "5e-324", id="smallest float"),
        pytest.param("1.7976931348623157e308", "1.7976931348623157e+308", id="largest float"),
        pytest.param('"a/b\\127é"', '"a/b\x7fé"', id="slash, DEL and non-ASCII are raw"),
        pytest.param("'\\\"\\\\\\b\\f\\n\\r\\t'", '"\\"\\\\\\b\\f\\n\\r\\t"', id="short escapes"),
        pytest.param('"\\0\\1\\31"', '"\\u0000\\u0001\\u001f"', id="other control characters"),
        pytest.param("{}", "[]", id="empty table"),
        pytest.param("{1, {2, {}}}", "[1,[2,[]]]", id="arrays"),
        pytest.param("{[2] = 'b', [1] = 'a'}", '["a","b"]', id="array out of order"),
        pytest.param("{[3] = 3, [1] = 1}", '{"1":1,"3":3}', id="holes make an object"),
        pytest.param("{1, 2, a = 3}", '{"1":1,"2":2,"a":3}', id="further keys make an object"),
        pytest.param("{[0] = 0, 1}", '{"0":0,"1":1}', id="index 0 makes an object"),
        pytest.param("{[1.5] = 1, [1/0] = 2, [-1/0] = 3}", '{"-inf":3,"1.5":1,"inf":2}', id="float keys"),
        pytest.param("{[1e21] = 1, [-1e-7] = 2}", '{"-0.0000001":2,"1' + "0" * 21 + '":1}', id="never an exponent"),
        pytest.param("{b = 1, a = 'x', c = {d = 'y', e = 2}}", '{"a":"x","b":1,"c":{"d":"y","e":2}}', id="objects"),
        pytest.param(
            "{['é'] = 1, z = 2, Z = 3, ['a\\0'] = 4, a = 5}", '{"Z":3,"a":5,"a\\u0000":4,"z":2,"é":1}', id="byte order"
        ),
        pytest.param("{['a\"b'] = 'c\"d'}", '{"a\\"b":"c\\"d"}', id="keys are escaped"),
    ],
)
def test_values_are_written_as_the_contract_says(run: Run, value: str, text: str) -> None:
    assert run(f"return json.encode({value})") == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("0/0", "cannot encode NaN as JSON number", id="NaN"),
        pytest.param("{1/0}", "cannot encode inf as JSON number", id="infinity"),
        pytest.param("-1/0", "cannot encode -inf as JSON number", id="minus infinity"),
        pytest.param("print", "unsupported Lua type for JSON: function", id="function"),
        pytest.param("coroutine.create(print)", "unsupported Lua type for JSON: thread", id="thread"),
        pytest.param('{x = io.open("/dev/null")}', "unsupported Lua type for JSON: userdata", id="file"),
        pytest.param("select(2, pcall(json.parse, ''))", "unsupported Lua type for JSON: error", id="error object"),
        pytest.param("{[true] = 1}", "unsupported table key type: boolean", id="boolean key"),
        pytest.param("{a = {[{}] = 1}}", "unsupported table key type: table", id="table key"),
        pytest.param("{[print] = 1}", "unsupported table key type: function", id="function key"),
        pytest.param(
            '{"ok", "a\\xff"}',
            "error converting Lua string to String (invalid utf-8 sequence of 1 bytes from index 1)",
            id="bad byte",
        ),
        pytest.param(
            '{["\\xe2\\x82x"] = 1}',
            "error converting Lua string to String (invalid utf-8 sequence of 2 bytes from index 0)",
            id="bad sequence in a key",
        ),
        pytest.param(
            '"é\\xf0\\x9f"',
            "error converting Lua string to String (incomplete utf-8 byte sequence from index 2)",
            id="sequence cut off",
        ),
        pytest.param("{}, 5", "bad argument #2: error converting Lua integer to table", id="options"),
    ],
)
def test_what_json_cannot_hold_is_refused_in_the_contracts_words(fails: Fails, value: str, message: str) -> None:
    assert fails(f"json.encode({value})") == message


def test_one_of_an_integer_key_and_its_text_wins(run: Run) -> None:
    assert run('return json.encode({[1] = "x", ["1"] = "x", a = 1})') == '{"1":"x","a":1}'


def test_metatables_are_ignored(run: Run) -> None:
    code = """
    local function no() error("a metamethod ran") end
    local meta = { __index = no, __pairs = no, __len = no, __eq = no, __tostring = no, __call = no, __lt = no }
    local plain, array = setmetatable({ a = 1 }, meta), setmetatable({ 1, 2, 3 }, meta)
    local marked = setmetatable(json.array({ 1, nil, 3 }), meta)
    return json.encode({ plain, array, marked, setmetatable({}, meta), setmetatable({}, { __metatable = false }) })
    """
    assert run(code) == '[{"a":1},[1,2,3],[1,null,3],[],[]]'


def test_a_handle_is_userdata_to_a_script(vm: Runtime) -> None:
    vm.lua.globals()["handle"] = vm.handle(object(), "thing", {}).obj
    [message] = vm.evaluate("return select(2, pcall(json.encode, { handle })).message")
    assert message == "unsupported Lua type for JSON: userdata"


# Cycles and depth


@pytest.mark.parametrize(
    ("build", "path"),
    [
        pytest.param("t.a = t", "$.a", id="itself"),
        pytest.param("t.items = {1, 2, {}} t.items[3].parent = t", "$.items[3].parent", id="through an array"),
        pytest.param("t['a b'] = { ['\"'] = t }", '$["a b"]["\\""]', id="keys that are no names"),
        pytest.param("t[1.5] = { t }", "$[1.5][1]", id="number as key"),
        pytest.param("t.a = { x = {} } t.b = {} t.b.c = t.b", "$.b.c", id="below the top"),
    ],
)
def test_a_cycle_is_refused_with_its_path(fails: Fails, build: str, path: str) -> None:
    assert fails(f"local t = {{}} {build} json.encode(t)") == f"recursive table at {path}"


def test_a_long_cycle_is_refused_with_its_path(fails: Fails) -> None:
    code = (
        "local first = {} local t = first for _ = 1, 39 do t.n = {} t = t.n end t.n = first json.encode({ 1, first })"
    )
    assert fails(code) == "recursive table at $[2]" + ".n" * 40


def test_what_stands_beside_a_cycle_does_not_pile_up(fails: Fails) -> None:
    code = "local t = { big = ('x'):rep(1000000), more = { 1, 2 } } t.z = { t, t, t } json.encode(t)"
    assert fails(code, memory_limit=100 << 20) == "recursive table at $.z[1]"


def test_a_table_may_stand_in_several_places(run: Run) -> None:
    assert run("local t = {1} return json.encode({t, t, {t}})") == "[[1],[1],[[1]]]"


def test_deep_tables_are_written_and_deeper_ones_refused(run: Run, fails: Fails) -> None:
    build = "local t = 1 for _ = 1, {} do t = {{t}} end"
    assert run(f"{build.format(4096)} return json.encode(t)") == "[" * 4096 + "1" + "]" * 4096
    assert fails(f"{build.format(4097)} return json.encode(t)") == "tables are nested deeper than 4096 levels"
    assert "nested deeper" in str(fails(f"{build.format(409600)} return json.encode(t)"))


def test_an_encoder_that_failed_works_again(run: Run) -> None:
    code = "local t = {{x = 'y'}} t[2] = t for _ = 1, 3 do pcall(json.encode, t) end t[2] = nil return json.encode(t)"
    assert run(code) == '[{"x":"y"}]'


# Numbers


def shortest(value: float) -> str:
    """The contract's text of a float, made from Python's shortest one."""
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa
    if -5 <= int(exponent) <= 15:
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else text + ".0"
    return f"{mantissa.removesuffix('.0')}e{'+' if int(exponent) > 0 else ''}{int(exponent)}"


def test_floats_have_the_shortest_text_that_reads_back(vm: Runtime) -> None:
    values = [sign * math.ldexp(1.0, exponent) for exponent in range(-1074, 1024) for sign in (1, -1)]
    values += [math.nextafter(value, 0) for value in values] + [math.nextafter(value, math.inf) for value in values]
    values += [digits * 10.0**exponent for exponent in range(-320, 307) for digits in (1, 1.5, 9.95, 1.0625)]
    values += [5e-324 * count for count in range(1, 300)]
    table = vm.lua.table_from(values)
    assert encode_value(vm, table).decode()[1:-1].split(",") == [shortest(value) for value in values]


def test_any_float_has_the_shortest_text_that_reads_back(vm: Runtime) -> None:
    def from_bits(bits: int) -> float:
        value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
        return value if math.isfinite(value) else 0.5

    decimals = st.builds(round, st.floats(-1e12, 1e12), st.integers(0, 6))

    @given(st.lists(st.one_of(FLOATS, decimals, st.integers(0, 2**64 - 1).map(from_bits)), min_size=1))
    def holds(values: list[float]) -> None:
        text = encode_value(vm, vm.lua.table_from(values)).decode()
        assert text[1:-1].split(",") == [shortest(float(value)) for value in values]

    holds()


# Strings


def test_every_code_point_is_written_raw_or_escaped(vm: Runtime) -> None:
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    [text] = vm.evaluate("return json.encode(...)", args=[everything])
    assert text == reference.dumps(everything, ensure_ascii=False)


@pytest.mark.parametrize("lead", range(128, 256))
def test_bytes_that_are_not_utf8_are_described_as_python_describes_them(vm: Runtime, lead: int) -> None:
    for rest in (b"", b"x", b"\x80", b"\x90\x80", b"\xa0\x80", b"\xbf\x80", b"\x80\x80\x80x", b"\x8f\xbfx"):
        data = bytes([lead]) + rest
        [ok, message] = vm.evaluate("local ok, e = pcall(json.encode, ...) return ok, ok or e.message", args=[data])
        fault = utf8_fault(data)
        assert ok is (fault is None)
        assert ok or message == f"error converting Lua string to String ({fault})"


# Whole documents


def test_the_standard_library_reads_what_is_written(vm: Runtime) -> None:
    @given(DOCUMENTS)
    @example({"a": 1, "b": [{"a": 2, "b": "x"}, {"a": "y", "b": {}, "c": [""]}]})
    def holds(value: object) -> None:
        text = encode_value(vm, vm.border.to_lua(value)).decode()
        again, wanted = reference.loads(text), emptied(value)
        assert reference.dumps(again, sort_keys=True) == reference.dumps(wanted, sort_keys=True)

    holds()


def emptied(value: object) -> object:
    """*value* as it comes back: an empty table is an empty array."""
    if isinstance(value, dict):
        return {key: emptied(item) for key, item in value.items()} or []
    return [emptied(item) for item in value] if isinstance(value, list) else value


def test_keys_come_in_byte_order_whatever_the_size(vm: Runtime) -> None:
    @given(st.dictionaries(st.text(max_size=6), st.integers(0, 9), min_size=1, max_size=60))
    def holds(value: dict[str, int]) -> None:
        text = encode_value(vm, vm.border.to_lua(value)).decode()
        assert list(reference.loads(text)) == sorted(value, key=str.encode)

    holds()


def test_objects_of_many_shapes_are_written_right(run: Run) -> None:
    code = """
    local list, wanted = {}, {}
    for i = 1, 3000 do
      list[i] = { ["k" .. i] = i, ["long" .. ("x"):rep(i % 100)] = "v", same = { a = 1, b = tostring(i) } }
    end
    local text = json.encode(list)
    return text == json.encode(json.parse(text))
    """
    assert run(code) is True


# Layout


def test_pretty_lays_out_over_lines(run: Run) -> None:
    value = """{ a = {}, b = json.object(), c = { 1, { d = "x\\"[{,:" } }, e = "" }"""
    assert run(f"return json.encode({value}, {{ pretty = true }})") == (
        '{\n  "a": [],\n  "b": {},\n  "c": [\n    1,\n    {\n      "d": "x\\"[{,:"\n    }\n  ],\n  "e": ""\n}'
    )
    assert run("return json.encode('x', { pretty = true })") == '"x"'
    assert run("return json.encode({ 1, { 2 } }, { pretty = false })") == "[1,[2]]"


def test_pretty_is_the_layout_of_the_standard_library(vm: Runtime) -> None:
    leaves = st.none() | st.booleans() | st.integers(-LIMIT, LIMIT - 1) | st.text()

    @given(st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20))
    def holds(value: object) -> None:
        code = "return json.encode(json.parse(..., { exact = true }), { pretty = true })"
        [text] = vm.evaluate(code, args=[reference.dumps(value)])
        assert text == reference.dumps(reference.loads(text), indent=2, ensure_ascii=False)
        assert reference.loads(text) == value

    holds()


def test_an_unknown_option_is_refused_under_strict(fails: Fails) -> None:
    assert "pretty" in fails("json.encode(1, { prety = true })", strict=True)


# Marks


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("json.object()", "{}", id="new object"),
        pytest.param("json.object({})", "{}", id="empty object"),
        pytest.param("json.object({ 1, 2 })", '{"1":1,"2":2}', id="object of an array"),
        pytest.param("json.array()", "[]", id="new array"),
        pytest.param("json.array({ 1, nil, 3 })", "[1,null,3]", id="array with a hole"),
        pytest.param("json.array(json.object())", "[]", id="the last mark counts"),
        pytest.param("{ json.null, x = json.null }", '{"1":null,"x":null}', id="null as member"),
        pytest.param("{ json.null, json.null }", "[null,null]", id="null as element"),
        pytest.param("json.null", "null", id="null"),
        pytest.param("setmetatable(json.object(), {})", "{}", id="a metatable does not take the mark away"),
    ],
)
def test_marks_decide_what_a_table_is(run: Run, value: str, text: str) -> None:
    assert run(f"return json.encode({value})") == text


def test_marks_are_invisible_and_return_the_table_given(run: Run) -> None:
    assert run("local t = {} return json.object(t) == t and next(t) == nil and getmetatable(t) == nil") is True


def test_null_is_no_nil_and_cannot_be_changed(run: Run, fails: Fails) -> None:
    assert run("return tostring(json.null), json.null ~= nil and json.null.x == nil") == "null"
    assert "json.null cannot have members" in fails("json.null.x = 1")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param("json.array({ 1, a = 2 })", 'a table marked by json.array has the key "a"', id="name as key"),
        pytest.param("json.array({ [0] = 1 })", "a table marked by json.array has the key 0", id="index 0"),
        pytest.param(
            "json.array({ [2000000000] = 1 })",
            "a table marked by json.array is too sparse: 1 elements up to index 2000000000",
            id="sparse",
        ),
        pytest.param("json.object(5)", "bad argument #1: error converting Lua integer to table", id="no table"),
        pytest.param("json.array('x')", "bad argument #1: error converting Lua string to table", id="string"),
    ],
)
def test_marks_are_refused_where_they_make_no_sense(fails: Fails, call: str, message: str) -> None:
    assert fails(f"json.encode({call})") == message


def test_a_mark_goes_with_its_table(run: Run) -> None:
    code = (
        "for _ = 1, 1000 do json.object() end collectgarbage() collectgarbage() return json.encode({ json.object() })"
    )
    assert run(code) == "[{}]"


# For the Python side


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("nil", "null", id="nil"),
        pytest.param("{}", "{}", id="empty table"),
        pytest.param("json.array()", "[]", id="marked array"),
        pytest.param("{1, 2, a = 3}", "[1,2]", id="an array part drops the names"),
        pytest.param("{1, {}, nil, 4}", "[1,{}]", id="up to the first nil"),
        pytest.param("{b = 0/0, a = 1/0, c = -1/0}", '{"a":null,"b":null,"c":null}', id="not finite"),
        pytest.param("{x = 1.0, y = 1e16}", '{"x":1.0,"y":1e+16}', id="floats"),
        pytest.param("setmetatable({1}, {__len = function() return 5 end})", "[1]", id="metatables"),
        pytest.param("{a = json.null}", '{"a":null}', id="null"),
    ],
)
def test_results_of_tool_mode_follow_their_own_rules(vm: Runtime, value: str, text: str) -> None:
    raw = vm.lua.eval(f"(function() return {value} end)()")
    assert encode_result(vm, raw) == text.encode()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param("{f = print}", "unsupported value type `function`", id="function"),
        pytest.param("{coroutine.create(print)}", "unsupported value type `thread`", id="thread"),
        pytest.param("select(2, pcall(json.parse, ''))", "unsupported value type `error`", id="error object"),
        pytest.param("(function() local t = {} t.x = {t} return t end)()", "recursive table detected", id="cycle"),
        pytest.param("'\\xff'", "invalid utf-8 sequence", id="not UTF-8"),
        pytest.param("{[true] = 1}", "key must be a string", id="boolean key"),
        pytest.param("{[5] = 1}", "key must be a string", id="number key"),
    ],
)
def test_results_that_cannot_be_written_say_so(vm: Runtime, value: str, words: str) -> None:
    raw = vm.lua.eval(value)
    with pytest.raises(BuiltinError) as caught:
        encode_result(vm, raw)
    assert caught.value.message.startswith("serializing Lua result: ")
    assert words in caught.value.message


def test_python_gets_plain_data_by_the_same_rules(vm: Runtime) -> None:
    vm.evaluate("value = { a = { 1, 2.0, 'é' }, b = {}, c = json.object(), d = json.null, e = 1/0 }")
    data = plain_data(vm, vm.border.to_python(vm.lua.globals()["value"]))
    assert data == {"a": [1, 2.0, "é"], "b": [], "c": {}, "d": None, "e": math.inf}
    assert [type(item) for item in data["a"]] == [int, float, str]
    vm.evaluate("value.d = value")
    with pytest.raises(BuiltinError, match=r"^recursive table at \$\.d$"):
        plain_data(vm, vm.border.to_python(vm.lua.globals()["value"]))


def test_python_can_tell_the_marks(vm: Runtime) -> None:
    vm.evaluate("a, b, c, d = json.object(), json.array(), json.null, {}")
    assert [mark_of(vm, vm.lua.globals()[name]) for name in "abcd"] == ["object", "array", "null", None]

from __future__ import annotations

import asyncio

import pytest

from assay_shell.runtime.redact import MASK
from assay_shell.runtime.views.choose import choose, choose_whole
from assay_shell.runtime.views.model import Column, Table, Text, Tree
from assay_shell.runtime.views.reading import kind_of
from assay_shell.runtime.views.text import render
from assay_shell.session.session import Session


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        pytest.param("return nil", "nil", id="nil"),
        pytest.param("return true", "true", id="boolean"),
        pytest.param("return 42", "42", id="integer"),
        pytest.param("return 1.0", "1.0", id="float"),
        pytest.param("return 1e308 * 10", "inf", id="infinity"),
        pytest.param("return 'two\\nlines'", "two\nlines", id="text"),
        pytest.param("return '\\27[31mred\\xff'", "\\x1b[31mred\\xff", id="control characters are shown, not obeyed"),
        pytest.param("return print", "function (builtin)", id="function of ours"),
        pytest.param("local function f() end return f", "function (<eval>:1)", id="function of a script"),
        pytest.param("return json.null", "null", id="json null"),
        pytest.param("return {}", "{}", id="empty table"),
        pytest.param("return json.array()", "[]", id="empty array"),
    ],
)
def test_a_scalar_is_a_line_of_text(view, code, shown):
    assert render(view(code)) == shown


def test_a_list_of_records_is_a_table_with_telling_columns_first_and_tables_last(view):
    found = view("return { { size = 3, name = 'a', tags = { 'x' } }, { size = 4, name = 'b', zone = 'eu' } }")
    assert isinstance(found, Table)
    assert found.columns == (Column("name"), Column("size", "number"), Column("zone"), Column("tags"))
    assert list(found.rows) == [("a", 3, None, "[x]"), ("b", 4, "eu", None)]
    assert found.total == 2


def test_functions_of_records_are_no_columns(view):
    assert [column.title for column in view("return { { name = 'a', run = print } }").columns] == ["name"]


def test_nested_data_is_a_tree(view):
    found = view("return { b = { c = 2 }, a = 1 }")
    assert isinstance(found, Tree)
    assert render(found) == "a  1\nb\n  c  2"


def test_a_table_that_contains_itself_ends(view):
    assert render(view("local t = { a = 1 } t.me = t return t")) == "a   1\nme  (itself)"



@pytest.mark.parametrize(
    "code",
    [
        pytest.param("return { password = 'hunter22' }", id="by name"),
        pytest.param("return { { name = 'a', password = 'hunter22' } }", id="in a column"),
        pytest.param("return { { name = 'DB_PASSWORD', value = 'hunter22' } }", id="value of a named one"),
        pytest.param("return { env = { { name = 'DB_PASSWORD', value = 'hunter22' } } }", id="value of one, nested"),
        pytest.param("return { kind = 'Secret', metadata = { name = 's' }, data = { x = 'hunter22' } }", id="Secret"),
        pytest.param("return { a = { kind = 'Secret', stringData = { x = 'hunter22' } } }", id="Secret within"),
        pytest.param("return { tokens = {}, token = { 'hunter22', 'hunter22x' } }", id="list of secrets"),
        pytest.param("return 'password=hunter22'", id="in text"),
        pytest.param("return { note = 'curl -H \"Authorization: Bearer hunter22abcdef1\"' }", id="in a member's text"),
        pytest.param("return { { a = 'password=hunter22' }, { a = 'b' } }", id="in a cell"),
    ],
)
def test_secrets_are_masked(view, code):
    found = view(code)
    text = render(found) + render(Tree(found.source) if isinstance(found, Table) and found.source else found)
    assert "hunter22" not in text
    assert MASK in text


def test_registered_values_are_masked_wherever_a_text_is_cut(runtime, raw, view):
    runtime.redactor.add("s3cr3t-value-of-this-test")
    code = "return { a = ('x'):rep(%d) .. 's3cr3t-value-of-this-test' .. ('y'):rep(5000) }"
    for length in range(990, 1030):
        assert "s3cr3t" not in render(view(code % length), 5000)


def test_no_metamethod_is_called(runtime, view):
    code = """
    calls = 0
    local function count() calls = calls + 1 error('called') end
    local class = { __index = count, __pairs = count, __len = count, __tostring = count, __eq = count, __call = count,
                    __name = 'thing', __lt = count, __concat = count, __gc = nil }
    local function new(t) return setmetatable(t, class) end
    return new { items = new { new { name = 'a', metadata = new { name = 'x' } } }, kind = new {}, metric = new {} }
    """
    assert render(view(code))
    assert render(view("return { { name = 'a', x = setmetatable({}, { __index = error, __len = error }) } }"))
    assert runtime.evaluate("return calls") == [0]


def test_a_long_result_of_a_session_stays_in_lua(runtime):
    session = Session(runtime)
    outcome = asyncio.run(session.execute("('x'):rep(50000000)"))
    (raw,) = outcome.values
    assert kind_of(raw) == "table"
    found = choose(runtime, raw)
    assert isinstance(found, Text)
    assert found.left_out > 49_000_000
    assert len(runtime.border.deep(raw)) == 50_000_000
    assert isinstance(choose_whole(runtime, raw), Text)
    assert asyncio.run(session.execute("#_")).values == [50_000_000]
    assert asyncio.run(session.execute("type(_2)")).values == ["string"]


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(f"eyJhbGciOiJSUzI1NiJ9.{'Ab1_' * 800}.{'Cd2-' * 80}", id="token"),
        pytest.param(f"-----BEGIN PRIVATE KEY-----\\n{'Ab1/' * 800}\\n-----END PRIVATE KEY-----", id="key"),
        pytest.param(f"Authorization: Bearer {'Ab1_' * 800}", id="header"),
        pytest.param(f"password={'Ab1_' * 800}", id="password"),
    ],
)
def test_a_long_secret_is_masked_wherever_a_text_is_cut(view, secret):
    for before in range(0, 3000, 111):
        text = f"('word '):rep({before // 5}) .. ('x'):rep({before % 5}) .. ' {secret}' .. (' tail'):rep(1000)"
        assert "Ab1" not in render(view(f"return {{ a = {text} }}"), None)
        assert "Ab1" not in render(view(f"return {{ {{ a = {text} }} }}"), None)


def test_an_iterator_that_can_be_closed_is_a_stream(runtime, view):
    live = view(
        "closed = 0 local n = 0 local class = { __name = 'changes', __close = function() closed = closed + 1 end } "
        "function class.__call() n = n + 1 return n < 3 and n or nil end return setmetatable({}, class)"
    )
    assert live.title == "changes"

    async def items():
        found = []
        while (item := await live.stream.next()) is not None:
            found.append(item)
        await live.stream.close()
        return found

    assert asyncio.run(items()) == [1, 2]
    assert runtime.globals["closed"] == 1


def test_what_cannot_be_both_stepped_and_closed_is_no_stream(view):
    assert view("return setmetatable({}, { __close = function() end })") == view("return {}")
    assert view("return setmetatable({}, { __call = function() end })") == view("return {}")

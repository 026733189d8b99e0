"""Arrays and JSON documents on their way to a database."""

from __future__ import annotations

import pytest

from assay_shell.runtime.builtins.db.typed import Array


@pytest.mark.parametrize(
    ("items", "literal", "json"),
    [
        pytest.param([], "{}", "[]", id="empty"),
        pytest.param([1, -2.5, True, False, None], "{1,-2.5,t,f,NULL}", "[1,-2.5,true,false,null]", id="scalars"),
        pytest.param(["a", "", "NULL", "ä"], '{"a","","NULL","ä"}', '["a","","NULL","ä"]', id="text"),
        pytest.param(['"', "\\", "{,}", "\n"], '{"\\"","\\\\","{,}","\n"}', '["\\"","\\\\","{,}","\\n"]', id="marks"),
        pytest.param([[1, 2], [3, 4]], "{{1,2},{3,4}}", "[[1,2],[3,4]]", id="two dimensions"),
    ],
)
def test_an_array_as_literal_and_as_json(items: list[object], literal: str, json: str) -> None:
    assert (Array(items).literal(), Array(items).json()) == (literal, json)


@pytest.mark.parametrize("value", ["nil", "5", "db.blob('x')", "{print}", "{{1}, {print}}", "{c = {}, print}"])
def test_what_is_no_list_of_values_is_refused(fails, value: str) -> None:
    assert fails(f"db.array({value})") == "db.array: first argument must be a list of values"


def test_a_json_parameter_without_json_form_is_refused(fails) -> None:
    assert fails("db.json(print)") == "unsupported Lua type for JSON: function"


def test_values_say_what_they_are(run) -> None:
    assert run("return {tostring(db.blob('x')):match('^db %a+'), tostring(db.json(1)):match('^db %a+')}") == [
        "db blob",
        "db json",
    ]

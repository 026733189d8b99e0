from __future__ import annotations

import csv
import io
import json

import pytest
import yaml

from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.views.choose import choose
from assay_shell.runtime.views.export import export, exported

RECORDS = "return { { name = 'a, \"b\"', n = 1.5, password = 'hunter22' }, { name = 'ü\\n' } }"


def test_records_as_csv(runtime, raw):
    rows = list(csv.reader(io.StringIO(exported(runtime, raw(RECORDS), "csv"))))
    assert rows == [["name", "n", "password"], ['a, "b"', "1.5", "••••••••"], ["ü\n", "", ""]]


def test_long_texts_are_whole_in_files(runtime, raw):
    value = raw("return { { a = ('x'):rep(5000) } }")
    assert exported(runtime, value, "csv") == f"a\r\n{'x' * 5000}\r\n"
    assert json.loads(exported(runtime, value, "json")) == [{"a": "x" * 5000}]


@pytest.mark.parametrize(("form", "load"), [("json", json.loads), ("yaml", yaml.safe_load), ("yml", yaml.safe_load)])
def test_nested_data_as_json_and_yaml(runtime, raw, form, load):
    value = raw("return { a = { 1, 2 }, b = { c = 'x', token = 'hunter22abcdefg' }, d = true, f = print }")
    assert load(exported(runtime, value, form)) == {
        "a": [1, 2], "b": {"c": "x", "token": "••••••••"}, "d": True, "f": "<function>",
    }  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "json", "yaml", "txt"])
def test_secrets_are_masked_in_every_form(runtime, raw, form):
    runtime.redactor.add("s3cr3t-of-this-test")
    value = raw("return { { password = 'hunter22', note = 'it is s3cr3t-of-this-test' } }")
    for each in (value, choose(runtime, value)):
        text = exported(runtime, each, form)
        assert "hunter22" not in text
        assert "s3cr3t" not in text


def test_a_view_that_a_script_made_is_written_as_what_it_shows(runtime, raw):
    made = runtime.evaluate("v = view.table({ { a = 1, b = 2 } }, { columns = { 'b' } }) c = view.chart({ x = 3 })")
    assert made == []
    assert exported(runtime, raw("return v"), "csv") == "b\r\n2\r\n"
    assert json.loads(exported(runtime, raw("return v"), "json")) == [{"a": 1, "b": 2}]
    assert json.loads(exported(runtime, raw("return c"), "json")) == {"x": 3}


def test_the_ending_of_the_file_decides(runtime, raw, tmp_path):
    export(runtime, raw("return { a = 1 }"), str(tmp_path / "x.json"))
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": 1}


@pytest.mark.parametrize(
    ("code", "form", "message"),
    [
        pytest.param("return 1", "csv", "only a table, such as a list of records, can be written", id="no table"),
        pytest.param("return 1", "xls", "cannot export as 'xls': known are csv, json, yaml, yml, txt", id="form"),
        pytest.param("return view.image('GIF89a')", "json", "a view of the kind image holds no data", id="no data"),
    ],
)
def test_what_cannot_be_written_says_why(runtime, code, form, message):
    runtime.evaluate(f"value = (function() {code} end)()")
    with pytest.raises(BuiltinError, match=message):
        exported(runtime, runtime.lua.globals()["value"], form)

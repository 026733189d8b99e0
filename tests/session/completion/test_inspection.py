"""Help on a name: what is documented, what kind a live value is, where a function's code stands."""

from __future__ import annotations

import pytest


@pytest.fixture
def explained(completer):
    """The documentation of an input whose cursor is at its end."""
    return lambda source, detail=False: completer.inspect(source, len(source), detail=detail)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("http.get", id="a name"),
        pytest.param("?http.get", id="with a question mark"),
        pytest.param("http.get?", id="behind it"),
        pytest.param("http.get(", id="in its call"),
        pytest.param('http.get("http://h", { timeout = 3, ', id="in its options"),
        pytest.param('http.get("http://h', id="in a string of its call"),
    ],
)
def test_a_builtin_is_explained(explained, source):
    found = explained(source)
    assert (found.name, found.signature) == ("http.get", "http.get(url, opts?) -> {status, body, headers}")
    assert found.text.startswith("Send a GET request")
    assert "Example:" in found.text


@pytest.mark.parametrize(
    ("name", "beginning", "file"),
    [
        pytest.param("fs.read", "def read_file(", "assay_shell/runtime/builtins/fs.py:", id="a function"),
        pytest.param("http.get", "", "assay_shell/runtime/builtins/http/", id="one of many that are alike"),
        pytest.param("sleep", "def sleep(", "assay_shell/runtime/standard.py:", id="a global one"),
    ],
)
def test_the_source_of_a_builtin_is_its_python(explained, name, beginning, file):
    found = explained(name, detail=True)
    assert found.source.startswith(beginning)
    assert "def " in found.source
    assert found.place.startswith(file)
    assert explained(name).source == ""


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param("sleep", "Wait *seconds* while other tasks run", id="a global function"),
        pytest.param("grab", "Send a GET request", id="a builtin by another name"),
        pytest.param("string.rep", "So many copies", id="one of Lua's own"),
        pytest.param("made:publish", "Send *event* to everybody", id="a method of a handle"),
        pytest.param("env.get", "Example:", id="one that is defined in Lua"),
    ],
)
def test_functions_are_explained_wherever_they_come_from(explained, typed, source, words):
    explained("http.broadcast")  # read before there is a channel
    typed.values("grab = http.get  made = http.broadcast()")
    assert words in explained(source).text


def test_the_name_around_the_cursor_counts(completer):
    assert completer.inspect("x = http.get(url)", 10).name == "http.get"
    assert completer.inspect("x = http.get(url)", 6).name == "http"


def test_a_group_and_a_module_list_their_functions(explained, typed):
    assert "http.download(" in explained("http").text
    assert "c:kv_get(" in explained("assay.vault").text
    typed.values('v = require("assay.vault")')
    assert "c:kv_get(" in explained("v").text
    assert "c:kv_get(" in explained('require("assay.vault').text
    source = explained("v", detail=True)
    assert source.source.startswith("--- @module assay.vault")
    assert source.place.endswith("vault.lua")


def test_a_function_of_the_session_shows_its_comment_and_its_code(explained, typed):
    typed.values("-- Adds two numbers,\n-- whatever they are.\nfunction add(a, b)\n  return a + b\nend")
    assert explained("add").signature == "add(a, b)"
    assert explained("add").text == "Adds two numbers,\nwhatever they are."
    assert explained("add").source == ""
    found = explained("add", detail=True)
    assert found.source.endswith("function add(a, b)\n  return a + b\nend")
    assert found.place == "<input 1>:3"


@pytest.mark.usefixtures("shop")
def test_a_method_of_a_client_shows_the_code_of_its_module(explained, typed):
    typed.values('c = require("assay.shop").client("http://127.0.0.1:1")')
    found = explained("c:order", detail=True)
    assert found.signature == "c:order(number, part?) -> {id, total}|nil"
    assert found.text == "One order; nil when there is none"
    assert found.source == "-- Asks for one order.\nfunction Client:order(number, part)\n  return nil\nend"
    assert found.place == "./modules/shop.lua:9"


def test_a_method_of_our_own_modules_shows_its_code(explained, typed):
    typed.values('c = require("assay.vault").client("http://127.0.0.1:1")')
    found = explained("c:kv_get", detail=True)
    assert found.source.lstrip("- ").partition("function Client:kv_get(mount, key")[1]
    assert found.place.startswith("assay/vault.lua:")


def test_a_function_from_a_file_shows_it(explained, typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modules").mkdir()
    code = "local M = {}\n-- Says hello.\nfunction M.hello(name)\nend\nreturn M\n"
    (tmp_path / "modules" / "mine.lua").write_text(code)
    typed.values('mine = require("assay.mine")')
    found = explained("mine.hello", detail=True)
    assert (found.signature, found.text, found.place) == ("mine.hello(name)", "Says hello.", "./modules/mine.lua:3")
    assert found.source == "-- Says hello.\nfunction M.hello(name)\nend"


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        pytest.param("42", "integer", "42", id="an integer"),
        pytest.param("4.5", "float", "4.5", id="a float"),
        pytest.param("'text'", "string, 4 bytes", '"text"', id="text"),
        pytest.param("true", "boolean", "true", id="a boolean"),
        pytest.param("{1, 2}", "list, 2 items", "1 = 1\n2 = 2", id="a list"),
        pytest.param("{ a = { b = 1 } }", "table, 1 member", "a = {b = 1}", id="a table"),
        pytest.param("{}", "table, 0 members", "", id="an empty table"),
    ],
)
def test_a_value_shows_its_kind_and_what_is_in_it(explained, typed, value, kind, text):
    typed.values(f"local value = {value}")
    found = explained("value")
    assert (found.name, found.signature, found.text) == ("value", kind, text)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        pytest.param("{ password = 'sentinel-1' }", "value", id="by its name"),
        pytest.param("{ password = 'sentinel-1' }", "value.password", id="asked for itself"),
        pytest.param("{ kind = 'Secret', data = { key = 'sentinel-1' } }", "value", id="in a Secret"),
        pytest.param("{ kind = 'Secret', data = { key = 'sentinel-1' } }", "value.data", id="the data of a Secret"),
        pytest.param("{ kind = 'Secret', data = { key = 'sentinel-1' } }", "value.data.key", id="a key of a Secret"),
        pytest.param("{ { name = 'DB_PASSWORD', value = 'sentinel-1' } }", "value[1].value", id="of a variable"),
    ],
)  # fmt: skip
def test_secrets_are_masked(explained, typed, value, name):
    typed.values(f"local value = {value}")
    assert "sentinel-1" not in explained(name).text
    assert "•" in explained(name).text


def test_nothing_is_known_of_an_unknown_name(explained):
    assert explained("nothing_such") is None
    assert explained("") is None

"""Completion knows names, members, modules, options and strings, wherever they stand."""

from __future__ import annotations

import pytest

PODS = """
local pods = { kind = "PodList", items = {} }
for i = 1, 20 do
  pods.items[i] = { metadata = { name = "pod-" .. i, labels = { ["app.kubernetes.io/name"] = "web", team = "a" } } }
end
"""


@pytest.fixture
def with_pods(typed):
    typed.values(PODS)
    typed.values('other = { ["a-b"] = { deep = 1 }, plain = 2, _private = 3, __index = 4 }')


@pytest.mark.parametrize(
    ("source", "first"),
    [
        pytest.param("pri▮", "print", id="a global function"),
        pytest.param("whi▮", "while", id="a keyword"),
        pytest.param("ht▮", "http", id="a group that nobody has used"),
        pytest.param("http.ge▮", "get", id="a function of such a group"),
        pytest.param("x = http.ge▮", "get", id="behind an assignment"),
        pytest.param("if true then fs.rea▮", "read", id="within a block"),
        pytest.param("pods.it▮", "items", id="a field of a local"),
        pytest.param("pods.items[1].meta▮", "metadata", id="a field behind an index"),
        pytest.param("pods.items[#pods.items].metadata.na▮", "name", id="behind a length"),
        pytest.param("for _, pod in ipairs(pods.items) do pod.metadata.na▮", "name", id="in a loop over it"),
        pytest.param("for _, pod in ipairs(pods.items) do po▮", "pod", id="a loop's variable"),
        pytest.param("local long_name = 1\nlong▮", "long_name", id="a local of the same input"),
        pytest.param("function f(parameter) return para▮", "parameter", id="a parameter"),
        pytest.param("local p = pods.items[3]\np.metadata.la▮", "labels", id="through a local of the same input"),
        pytest.param('("text"):for▮', "format", id="a method of a string"),
        pytest.param("local f▮", "function", id="behind local"),
        pytest.param("io.stdout:wr▮", "write", id="a method behind a metatable"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("with_pods")
def test_it_offers(offered, source, first):
    assert offered(source)[0] == first


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("-- pri▮", id="in a comment"),
        pytest.param("--[[ pri▮", id="in a long comment"),
        pytest.param("x = 12▮", id="in a number"),
        pytest.param('x = "pri▮', id="in a string"),
        pytest.param("x = [==[ pri▮", id="in long brackets"),
        pytest.param('x = "a \\" pri▮', id="in a string with quotes"),
        pytest.param("nothing_such.▮", id="behind an unknown name"),
        pytest.param("1 + .▮", id="behind a dot alone"),
    ],
)
def test_it_offers_nothing(offered, source):
    assert offered(source) == []


@pytest.mark.usefixtures("with_pods")
def test_keys_that_are_no_names_are_completed_in_brackets(offered, completed):
    assert offered("other.▮") == ["a-b", "plain", "_private"]
    assert completed("other.a▮") == 'other["a-b"]'
    assert completed("other.pl▮") == "other.plain"
    assert completed('other["a▮') == 'other["a-b"]'
    assert completed('other["a▮"]') == 'other["a-b"]'
    assert completed("other['a▮") == "other['a-b']"
    assert completed('pods.items[1].metadata.labels["app▮') == 'pods.items[1].metadata.labels["app.kubernetes.io/name"]'
    assert completed('other["a-b"].de▮') == 'other["a-b"].deep'
    assert offered("pods.items[▮")[:3] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        pytest.param('require("assay.vau▮', ["assay.vault"], id="in brackets"),
        pytest.param("require 'assay.vau▮", ["assay.vault"], id="without brackets"),
        pytest.param('x = require("vaul▮")', ["assay.vault"], id="by the last part"),
        pytest.param('require("stri▮', ["string"], id="what is loaded"),
    ],
)
def test_modules_are_offered_in_require(offered, source, names):
    assert offered(source) == names


def test_a_key_of_a_large_table_is_found_by_its_beginning(typed, offered, completed):
    typed.values("many = {} for i = 1, 3000 do many['Key-' .. i .. '.x%'] = i end many['last_9'] = 1 many[0] = 1")
    assert offered('many["key-2999.x%▮') == ["Key-2999.x%"]
    assert offered("many.la▮") == ["last_9"]
    assert offered("many.last_9▮") == ["last_9"]
    assert completed("many.last▮") == "many.last_9"


def test_modules_of_the_project_are_offered_as_soon_as_they_are_there(offered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "deploys.lua").write_text("--- @description Our deploys\nreturn {}")
    assert offered('require("assay.depl▮') == ["assay.deploys"]


@pytest.mark.usefixtures("shop")
def test_a_live_client_has_its_methods_with_their_signatures(typed, completer):
    typed.values('shop = require("assay.shop")  c = shop.client("http://127.0.0.1:1", { token = "t" })')
    found = completer.complete("c:ord", 5).items[0]
    assert (found.text, found.kind, found.signature) == ("order", "method", "c:order(number, part?)")
    assert found.summary == "One order; nil when there is none"
    assert "url" not in [candidate.text for candidate in completer.complete("c:", 2).items]
    assert "url" in [candidate.text for candidate in completer.complete("c.", 2).items]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('shop.client("http://h"):ord▮', id="a client just made"),
        pytest.param('require("assay.shop").client("http://h"):ord▮', id="of a module not loaded"),
        pytest.param('local c = shop.client("http://h")\nc:ord▮', id="in a local of the input"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_client_that_is_not_there_yet_has_the_documented_methods(typed, offered, source):
    if "require" not in source:
        typed.values('shop = require("assay.shop")')
    assert offered(source) == ["order", "orders"]


@pytest.mark.usefixtures("shop")
def test_what_a_client_gives_has_the_documented_fields(typed, offered):
    typed.values('c = require("assay.shop").client("http://127.0.0.1:1")')
    assert offered("c:order(1).▮") == ["id", "total"]
    assert offered("for _, order in ipairs(c:orders()) do order.▮") == ["id", "total"]
    assert offered("c:orders()[1].to▮") == ["total"]


def test_a_call_has_the_fields_that_it_is_documented_to_give(offered):
    assert offered('http.get("http://h").▮') == ["body", "headers", "status"]
    assert offered('local r = http.get("http://h")\nr.sta▮') == ["status"]


@pytest.mark.parametrize(
    ("source", "key"),
    [
        pytest.param("http.get(url, {he▮", "headers", id="of a builtin"),
        pytest.param("http.get(url, { timeout = 3, fol▮", "follow_redirects", id="behind another"),
        pytest.param("shell.exec('x', { timeo▮", "timeout", id="with a list of options"),
        pytest.param("temporal.connect({}):start_workflow({ task_q▮", "task_queue", id="of a method"),
        pytest.param("http.get(url, { retries = { back▮", "backoff", id="of a nested table"),
        pytest.param('shop.wait("u", { inter▮', "interval", id="of a module"),
        pytest.param("c:orders({ sta▮", "state", id="of a client"),
        pytest.param("c:orders{ sta▮", "state", id="without brackets"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_option_keys_are_offered_in_the_table_of_a_call(typed, offered, source, key):
    typed.values('shop = require("assay.shop")  c = shop.client("http://127.0.0.1:1")')
    assert offered(source)[0] == key


def test_options_that_are_set_are_not_offered_again_and_say_what_they_mean(completer, completed):
    found = completer.complete("http.get(url, { timeout = 3, ", 29).items
    assert "timeout" not in [candidate.shown for candidate in found]
    assert {candidate.kind for candidate in found} == {"option"}
    meanings = {candidate.shown: candidate.summary for candidate in completer.complete("http.get(url, {", 15).items}
    assert meanings["max_redirects"] == "10"
    assert "seconds" in meanings["timeout"]
    assert completed("http.get(url, {max_r▮") == "http.get(url, {max_redirects = "


def test_values_of_options_are_ordinary_expressions(offered):
    assert "headers" not in offered("http.get(url, { timeout = h▮")
    assert offered("http.get(url, { timeout = tonu▮") == ["tonumber"]


def test_variables_of_the_environment_are_offered_by_name(offered, monkeypatch):
    monkeypatch.setenv("ASSAY_SOME_NAME", "a value")
    assert offered('env.get("ASSAY_SOME_N▮') == ["ASSAY_SOME_NAME"]
    assert offered("os.getenv('ASSAY_SOME_N▮") == ["ASSAY_SOME_NAME"]


def test_files_are_offered_where_a_path_is_wanted(offered, completed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file one.txt").touch()
    (tmp_path / ".hidden").touch()
    assert offered('fs.read("▮') == ["folder/"]
    assert completed('fs.read("folder/fi▮') == 'fs.read("folder/file one.txt'
    assert offered('fs.read(".h▮') == [".hidden"]
    assert offered('anything("./fol▮') == ["folder/"]
    assert offered('fs.read("missing/▮') == []


def test_earlier_results_are_names(typed, offered):
    typed.values("{ answer = 42 }")
    typed.values("{ later = 1 }")
    assert offered("_2.▮") == ["answer"]
    assert offered("_.▮") == ["later"]
    assert offered("_▮")[:2] == ["_", "_2"]


def test_a_local_of_the_session_stands_before_a_global_of_its_name(typed, offered):
    typed.values("thing = { of_global = 1 }")
    typed.values("local thing = { of_local = 1 }")
    assert offered("thing.▮") == ["of_local"]

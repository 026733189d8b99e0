"""While a call is typed, its signature and the current argument are known."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("source", "label", "active"),
    [
        pytest.param("http.get(▮", "http.get(url, opts?)", 0, id="a builtin"),
        pytest.param('http.get("http://h", ▮', "http.get(url, opts?)", 1, id="its second argument"),
        pytest.param('http.get("http://h▮', "http.get(url, opts?)", 0, id="within a string"),
        pytest.param("http.get(url, {}, 3▮", "http.get(url, opts?)", None, id="an argument too many"),
        pytest.param("c:order('a', ▮", "c:order(number, part?)", 1, id="a method of a client"),
        pytest.param("shop.wait(▮", "shop.wait(url, opts?)", 0, id="a function of a module"),
        pytest.param("shop.client(u):order(▮", "shop.client():order(number, part?)", 0, id="of a client just made"),
        pytest.param("add(1, ▮", "add(a, b, ...)", 1, id="a function of the session"),
        pytest.param("add(1, 2, 3, 4, ▮", "add(a, b, ...)", 2, id="more arguments"),
        pytest.param("point:move(▮", "point:move(dx, dy)", 0, id="a method of the session"),
        pytest.param("point.move(▮", "point.move(self, dx, dy)", 0, id="the same as a function"),
        pytest.param("shout(▮", "shout(text)", 0, id="a local function"),
        pytest.param("print(string.rep('x', ▮", "string.rep(s, n, sep?)", 1, id="the inner of two calls"),
        pytest.param("print(string.rep('x', 2), ▮", "print(...)", 0, id="the outer of two calls"),
        pytest.param('("x"):rep(▮', '"":rep(n, sep?)', 0, id="a method of a string"),
        pytest.param("client:get(▮", "client:get(url, opts?)", 0, id="a method that is documented as a function"),
        pytest.param("alerts:alerts(▮", "alerts:alerts(opts?)", 0, id="a function that a client has as a method"),
        pytest.param("get(▮", "get(url, opts?)", 0, id="a builtin by another name"),
        pytest.param("pcall(http.get, function(a, b) x = {1, 2} end, ▮", "pcall(f, ...)", 1, id="behind a function"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_call_shows_its_signature(typed, help_at, source, label, active):
    typed.values('shop = require("assay.shop")  c = shop.client("http://127.0.0.1:1")  get = http.get')
    typed.values('client = http.client()  alerts = require("assay.alertmanager").client("http://127.0.0.1:1")')
    typed.values("function add(a, b, ...) return a end")
    typed.values("point = {}  function point:move(dx, dy) end  local function shout(text) end")
    found = help_at(source)
    assert (found.label, found.active) == (label, active)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("nothing(▮", id="an unknown function"),
        pytest.param("print▮", id="no call"),
        pytest.param("(1 + ▮", id="plain brackets"),
        pytest.param("function http.get(▮", id="a definition"),
        pytest.param("print(1)▮", id="a call that is closed"),
        pytest.param("print(function() local x = ▮", id="the body of a function argument"),
        pytest.param("-- print(▮", id="a comment"),
    ],
)
def test_elsewhere_there_is_no_signature(help_at, source):
    assert help_at(source) is None


def test_in_a_table_of_options_the_option_and_its_meaning_are_known(help_at):
    found = help_at('http.post("http://h", {}, { timeout = ▮')
    assert (found.active, found.option) == (2, "timeout")
    assert "seconds" in found.summary
    assert help_at('http.get("http://h", { headers = { accept = "▮').option == "headers"
    assert help_at('http.get("http://h", { ▮').option == ""

"""Completion, help and inspection run nothing: no metamethod, no code of a script, no group that would connect."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_shell.runtime.vm import Runtime
from assay_shell.session.completion import Completer
from assay_shell.session.session import Session

COUNTING = """
touched = 0
local function count() touched = touched + 1 return nil end
local meta = { __index = count, __pairs = count, __len = count, __tostring = count, __call = count, __eq = count,
  __name = setmetatable({}, { __tostring = count }), __metatable = "locked", __concat = count, __lt = count }
trap = setmetatable({ inner = setmetatable({ deep = 1 }, meta), list = { setmetatable({ name = "x" }, meta) } }, meta)
local class = setmetatable({ method = function(self, first, second) return count() end }, meta)
object = setmetatable({ field = 1 }, { __index = class, __close = count, __gc = count })
local held = trap
package.loaded.trapped = trap
setmetatable(_G, { __index = count, __newindex = function(t, k, v) count() rawset(t, k, v) end })
"""

INPUTS = [
    "trap.▮", "trap.inner.▮", "trap.inner.de▮", "trap.list[1].▮", "trap.list[#trap.list].▮", "trap[▮", 'trap["▮',
    "trap.missing.▮", "trap:▮", "trap.inner.deep.▮", "object.▮", "object:▮", "object:meth▮", "object.method(▮",
    "object:method(1, ▮", "held.▮", "tr▮", "▮", 'require("▮', 'require("trapped").▮',
    "for _, x in ipairs(trap.list) do x.▮", "for _, x in pairs(trap) do x.▮", "trap.inner[trap.inner.deep].▮",
    "http.▮", "http.get(u, {▮", "db.▮", "ws.connect(▮", "temporal.connect({▮", "_.▮", "_▮", "undefined_name.▮",
    "missing(▮", "trap(▮", "trap(1).▮", "fs.read('▮", "env.get('▮",
]  # fmt: skip


@pytest.fixture
def connects(monkeypatch):
    """The addresses that were connected to."""
    seen = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: seen.append(address))
    monkeypatch.setattr(socket.socket, "connect_ex", lambda self, address: seen.append(address))
    return seen


def test_a_thousand_tabs_call_no_metamethod_and_connect_to_nothing(typed, connects):
    typed.values(COUNTING)
    typed.values("return trap")
    before = typed.values("return rawget(_G, 'touched')")
    completer = Completer(typed.session)
    for turn in range(1000):
        text, _, after = INPUTS[turn % len(INPUTS)].partition("▮")
        completer.complete(text + after, len(text))
        completer.signature(text + after, len(text))
        completer.inspect(text + after, len(text), detail=turn % 2 == 0)
    assert typed.values("return rawget(_G, 'touched')") == before
    assert connects == []


def test_what_lies_behind_traps_is_still_offered(typed, offered):
    typed.values(COUNTING)
    assert offered("trap.▮") == ["inner", "list"]
    assert offered("trap.inner.▮") == ["deep"]
    assert offered("object:▮") == ["method"]
    assert offered("pri▮") == ["print"]


def test_a_group_that_nobody_has_used_is_not_loaded_by_tab(typed, offered):
    assert "post" in offered("http.▮")
    assert not any(name.startswith("http.") for name in typed.runtime.builtins)


def test_a_huge_table_is_not_walked(typed, completer):
    typed.values("local big = {} for i = 1, 300000 do big[i] = i end  for i = 1, 300000 do big['key' .. i] = i end")
    from time import process_time

    started = process_time()
    completer.complete("big.", 4)
    completer.inspect("big", 3)
    assert process_time() - started < 0.25  # a walk would take half a second


def test_a_table_that_contains_itself_is_followed_as_far_as_it_is_typed(typed, offered, completer):
    typed.values("loop = { name = 1 }  loop.next = loop  setmetatable(loop, { __index = loop })")
    assert offered("loop.next.next.next.na▮") == ["name"]
    assert completer.inspect("loop", 4) is not None


RUNTIME = Runtime()
COMPLETER = Completer(Session(RUNTIME))
PIECES = st.sampled_from([
    "local ", "x", " = ", "http", ".", ":", "get", "(", ")", "{", "}", "[", "]", '"', "'", "[[", "]]", "--", "\n", ",",
    ";", "function", " end ", "for ", " in ", "pairs", "1", "..", "::", "\\", "é", "\udc80", "#", "if ", " then ", "=",
    "require", '"assay.', "env.get", "fs.read", "/", "_", "do ", "?", ".help", "!", "%",
])  # fmt: skip


@settings(max_examples=100)
@given(st.lists(PIECES, max_size=25), st.data())
def test_no_input_is_too_odd(pieces, data):
    source = "".join(pieces)
    cursor = data.draw(st.integers(0, len(source)))
    found = COMPLETER.complete(source, cursor)
    assert 0 <= found.start <= found.end <= len(source)
    assert all(candidate.text for candidate in found.items)
    COMPLETER.signature(source, cursor)
    COMPLETER.inspect(source, cursor, detail=True)

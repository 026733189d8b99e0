"""What was typed as a script and as a notebook."""

from __future__ import annotations

import json

import pytest

from assay_shell.runtime.vm import Runtime

SECRET = "hunter2-is-no-password"


def saved(desk, tmp_path):
    desk.text(".save s.lua")
    return (tmp_path / "s.lua").read_text()


def run(text):
    with Runtime(stdout=lambda data: None) as runtime:
        results = runtime.evaluate(text, "s.lua")
    return results[0] if results else None


@pytest.mark.parametrize(
    ("lines", "result"),
    [
        pytest.param(["local x = 1", "x + 1"], 2, id="a local and an expression"),
        pytest.param(["21", "_ * 2"], 42, id="the last result"),
        pytest.param(["1", "2", "_ * 10 + _2"], 21, id="earlier results"),
        pytest.param(["{ a = 1 }", "_.a", "_2.a + _"], 2, id="a result used twice"),
        pytest.param(["local x = 1", "x = x + 1", "local x = x * 10", "x"], 20, id="a name declared again"),
        pytest.param(["t = {}", "table.insert(t, 5)", "t[1]"], 5, id="a call for what it does"),
        pytest.param(["local x = 3; return x", "_ + 1"], 4, id="an explicit return"),
        pytest.param(["x = 1", "local y = x\ny + 1", "_ + y"], 3, id="an expression behind statements"),
        pytest.param(["local t = { _ = 5 }", "7", "t._ + _"], 12, id="a field of that name"),
        pytest.param(["x = 1", "error('no')", "x"], 1, id="what failed is left out"),
        pytest.param(["local function f() return 2 end", "f()"], 2, id="a local function"),
        pytest.param(["x = 5"], None, id="no result"),
    ],
)
def test_the_script_gives_the_same_result(desk, tmp_path, lines, result):
    for line in lines:
        desk.answer(line)
    assert run(saved(desk, tmp_path)) == result


COUNTING = (
    "function counting(last) local n = 0 return setmetatable({}, { __close = function() end, "
    "__call = function() if n < last then n = n + 1 return n end sleep(60) end }) end"
)


@pytest.mark.parametrize(
    ("seconds", "lines", "result"),
    [
        pytest.param(None, ["counting(3)", "#_"], 3, id="one that ended"),
        pytest.param(9.5, ["counting(5)", "_[3] + #_"], 6, id="as many items as there were"),
        pytest.param(0.2, ["counting(2)", "#_"], 2, id="no longer than somebody looked"),
        pytest.param(0.2, ["counting(9)", "7"], 7, id="one whose items nobody uses"),
    ],
)
def test_a_stream_that_was_looked_at_is_taken_as_far_again(desk, tmp_path, seconds, lines, result):
    desk.values(COUNTING if seconds else COUNTING.replace("sleep(60)", ""))
    stream, then = lines
    outcome = desk.answer(stream).outcome
    items = desk.runtime.lua.table_from([1, 2, 3])
    desk.workspace.session.keep_items(outcome, items, 3, seconds)
    desk.values(then)
    assert run(saved(desk, tmp_path)) == result


def test_a_stream_at_the_end_gives_its_items(desk, tmp_path):
    desk.values(COUNTING)
    desk.workspace.session.keep_items(desk.answer("counting(5)").outcome, desk.runtime.lua.table_from([1, 2]), 2, 3.0)
    assert run(saved(desk, tmp_path)) == [1, 2]


def test_more_locals_than_lua_has_room_for(desk, tmp_path):
    for index in range(0, 450, 2):
        desk.values(f"local v{index}, v{index + 1} = {index}, {index + 1}")
    desk.values("v0 + v199 + v449")
    assert run(saved(desk, tmp_path)) == 0 + 199 + 449


def test_secrets_become_variables_listed_on_top(desk, tmp_path, monkeypatch):
    desk.values(f'local opts = {{ password = "{SECRET}", ["api-token"] = "{SECRET}2", name = "plain" }}')
    desk.values(f'local again = "{SECRET}"')
    desk.runtime.redactor.add(SECRET)
    desk.values("opts.password == again and opts.name")
    text = saved(desk, tmp_path)
    assert text.splitlines()[1:3] == ["--   PASSWORD", "--   API_TOKEN"]
    assert SECRET not in text
    monkeypatch.setenv("PASSWORD", SECRET)
    monkeypatch.setenv("API_TOKEN", f"{SECRET}2")
    assert run(text) == "plain"


def test_a_call_with_a_bare_secret_keeps_its_brackets(desk, tmp_path, monkeypatch):
    desk.runtime.redactor.add(SECRET)
    desk.values(f'tostring "{SECRET}" == "x"')
    text = saved(desk, tmp_path)
    assert 'tostring (env.get("SECRET")) == "x"' in text


def test_the_notebook_has_outputs_and_no_secret(desk, tmp_path):
    desk.values(f'local password = "{SECRET}" print("with", password)')
    desk.answer("error('left out')")
    desk.values("1 + 1")
    desk.text(".notebook n.ipynb")
    text = (tmp_path / "n.ipynb").read_text()
    document = json.loads(text)
    assert document["nbformat"] == 4
    assert [cell["cell_type"] for cell in document["cells"]] == ["markdown", "code", "code"]
    assert "left out" not in text
    assert SECRET not in "".join(document["cells"][1]["source"])


@pytest.mark.parametrize("line", [".save s.lua", ".notebook n.ipynb"])
def test_nothing_to_keep_is_said(desk, line):
    assert desk.fault(line).startswith("nothing to ")

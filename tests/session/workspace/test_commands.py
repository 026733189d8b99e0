"""Commands of a session, whatever their mark."""

from __future__ import annotations

import json
import os

import pytest

from assay_shell.runtime.views.model import Table, Tree
from assay_shell.session.commands.table import COMMANDS, find


@pytest.mark.parametrize("line", ["exit", "quit", "exit()", " quit ( ) ;"])
def test_the_word_that_newcomers_type_leaves(desk, line):
    assert desk.answer(line).leave


@pytest.mark.parametrize("line", ["help", "help()"])
def test_the_word_that_newcomers_type_helps(desk, line):
    assert desk.text(line) == desk.text(".help")


@pytest.mark.parametrize("definition", ["local exit = 1", "exit = 1"])
def test_a_name_of_the_users_own_is_no_command(desk, definition):
    desk.values(definition)
    assert desk.values("exit") == [1]


def test_each_command_can_be_loaded_and_says_what_it_does():
    assert [command.name for command in COMMANDS if not (command.load().__doc__ and command.summary)] == []


def test_the_mark_makes_no_difference(desk):
    assert desk.text(".vars") == desk.text("%vars") == "nothing yet"


def test_an_unknown_command_names_the_nearest(desk):
    assert desk.fault(".formt") == "there is no command '.formt'; did you mean .format?; .help lists them"


def test_help_lists_all_commands(desk):
    shown = desk.text(".help")
    assert [command.name for command in COMMANDS if f".{command.name}" not in shown] == []


@pytest.mark.parametrize("line", ["?http.get", "http.get?", ".help http.get", ".doc http.get"])
def test_help_of_a_name_begins_with_its_signature(desk, line):
    assert desk.text(line).startswith("http.get(url, opts?) -> ")


def test_two_marks_show_the_source(desk):
    desk.values("function twice(n)\n  return 2 * n\nend")
    assert "return 2 * n" in desk.text("twice??")


def test_help_of_what_nobody_knows_suggests(desk):
    assert desk.fault("?http.gett") == "nothing is known of 'http.gett'; did you mean http.get?"


def test_modules_are_found_by_words(desk):
    view = desk.answer(".modules secrets vault").view
    assert isinstance(view, Table)
    assert "assay.vault" in [row[0] for row in view.rows]


def test_variables_are_listed_with_secrets_masked(desk):
    desk.values("local n, t, password = 1, {1, 2}, 'hunter2-is-no-password'")
    desk.values("g = 'global'")
    assert [line.split() for line in desk.text(".vars").splitlines()] == [
        ["n", "local", "number", "1"],
        ["t", "local", "table", "2", "items"],
        ["password", "local", "string", "••••••••"],
        ["g", "global", "string", "global"],
    ]


def test_variables_ask_no_metamethod(desk):
    desk.values("called = false local function call() called = true end")
    desk.values("local t = setmetatable({}, { __index = call, __len = call, __tostring = call, __pairs = call })")
    desk.text(".vars")
    assert desk.values("called") == [False]


def test_reset_forgets_all_that_was_defined(desk):
    desk.values("local x = 1")
    desk.values("g = 2")
    desk.text(".reset")
    assert desk.values("x, g, _, json ~= nil") == [None, None, None, True]


def test_time_gives_the_result_and_how_long_it_took(desk):
    answer = desk.answer(".time sleep(0.02) or 7")
    assert answer.text.endswith(" ms")
    assert desk.values("_") == [7]


def test_a_file_is_run_in_the_session(desk, tmp_path):
    (tmp_path / "s.lua").write_text("#!/usr/bin/assay\nlocal kept = arg[1]\nreturn 5\n")
    assert desk.values(".run s.lua word") == [5]
    assert desk.values("kept") == ["word"]


def test_a_script_is_written_and_run_by_itself(desk, tmp_path):
    path = tmp_path / "count.lua"
    desk.values("local seen = 5")
    assert desk.text(f".script {path} a 'b c'\nprint(#arg, arg[2], seen)\nrequire('os').exit(3)") == "exit status 3"
    assert path.read_text() == "print(#arg, arg[2], seen)\nrequire('os').exit(3)\n"
    assert "2\tb c\tnil" in desk.printed.decode()


def test_a_script_may_have_any_name_and_any_arguments(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("~/in_home.lua", "--help.lua"):
        assert desk.text(f".script {name} --json\nprint('ran', arg[1])") == ""
    assert desk.printed.decode().count("ran\t--json\n") == 2
    assert {path.name for path in tmp_path.iterdir()} >= {"in_home.lua", "--help.lua"}


@pytest.mark.parametrize("line", [".script", ".script x.lua", ".script\nprint(1)"])
def test_a_script_needs_a_name_and_code(desk, line):
    assert "script FILE.lua" in desk.fault(line)


def test_a_script_is_a_write(desk, tmp_path):
    desk.text(".readonly")
    assert "readonly" in desk.fault(f".script {tmp_path / 'x.lua'}\nprint(1)")
    assert not (tmp_path / "x.lua").exists()


def test_a_file_is_loaded_to_be_changed(desk, tmp_path):
    (tmp_path / "s.lua").write_text("local x = 1\n")
    assert desk.answer(".load s.lua").next_input == "local x = 1"


@pytest.mark.parametrize("text", ["local x = 1\nnothing.there()\n", "#!/usr/bin/env assay\nx = = 1\n"])
def test_an_error_in_a_file_names_it_and_the_line(desk, tmp_path, text):
    (tmp_path / "s.lua").write_text(text)
    error = desk.answer(".run ~/s.lua").error
    assert str(tmp_path / "s.lua").endswith(error.chunk.removeprefix("..."))
    assert error.line == 2
    assert desk.workspace.source_of(error.chunk).splitlines()[1] == text.splitlines()[1]


def test_what_a_file_prints_is_kept_for_a_notebook(desk, tmp_path):
    (tmp_path / "s.lua").write_text("print('from the file')")
    desk.values(".run s.lua")
    desk.values(".time print('timed')")
    desk.text(".notebook n.ipynb")
    text = (tmp_path / "n.ipynb").read_text()
    assert "from the file\\n" in text
    assert "timed\\n" in text


@pytest.mark.parametrize("line", [".load missing.lua", ".run missing.lua"])
def test_a_missing_file_is_named(desk, line):
    assert desk.fault(line) == "missing.lua: No such file or directory (os error 2)"


@pytest.mark.parametrize("line", [".load", ".run", ".save", ".notebook", ".to", ".time", ".kill", "!"])
def test_what_is_missing_is_said(desk, line):
    desk.values("1")
    assert desk.fault(line)


def test_a_changed_module_is_loaded_again_for_all_who_hold_it(desk, tmp_path):
    (tmp_path / "modules").mkdir()
    module = tmp_path / "modules/mine.lua"
    module.write_text("return { version = 1, gone = true }")
    desk.values('local mine = require("assay.mine")')
    assert desk.text(".reload") == "no file of a loaded module has changed"
    module.write_text("return { version = 2 }")
    os.utime(module, ns=(1, 1))
    assert desk.text(".reload") == "loaded again: assay.mine"
    assert desk.values("mine.version, mine.gone") == [2, None]


def test_a_module_that_fails_to_load_again_stays(desk, tmp_path):
    (tmp_path / "modules").mkdir()
    module = tmp_path / "modules/mine.lua"
    module.write_text("return { version = 1 }")
    desk.values('local mine = require("assay.mine")')
    module.write_text("return {")
    assert "mine.lua" in desk.fault(".reload assay.mine")
    assert desk.values('mine.version, require("assay.mine") == mine') == [1, True]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("r.json", '[\n  {\n    "name": "a",\n    "password": "••••••••"\n  }\n]\n', id="json"),
        pytest.param("r.yaml", "- name: a\n  password: '••••••••'\n", id="yaml"),
        pytest.param("r.csv", "name,password\r\na,••••••••\r\n", id="csv"),
    ],
)
def test_the_last_result_is_written_with_secrets_masked(desk, tmp_path, name, text):
    desk.values("{ { name = 'a', password = 'hunter2-is-no-password' } }")
    assert desk.text(f".to {name}").startswith(f"{name}: ")
    assert (tmp_path / name).read_bytes().decode() == text


def test_what_is_no_list_of_records_is_no_csv(desk):
    desk.values("1")
    assert desk.fault(".to r.csv") == "only a table, such as a list of records, can be written as CSV"


def test_reveal_shows_once_and_copy_takes_a_field(desk):
    desk.values("{ data = { { password = 'hunter2-is-no-password' } } }")
    answer = desk.answer(".reveal")
    assert isinstance(answer.view, Tree)
    assert answer.revealed
    assert desk.answer('.copy data[1].password').clipboard == "hunter2-is-no-password"
    assert desk.fault(".copy data[2].password") == "the result has no field data[2].password"


def test_a_format_is_chosen_for_all_results(desk):
    desk.values("{ a = 1 }")
    assert desk.values(".format json") == [{"a": 1}]
    assert desk.workspace.format == "json"
    assert desk.fault(".format jason") == "no format 'jason'; did you mean json? (auto, table, tree, json, yaml, raw)"


def test_a_program_shows_its_output_and_its_status(desk):
    assert desk.text("!echo out; echo err >&2; exit 3") == "exit status 3"
    assert desk.printed == b"out\nerr\n"


def test_contexts_come_from_all_kubeconfigs(desk, tmp_path, monkeypatch):
    for name in ("one", "two"):
        document = {"contexts": [{"name": name, "context": {"cluster": "c", "namespace": f"of-{name}"}}]}
        (tmp_path / name).write_text(json.dumps({"current-context": name, **document}))
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/one:{tmp_path}/missing:{tmp_path}/two")
    rows = list(desk.answer(".context").view.rows)
    assert rows == [("*", "one", "c", "of-one"), ("", "two", "c", "of-two")]
    assert desk.text(".context two").startswith("two/of-two")
    assert desk.workspace.contexts.shown == "two/of-two"
    assert desk.fault(".context thre") == "there is no context 'thre'"


def test_an_alias_takes_arguments(desk):
    desk.workspace.aliases["twice"] = "return 2 *"
    assert desk.values(".twice 4") == [8]


def test_commands_only_tighten_the_guard(desk):
    desk.text(".readonly")
    assert desk.text(".ask").startswith("read-only already")
    assert desk.runtime.guard.readonly
    assert find("readonly").usage == ""

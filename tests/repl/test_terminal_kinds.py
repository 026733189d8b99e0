"""Terminals of all kinds, several at once, and what is kept between them."""

from __future__ import annotations

import json
import time

import pytest

from tests.support.shell import CTRL_D, CTRL_R, ENTER, UP

pytestmark = pytest.mark.timeout(90)
SECRET = "hunter2-is-no-password"


def test_a_wide_and_high_terminal_is_used(shell):
    terminal = shell(columns=200, rows=50)
    shown = terminal.run("local t = {} for i = 1, 40 do t[i] = { n = i, text = ('x'):rep(100) } end t")
    assert "x" * 100 in shown
    assert shown.splitlines()[40].split()[0] == "40"


def test_a_narrow_terminal_loses_nothing_but_width(shell):
    terminal = shell(columns=40, rows=10)
    terminal.run("local text = ('x'):rep(100)")
    assert all(len(line) <= 40 for line in terminal.run("{ { n = 1, text = text } }").splitlines())


def test_a_resize_while_typing_keeps_the_line(shell):
    terminal = shell()
    terminal.type("local x = 1 + 1")
    terminal.wait_for("local x = 1 + 1")
    terminal.resize(50, 15)
    terminal.type(" + 1")
    terminal.wait_for_match(r"local x = 1 \+ 1 \+ 1")
    terminal.enter("")
    assert terminal.run("x") == "3"


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"NO_COLOR": "1", "TERM": "xterm"}])
def test_without_colours_there_are_none(shell, variables):
    terminal = shell(env=variables)
    terminal.run("error('x')")
    terminal.run("{ a = 1 }")
    assert not [code for code in (b"\x1b[31", b"\x1b[32", b"\x1b[34", b"\x1b[1;31", b"38;5;") if code in terminal.raw]


def test_a_dumb_terminal_gets_plain_lines(shell):
    terminal = shell(env={"TERM": "dumb"})
    terminal.enter("local x = 20")
    terminal.wait_for_prompt()
    terminal.enter("x * 2 + 2")
    terminal.wait_for_match(r"42\n> $|42\n\u203a\s*$")
    assert b"\x1b[3" not in terminal.raw
    time.sleep(0.3)  # a dumb prompt is written before keys are read one by one
    terminal.type(CTRL_D)
    assert terminal.end() == 0


def test_a_locale_without_unicode_gets_ascii(shell):
    terminal = shell(env={"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    assert terminal.run("'caf\\xc3\\xa9'").isascii()
    terminal.run("error('x')")
    assert bytes(terminal.raw).isascii()


def test_history_is_shared_by_shells_at_once_and_kept(shell):
    first, second = shell(), shell()
    first.run("'from the first'")
    second.run("'from the second'")
    first.run("1")
    first.type(UP + UP + UP)
    first.wait_for("'from the second'")
    third = shell()
    third.type(CTRL_R)
    third.type("the first")
    third.wait_for_match(r"'from the first'")
    third.type(ENTER)


def test_history_of_the_project_comes_first(shell, home, work):
    shell().run("'here'")
    path = home / ".local/share/assay/history.jsonl"
    with path.open("a") as file:
        file.write(json.dumps({"time": 1, "project": "/elsewhere", "text": "'elsewhere'"}) + "\n")
    terminal = shell()
    terminal.type(UP)
    terminal.wait_for("'here'")
    terminal.type(UP)
    terminal.wait_for("'elsewhere'")


def test_secrets_do_not_reach_the_history(shell, home):
    terminal = shell()
    terminal.run(f'local password = "{SECRET}"')
    terminal.run(f' local token = "{SECRET}"')
    text = (home / ".local/share/assay/history.jsonl").read_text()
    assert "local password" in text
    assert SECRET not in text
    assert "local token" not in text


def test_secrets_are_masked_until_they_are_revealed(shell):
    terminal = shell()
    assert SECRET not in terminal.run(f'{{ password = ("{SECRET[::-1]}"):reverse() }}')
    assert SECRET in terminal.run(".reveal")
    assert SECRET not in terminal.run("_")


def test_a_session_becomes_a_script_with_the_same_result(shell, work, cli):
    terminal = shell()
    terminal.run(f'local password = "{SECRET}"')
    terminal.run("error('left out')")
    terminal.run("local pods = { { name = 'a' }, { name = 'b' } }")
    terminal.run("#pods")
    terminal.run("{ count = _, secret = #password }")
    assert terminal.run(".save kept.lua").startswith("4 inputs in kept.lua; set PASSWORD")
    text = (work / "kept.lua").read_text()
    assert SECRET not in text
    assert "left out" not in text
    done = cli(work / "kept.lua", env={"PASSWORD": SECRET})
    assert json.loads(done.stdout) == {"count": 2, "secret": len(SECRET)}


def test_a_session_becomes_a_notebook(shell, work):
    terminal = shell()
    terminal.run("print('printed') local x = 2")
    terminal.run("{ n = x }")
    terminal.run(".notebook kept.ipynb")
    cells = json.loads((work / "kept.ipynb").read_text())["cells"]
    assert [cell["source"] for cell in cells] == [["print('printed') local x = 2"], ["{ n = x }"]]
    assert cells[0]["outputs"][0]["text"] == ["printed\n"]
    assert cells[1]["outputs"][0]["data"]["text/plain"] == ["n  2"]


def test_the_start_up_file_runs_first(shell, home):
    (home / ".config/assay/init.lua").write_text("function greet() return 'hello' end\nprint('ready')\n")
    terminal = shell()
    terminal.wait_for("ready")
    assert terminal.run("greet()") == "hello"


def test_a_start_up_file_that_fails_is_named_and_the_shell_starts(shell, home):
    (home / ".config/assay/init.lua").write_text("local x = 1\nx.y.z = 2\n")
    terminal = shell(columns=200)
    terminal.wait_for(".config/assay/init.lua:2")
    assert terminal.run("1") == "1"


def test_a_wrong_setting_names_itself_and_the_shell_starts(shell, home):
    (home / ".config/assay/config.toml").write_text('keys = "emcs"\nformt = "json"\nformat = "json"\n')
    terminal = shell(columns=200)
    terminal.wait_for('keys: expected "emacs" or "vi", got')
    assert "there is no setting 'formt'; did you mean format?" in terminal.text
    assert terminal.run("{ a = 1 }") == '{\n  "a": 1\n}'


def test_aliases_are_commands(shell, home):
    (home / ".config/assay/config.toml").write_text("[aliases]\ndouble = \"return 2 *\"\n")
    assert shell().run(".double 21") == "42"


def test_a_production_context_starts_in_ask_mode(shell, home):
    (home / ".kube").mkdir()
    (home / ".kube/config").write_text(
        "current-context: PROD-eu\ncontexts:\n- {name: PROD-eu, context: {cluster: c, namespace: payments}}\n"
        "- {name: dev, context: {cluster: c}}\n"
    )
    terminal = shell()
    terminal.wait_for("kube: PROD-eu/payments   ask before write")
    assert terminal.style_of("kube: PROD-eu").bg == "red"
    assert "dev" in terminal.run(".context")
    terminal.run(".context dev")
    terminal.wait_for("kube: dev/default   ask before write")
    assert terminal.style_of("kube: dev").bg != "red"


def test_vi_keys(shell, home):
    (home / ".config/assay/config.toml").write_text('keys = "vi"\n')
    terminal = shell()
    terminal.type("1 + 1\x1b")
    terminal.type("0x")
    terminal.wait_for_match(r"\u203a  \+ 1\s*$")
    terminal.type("i3" + ENTER)
    terminal.wait_for_match(r"^4$")


def test_long_results_go_through_the_pager(shell):
    terminal = shell(env={"PAGER": "cat > paged.txt; echo paged"})
    terminal.run("local t = {} for i = 1, 500 do t[i] = { n = i } end")
    paged, below = terminal.run("t").splitlines()
    assert (paged, below[:9]) == ("paged", " 500 rows")


def test_an_editor_changes_the_line(shell, work):
    editor = work / "editor.sh"
    editor.write_text("#!/bin/sh\necho \"'edited'\" > \"$1\"\n")
    editor.chmod(0o755)
    terminal = shell(env={"EDITOR": str(editor), "VISUAL": str(editor)})
    terminal.type("typed\x18\x05")
    terminal.wait_for("'edited'")
    terminal.type(ENTER)
    terminal.wait_for_match(r"^edited$")

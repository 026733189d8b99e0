"""A session in a real terminal: what is typed, what is seen."""

from __future__ import annotations

import re
import signal
import time

import psutil
import pytest

from assay_shell.runtime.children.members import descendants, is_running
from tests.support.shell import CTRL_C, CTRL_D, CTRL_U, DOWN, ENTER, TAB, UP

pytestmark = pytest.mark.timeout(90)


def test_locals_stay_and_results_are_shown(shell):
    terminal = shell()
    assert terminal.run("local x = 20") == ""
    assert terminal.run("x * 2 + 2") == "42"
    assert terminal.run("_ / 2") == "21.0"
    terminal.type(CTRL_D)
    assert terminal.end() == 0


def test_what_is_typed_before_the_editor_is_there_is_not_lost(shell):
    terminal = shell(prompt=False)
    terminal.wait_for_prompt()
    terminal.enter("6 * 7")
    terminal.wait_for_match(r"^\u203a 6 \* 7\s*\n42$")


def test_records_are_shown_as_a_table(shell):
    shown = shell().run('{ { name = "cart", ready = true }, { name = "web", ready = false } }')
    *rows, last = shown.splitlines()
    assert [line.split() for line in rows] == [["name", "ready"], ["cart", "true"], ["web", "false"]]
    assert re.fullmatch(r" 2 rows  _ holds the list  \.format json\|yaml\|tree +\d+ ms", last)


def test_an_incomplete_input_goes_on_in_the_next_line_with_its_indentation(shell):
    terminal = shell()
    terminal.enter("for i = 1, 2 do")
    terminal.enter("if i == 2 then")
    terminal.enter("print('two')")
    terminal.enter("end")
    terminal.enter("end")
    terminal.wait_for_match(r"^two$")
    assert "    if i == 2 then\n      print('two')\n    end\n  end\ntwo" in terminal.text


def test_a_pasted_script_is_one_input(shell):
    terminal = shell()
    terminal.type("\x1b[200~local function f(n)\n  return n * 2\nend\n\nprint(f(21))\x1b[201~")
    terminal.wait_for("print(f(21))")
    assert "\n42" not in terminal.text
    terminal.type(ENTER)
    terminal.wait_for_match(r"^42$")
    assert terminal.run("f(4)") == "8"


def test_the_menu_shows_what_fits_with_its_first_sentence(shell):
    terminal = shell()
    terminal.type("json.enc" + TAB)
    terminal.wait_for_match(r"\u203a json\.encode")
    terminal.enter("({1})")
    terminal.wait_for_match(r"^\[1\]$")


def test_the_menu_offers_modules_and_members_of_live_values(shell):
    terminal = shell()
    terminal.type('require("assay.va')
    terminal.wait_for_match(r"assay\.vault +\S")
    terminal.type(CTRL_U)
    terminal.run('pods = { items = { { metadata = { name = "cart", namespace = "shop" } } } }')
    terminal.type("pods.items[1].metadata.")
    terminal.wait_for_match(r"namespace +string")
    terminal.type(DOWN)
    terminal.wait_for_match(r"metadata\.name")


def test_the_line_below_shows_the_call_with_its_current_argument(shell):
    terminal = shell()
    terminal.type('http.get("http://127.0.0.1/", ')
    terminal.wait_for("http.get(url, opts?)")
    assert not terminal.style_of("url, opts?").bold
    assert terminal.style_of("opts?)").bold


def test_help_is_cut_between_words(shell):
    words = [shell(columns=columns).run("?http.get").split() for columns in (60, 200)]
    assert words[0] == words[1]


def test_long_help_goes_through_the_pager(shell):
    assert shell(env={"PAGER": "cat > paged.txt; echo paged"}).run("?http").splitlines() == ["paged"]


def test_an_error_marks_its_place_and_suggests(shell):
    shown = shell().run("http.gett('x')")
    assert shown.splitlines() == [
        "error: attempt to call a nil value (field 'gett')",
        "   ┌─ <input 1>:1",
        " 1 │ http.gett('x')",
        "   │      ^^^^ did you mean http.get?",
    ]


def test_a_failed_line_can_be_edited(shell):
    terminal = shell()
    terminal.run("error('once')")
    terminal.type(UP)
    terminal.wait_for_match(r"\u203a error\('once'\)\s*$")


def test_ctrl_c_at_the_prompt_gives_the_line_up(shell):
    terminal = shell()
    terminal.type("half of a thing")
    terminal.wait_for("half of a thing")
    terminal.type(CTRL_C)
    terminal.wait_for_match("thing\n\u203a")
    terminal.wait_for_prompt()
    assert terminal.run("1") == "1"


def test_ctrl_d_warns_of_jobs_once(shell):
    terminal = shell()
    terminal.run("sleep(60) &")
    terminal.type(CTRL_D)
    terminal.wait_for("1 running in the background")
    terminal.wait_for_prompt()
    terminal.type(CTRL_D)
    assert terminal.end() == 0


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param(".exit", 0, id="the command"),
        pytest.param('require("os").exit(3)', 3, id="os.exit"),
    ],
)
def test_the_ways_out(shell, line, code):
    terminal = shell()
    terminal.enter(line)
    assert terminal.end() == code


def test_sigterm_ends_it_gently(shell):
    terminal = shell()
    terminal.send_signal(signal.SIGTERM)
    assert terminal.end() == 143


@pytest.mark.parametrize(
    ("line", "pager"),
    [
        pytest.param("!sleep 4711; true", "cat", id="a program and what it has started"),
        pytest.param("local t = {} for i = 1, 100 do t[i] = { n = i } end t", "sleep 4711; true", id="the pager"),
    ],
)
def test_sigterm_leaves_no_program_behind(shell, line, pager):
    terminal = shell(env={"PAGER": pager})
    terminal.enter(line)
    sleeping: list[int] = []

    def begun():
        sleeping[:] = [pid for pid in descendants(terminal.pid) if "4711" in " ".join(psutil.Process(pid).cmdline())]
        return len(sleeping) == 2

    terminal.wait_until(begun, "it does not run")
    terminal.send_signal(signal.SIGTERM)
    assert terminal.end() == 143
    assert not any(map(is_running, sleeping))


def test_what_scripts_print_is_not_mangled(shell):
    terminal = shell()
    assert terminal.run('print("a\\tb") io.write("no end") local done') == "a       b\nno end"
    assert terminal.run("1") == "1"


def test_the_menu_of_everything_comes_only_when_it_is_asked_for(shell):
    terminal = shell()
    terminal.type("x = ")
    terminal.wait_for_match(r"\u203a x =")
    terminal.type("pri")
    terminal.wait_for_match(r"print +print\(\.\.\.\)")  # the menu is quick enough to have come before
    terminal.type(CTRL_U + "if x then" + ENTER)
    terminal.wait_for_match(r"\u203a if x then\s*$")
    terminal.type("x = ")
    time.sleep(0.3)  # a Tab among keys that are typed at once is one of them
    terminal.type(TAB)
    terminal.wait_for_match(r"approval +Approval gates")
    terminal.type(CTRL_C)
    terminal.wait_for_prompt()


def test_a_wrong_method_of_a_live_value_suggests_the_right_one(shell):
    terminal = shell()
    terminal.run("local client = { pods = function() end }")
    assert terminal.run("client:podz()").endswith("did you mean client:pods?")


def test_what_is_put_on_the_clipboard_is_sent_to_the_terminal(shell):
    terminal = shell()
    terminal.run("{ name = 'cart' }")
    assert terminal.run(".copy name") == "name is on the clipboard (4 characters)"
    assert b"\x1b]52;c;Y2FydA==\x07" in terminal.raw

"""While something runs: interrupts, jobs, questions."""

from __future__ import annotations

import time

import pytest

from tests.support.cluster import kubeconfig
from tests.support.shell import CTRL_C, CTRL_U, ENTER, TAB
from tests.support.shop import Shop

pytestmark = pytest.mark.timeout(90)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("while true do end", id="a loop"),
        pytest.param("while true do pcall(function() while true do end end) end", id="a pcall loop"),
        pytest.param("coroutine.wrap(function() coroutine.wrap(function() while 1 do end end)() end)()", id="nested"),
        pytest.param("sleep(60)", id="a wait"),
        pytest.param("shell.exec('sleep 60')", id="a child process"),
        pytest.param(
            "db.query(db.connect('sqlite::memory:'), 'with recursive c(n) as (select 1 union all select n + 1 from c) "
            "select count(*) from c')", id="a query",
        ),
        pytest.param(".time sleep(60)", id="a command"),
        pytest.param("!sleep 60", id="a program"),
        pytest.param("for i = 1, 1e9 do print(999 + i, ('x'):rep(60)) end", id="a flood"),
    ],
)  # fmt: skip
def test_ctrl_c_stops_what_runs_and_nothing_else(shell, code):
    terminal = shell()
    terminal.run("local kept = 'kept'")
    terminal.enter(code)
    terminal.wait_for_match(r"Ctrl-C cancels|!sleep 60\s|\d\d\d\d")
    time.sleep(0.1)
    terminal.type(CTRL_C)
    terminal.wait_for_prompt()
    assert terminal.run("kept") == "kept"


@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.01, 0.02, 0.03, 0.05])
def test_ctrl_c_right_behind_enter_is_not_lost(shell, seconds):
    terminal = shell()
    terminal.enter("shell.exec('sleep 60')")
    time.sleep(seconds)
    terminal.type(CTRL_C)
    terminal.wait_for_match(r"cancelled|\u203a[^\n]*\n\u203a\s*\n")
    assert terminal.run("1") == "1"


def test_the_spinner_says_what_is_waited_for(shell, stub):
    stub.on("GET", "/slow", status=200, body=b"late", delay=1.3)
    terminal = shell()
    terminal.enter(f'http.get("{stub.url}/slow").body')
    terminal.wait_for_match(r"GET http://127\.0\.0\.1:\d+/slow +\d\.\d s +Ctrl-C cancels")
    terminal.wait_for_match(r"^late$")
    terminal.wait_for_match(r"^\d\.\d s$")


def test_a_call_that_cannot_be_stopped_is_left_behind_with_its_vm(shell):
    terminal = shell()
    terminal.run("local lost = 1")
    terminal.enter("('a'):rep(1000000):find('.-.-.-b$')")
    terminal.wait_for("Ctrl-C cancels")
    terminal.type(CTRL_C)
    time.sleep(0.7)
    terminal.type(CTRL_C)
    terminal.wait_for("[r]estart the VM")
    terminal.type("r")
    terminal.wait_for("a new VM runs")
    assert terminal.run("lost, 2") == "nil\n2"


def test_a_job_prints_above_what_is_typed(shell):
    terminal = shell()
    assert terminal.run("for i = 1, 3 do sleep(0.2) print('from the job', i) end &").startswith("[job 1] running")
    terminal.type("being_typed")
    terminal.wait_for("[job 1] done")
    terminal.wait_for_match(r"\u203a being_typed")
    assert "from the job    3\n" in terminal.text
    assert terminal.line.strip().endswith("being_typed")
    terminal.type(CTRL_U)


def test_jobs_are_listed_fetched_and_killed(shell):
    terminal = shell()
    terminal.run("(function() sleep(0.5) return 'fetched' end)() &")
    terminal.run("sleep(60) &")
    listed = terminal.run(".jobs").splitlines()
    assert [line.split()[:2] for line in listed] == [["[1]", "running"], ["[2]", "running"]]
    assert terminal.run(".fg 1") == "fetched"
    assert terminal.run("_") == "fetched"
    assert terminal.run(".kill 2") == "[2] stopped"
    assert terminal.run(".jobs").startswith("no jobs")


def test_ctrl_c_leaves_jobs_alone(shell):
    terminal = shell()
    terminal.run("(function() sleep(1.5) return 'still there' end)() &")
    terminal.enter("sleep(60)")
    terminal.wait_for("Ctrl-C cancels")
    terminal.type(CTRL_C)
    terminal.wait_for("cancelled")
    assert terminal.run(".fg 1").splitlines()[0] == "still there"


def test_a_job_that_is_busy_leaves_the_prompt_alive(shell):
    terminal = shell()
    terminal.run("while true do end &")
    terminal.type("typed = 1")
    terminal.wait_for_match(r"\u203a typed = 1")
    terminal.type(ENTER)
    terminal.wait_for("Ctrl-C cancels")
    terminal.type(CTRL_C)
    terminal.wait_for("[job 1] stopped")


def test_in_ask_mode_each_write_shows_what_it_does(shell, work):
    (work / "note.txt").write_text("old\n")
    terminal = shell("--ask")
    terminal.wait_for("ask before write")
    terminal.enter("fs.write('note.txt', 'new\\n')")
    terminal.wait_for("fs.write note.txt")
    terminal.type("d")
    terminal.wait_for("-old")
    terminal.wait_for("+new")
    terminal.type("n")
    terminal.wait_for("fs.write refused")
    assert (work / "note.txt").read_text() == "old\n"
    terminal.wait_for_prompt()
    terminal.enter("fs.write('other.txt', 'new\\n')")
    terminal.wait_for("fs.write other.txt")
    terminal.type("a")
    terminal.wait_for_prompt()
    assert (work / "other.txt").read_text() == "new\n"
    assert terminal.run("fs.write('other.txt', 'again')") == ""
    assert (work / "other.txt").read_text() == "again"


def test_a_request_shows_what_it_changes(shell, stub):
    stub.on("GET", "/scale", status=200, body=b'{"spec":{"replicas":4}}')
    stub.on("PATCH", "/scale", status=200, body=b"{}")
    terminal = shell("--ask")
    terminal.enter(f'http.patch("{stub.url}/scale", {{ spec = {{ replicas = 12 }} }}).status')
    terminal.wait_for_match(r"write +PATCH http://127\.0\.0\.1:\d+/scale")
    terminal.wait_for("spec.replicas  4 \u2192 12")
    terminal.type("y")
    terminal.wait_for_match(r"^200$")


def test_read_only_refuses_and_says_so(shell, work):
    terminal = shell("--readonly")
    terminal.wait_for("read-only")
    assert "readonly: fs.write blocked" in terminal.run("fs.write('x', '')")
    assert "readonly: ! blocked" in terminal.run("!touch x")
    assert not (work / "x").exists()


def test_a_script_may_ask_for_a_line(shell):
    terminal = shell()
    terminal.enter('input("name: ")')
    terminal.wait_for("name: ")
    terminal.enter("Ada")
    terminal.wait_for_match(r"^Ada$")
    terminal.wait_for_prompt()


def test_a_stream_alone_on_a_line_is_live_and_its_rows_stay(shell, stub):
    stub.on("GET", "/lines", status=200, body=b"one\ntwo\nthree\n")
    terminal = shell()
    terminal.enter(f'http.stream("{stub.url}/lines", {{ lines = true }})')
    terminal.wait_for("3 so far")
    terminal.wait_for_prompt()
    assert terminal.run("#_, _[1]") == "3\none"


def test_the_last_change_of_a_watch_is_shown_at_once_and_ctrl_c_keeps_the_rows(shell, stub, tmp_path):
    Shop(stub)
    terminal = shell(env=kubeconfig(tmp_path, stub.url, "t0ken-of-the-shop"), columns=100)
    terminal.enter('require("assay.k8s").client():watch("shop", "pod")')
    terminal.wait_for("8 so far")
    terminal.wait_for_match(r"^CHANGE +NAME +READY +STATUS\s.*\nMODIFIED +cart-7c9f5d7b4-p4hnm +1/1 +Running")
    terminal.type(CTRL_C)
    terminal.wait_for_prompt()
    assert terminal.run("#_, _[8].type") == "8\nMODIFIED"


def test_a_stream_that_fails_is_an_error_and_what_came_before_stays(shell):
    terminal = shell()
    terminal.run("local n = 0")
    shown = terminal.run(
        "setmetatable({}, { __close = function() end, __call = function() n = n + 1 if n > 2 then error('it broke') end"
        " return n end })"
    )
    assert "2 so far" in shown
    assert "it broke" in shown
    assert "internal error" not in shown
    assert terminal.run("#_") == "2"


def test_rows_of_a_database_are_a_stream_as_well(shell):
    terminal = shell()
    terminal.run('local base = db.connect("sqlite::memory:")')
    terminal.enter('db.stream(base, "select 1 as n union select 2")')
    terminal.wait_for("2 so far")
    terminal.wait_for_prompt()
    assert terminal.run("_[1].n + _[2].n") == "3"


def test_the_menu_offers_names_of_the_cluster_when_asked(shell, stub, tmp_path):
    Shop(stub)
    terminal = shell(env=kubeconfig(tmp_path, stub.url, "t0ken-of-the-shop"), columns=100)
    terminal.run('c = require("assay.k8s").client()')
    terminal.type('c:pods("' + TAB)
    terminal.wait_for_match(r"^ +default$")
    terminal.type("sh" + TAB)
    terminal.wait_for_match(r'\u203a c:pods\("shop"?')
    terminal.type(CTRL_U + 'c:logs("shop", "' + TAB)
    terminal.wait_for_match(r"^ +cart-7c9f5d7b4-x2k8d$")
    terminal.type(CTRL_U)

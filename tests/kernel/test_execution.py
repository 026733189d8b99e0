"""Cells: what they print, show and leave behind, and how they are stopped."""

from __future__ import annotations

import time
from typing import Any

import psutil
import pytest


def test_locals_persist_and_the_last_expression_is_the_result(shared):
    shared.run("local x = 20\nlocal y = 2")
    assert shared.text("local z = x + y\nz * 2") == "44"
    assert shared.text("_ + 1") == "45"


def test_what_is_printed_comes_in_order_with_what_is_shown(shared):
    _, shown = shared.run("print('one') display({ a = 1 }) print('two')")
    assert [part["type"] for part in shown] == ["stream", "display_data", "stream"]
    assert (shown[0]["text"], shown[2]["text"]) == ("one\n", "two\n")


def test_output_arrives_while_the_cell_is_busy(shared):
    client, started = shared.client, time.monotonic()
    request = client.execute("print('soon') local t = os.clock() while os.clock() - t < 1 do end")
    while True:
        message = client.get_iopub_msg(timeout=10)
        if message["parent_header"].get("msg_id") == request and message["msg_type"] == "stream":
            break
    seen = time.monotonic() - started
    assert client.get_shell_msg(timeout=20)["content"]["status"] == "ok"
    assert seen < time.monotonic() - started - 0.3


def test_an_error_shows_the_marked_line(shared):
    reply, shown = shared.run("local x = 1\nerror('disk full')")
    (error,) = shown
    assert (reply["status"], reply["evalue"].partition(": ")[2]) == ("error", "disk full")
    assert any("error('disk full')" in line for line in error["traceback"])
    assert "Traceback" not in "\n".join(error["traceback"])


def test_a_syntax_error_harms_nothing(shared):
    shared.run("local kept = 5")
    assert shared.run("x = = 1")[0]["ename"] == "ScriptSyntaxError"
    assert shared.text("kept") == "5"


def test_os_exit_ends_the_cell_and_not_the_kernel(shared):
    assert shared.run("require('os').exit(3)")[0]["ename"] == "ScriptExit"
    assert shared.text("1 + 1") == "2"


def test_silent_cells_leave_no_trace(shared):
    shared.run("7 * 6")
    reply, shown = shared.run("99", silent=True)
    assert (reply["status"], shown) == ("ok", [])
    assert shared.text("_") == "42"


def test_user_expressions_are_answered_with_the_reply(shared):
    reply, _ = shared.run("local n = 3", user_expressions={"twice": "n * 2", "wrong": "nope.x"})
    assert reply["user_expressions"]["twice"]["data"]["text/plain"] == "6"
    assert reply["user_expressions"]["wrong"]["status"] == "error"


def test_secrets_are_masked_in_results(shared):
    _, shown = shared.run("{ user = 'ada', password = 'correct-horse' }")
    assert "correct-horse" not in repr(shown)


@pytest.mark.parametrize(
    "code",
    [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "local co = coroutine.wrap(function() while true do end end) co()",
        "sleep(60)",
        "shell.exec('sleep 60')",
        "async.all({ function() sleep(60) end, function() sleep(60) end })",
    ],
)
def test_an_interrupt_stops_the_cell_and_keeps_the_state(shared, code):
    shared.run("local kept = 'yes'")
    shared.client.execute(code, stop_on_error=False)
    time.sleep(0.2)
    shared.manager.interrupt_kernel()
    reply = shared.client.get_shell_msg(timeout=10)["content"]
    assert (reply["status"], reply["ename"]) == ("error", "Interrupted")
    assert shared.text("kept") == "yes"


def test_a_cell_that_waits_does_not_hold_up_completion(shared):
    client = shared.client
    client.execute("sleep(30)", stop_on_error=False)
    asked = client.complete("crypto.hash")
    assert client.get_shell_msg(timeout=20)["parent_header"]["msg_id"] == asked
    shared.manager.interrupt_kernel()
    assert client.get_shell_msg(timeout=10)["content"]["ename"] == "Interrupted"


def test_input_asks_the_front_end(shared):
    client = shared.client
    client.execute("return input('name: ')", allow_stdin=True)
    question = client.get_stdin_msg(timeout=10)
    assert question["content"] == {"prompt": "name: ", "password": False}
    client.input("Ada")
    assert client.get_shell_msg(timeout=10)["content"]["status"] == "ok"
    assert shared.text("_") == "Ada"


def test_without_anybody_to_ask_input_is_an_error(shared):
    assert "nobody can be asked" in shared.run("input('name: ')", allow_stdin=False)[0]["evalue"]


def test_ask_mode_asks_before_a_write(fresh, tmp_path):
    target = tmp_path / "file.txt"
    fresh.run("%ask")
    fresh.client.execute(f"fs.write({str(target)!r}, 'new')", allow_stdin=True, stop_on_error=False)
    question = fresh.client.get_stdin_msg(timeout=10)["content"]["prompt"]
    assert str(target) in question
    assert not target.exists()
    fresh.client.input("n")
    assert fresh.client.get_shell_msg(timeout=10)["content"]["status"] == "error"
    assert not target.exists()
    fresh.client.execute(f"fs.write({str(target)!r}, 'new')", allow_stdin=True)
    fresh.client.get_stdin_msg(timeout=10)
    fresh.client.input("y")
    assert fresh.client.get_shell_msg(timeout=10)["content"]["status"] == "ok"
    assert target.read_text() == "new"


def test_read_only_mode_refuses_writes(fresh, tmp_path):
    reply, _ = fresh.run(f"%readonly\nfs.write({str(tmp_path / 'x')!r}, 'new')")
    assert "readonly: fs.write blocked" in reply["evalue"]
    assert not (tmp_path / "x").exists()


def test_endless_output_is_cut_off(fresh):
    printed = fresh.printed("local line = string.rep('x', 1 << 20) for i = 1, 40 do print(line) end")
    assert len(printed) < (11 << 20)
    assert "the rest of this cell's output is not shown" in printed
    assert fresh.printed("print('next')") == "next\n"


@pytest.mark.long
def test_a_gigabyte_of_output_takes_no_memory(fresh):
    process = psutil.Process(fresh.manager.provisioner.process.pid)
    fresh.run("print('warm')")
    before = process.memory_info().rss
    line = "local mib = string.rep('x', 1 << 20)"
    printed = fresh.printed(f"{line} for i = 1, 1024 do print(mib) io.stderr:write(mib) end")
    assert len(printed) < 11 << 20
    assert process.memory_info().rss - before < 200 << 20
    assert fresh.text("1 + 1") == "2"


@pytest.mark.long
def test_endless_displays_are_cut_off(fresh):
    _, found = fresh.run("local text = string.rep('x', 1 << 20) for i = 1, 200 do display(text .. i) end")
    assert len(repr(found)) < 120 << 20
    assert "what else this cell displays is not shown" in found[-1]["data"]["text/plain"]
    assert len(fresh.run("display('next')")[1]) == 1


def test_a_stream_is_shown_in_place_until_it_is_interrupted(fresh):
    fresh.run(
        "local server = http.serve(0, { GET = { ['/events'] = function() return { sse = function(send)"
        " for i = 1, 1e6 do send({ data = 'tick ' .. i }) sleep(0.005) end end } end } }, { background = true })"
    )
    fresh.client.execute("http.events(server.url .. '/events')")
    updates: list[dict[str, Any]] = []
    started = time.monotonic()
    while len(updates) < 8 and time.monotonic() < started + 20:
        message = fresh.client.get_iopub_msg(timeout=20)
        if message["msg_type"] in ("display_data", "update_display_data"):
            updates.append(message)
    assert time.monotonic() - started > 0.6, "more than ten updates a second"
    assert len({message["content"]["transient"]["display_id"] for message in updates}) == 1
    assert "tick" in updates[-1]["content"]["data"]["text/plain"]
    fresh.manager.interrupt_kernel()
    assert fresh.client.get_shell_msg(timeout=10)["content"]["status"] == "ok"
    assert fresh.text("1 + 1") == "2"


def test_a_stream_stops_however_busy_its_server_in_the_same_kernel_is(fresh):
    fresh.run(
        "server = http.serve(0, { GET = { ['/'] = function() return { sse = function(send)"
        " for i = 1, 1e9 do send({ data = i }) for _ = 1, 2e5 do end sleep(0) end end } end } }, { background = true })"
    )
    for _ in range(4):
        fresh.client.execute("http.events(server.url .. '/')", stop_on_error=False)
        time.sleep(0.3)
        started = time.monotonic()
        fresh.manager.interrupt_kernel()
        assert fresh.client.get_shell_msg(timeout=10)["content"]["status"] == "ok"
        assert time.monotonic() - started < 2
    assert fresh.text("1 + 1") == "2"


def test_a_bar_that_nobody_finishes_shows_how_far_it_got(shared):
    _, shown = shared.run("bar = view.progress(9) for i = 1, 8 do bar:advance() end")
    assert "8 / 9" in shown[-1]["data"]["text/html"]
    _, shown = shared.run("bar:advance() bar:finish()")
    assert ["9 / 9" in part["data"]["text/html"] for part in shown][-1:] == [True]


def test_a_gate_asks_with_its_context(fresh):
    fresh.client.execute("approval.request('Restart cart?', { replicas = 3 })", allow_stdin=True)
    question = fresh.client.get_stdin_msg(timeout=10)["content"]["prompt"]
    assert "Restart cart?" in question
    assert '"replicas": 3' in question
    fresh.client.input("yes")
    assert fresh.client.get_shell_msg(timeout=10)["content"]["status"] == "ok"
    assert fresh.text("_") == "true"

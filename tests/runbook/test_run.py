"""Runbooks in a pipeline: parameters, reports, exit codes, approvals."""

from __future__ import annotations

import re
import shlex
import signal
import time
from contextlib import suppress
from pathlib import Path

import lxml.etree
import psutil
import pytest

from tests.support.command import Command


def home(cli: Command) -> Path:
    return Path(cli.environment()["HOME"])


def test_cells_run_in_order_and_share_their_locals(book):
    done = book.write("# Add", "local x = 40", "print(x + 2)\nreturn x").run()
    assert (done.returncode, book.printed()) == (0, "42\n")
    assert re.search(r"✓ 2 .*\d s", done.stderr.decode())


def test_parameters_replace_the_defaults(book, tmp_path):
    (tmp_path / "params.yaml").write_text("count: 3\nnames: [a, b]\nregion: from-file\n")
    book.write(('local region = "eu"\nlocal count = 1', "parameters"), "print(region, count, names and names[2])")
    done = book.run("-p", "region=us 'east'", "-P", str(tmp_path / "params.yaml"))
    assert (done.returncode, book.printed()) == (0, "us 'east'\t3\tb\n")
    injected = [cell for cell in book.saved().cells if "injected-parameters" in cell.metadata.get("tags", [])]
    assert len(injected) == 1


@pytest.mark.long
def test_a_value_from_the_environment_never_reaches_the_saved_notebook(book, tmp_path):
    book.write("print(#token, token)")
    page = tmp_path / "r.html"
    done = book.run("-p", "token=env:DEPLOY_TOKEN", "--html", str(page), env={"DEPLOY_TOKEN": "hunter2-hunter2"})
    assert done.returncode == 0
    assert book.printed().startswith("15\t")
    written = book.out.read_text() + page.read_text() + done.stderr.decode()
    assert "hunter2" not in written


@pytest.mark.long
def test_what_is_printed_in_a_row_is_saved_as_one_output(book):
    book.write("for i = 1, 300 do print(i, string.rep('x', 9999)) end io.stderr:write('e') display('d') print('on')")
    assert book.run().returncode == 0
    outputs = book.saved().cells[0].outputs
    assert [output.get("name", output.output_type) for output in outputs] == [
        "stdout", "stderr", "display_data", "stdout",
    ]  # fmt: skip
    assert outputs[0].text.count("\n") == 300


def test_a_cell_that_fails_ends_the_run_and_is_shown(book, tmp_path):
    secret = "local password = 'hunter2-hunter2'"
    book.write("# First", "local x = 1", "# Second", f"{secret} error('disk full')", "print('never')", secret)
    done = book.run("--junit", str(tmp_path / "r.xml"))
    assert done.returncode == 1
    assert b"hunter2" not in done.stderr + (tmp_path / "r.xml").read_bytes()
    assert "error('disk full')" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert book.printed() == ""
    (suite,) = lxml.etree.parse(tmp_path / "r.xml").getroot().iter("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "2")


@pytest.mark.long
def test_a_syntax_error_is_a_failure(book):
    done = book.write("x = = 1").run()
    assert done.returncode == 1
    assert "x = = 1" in done.stderr.decode()


@pytest.mark.long
def test_a_cell_may_take_too_long(book):
    done = book.write("sleep(30)").run("--timeout", "1")
    assert done.returncode == 1
    assert "not finished within 1 s" in done.stderr.decode()


def test_only_the_wanted_cells_run(book):
    wanted = ("print('from', x)", "here"), ("print('to')", "end")
    book.write(("local x = 5", "parameters"), "print('setup')", *wanted, "print('no')")
    assert book.run("--from-cell", "here", "--until", "end").returncode == 0
    assert book.printed() == "from\t5\nto\n"
    assert book.run("--until", "nowhere").returncode == 2


def test_what_is_no_notebook_is_named(book):
    book.path.write_text("{")
    done = book.run()
    assert done.returncode == 1
    assert done.stderr.decode() == f"error: {book.path}: not a notebook (Notebook does not appear to be JSON: '{{')\n"


def test_a_notebook_for_another_kernel_is_refused(book):
    done = book.write("1", kernel="python3", language="python").run()
    assert (done.returncode, "not for assay" in done.stderr.decode()) == (1, True)


@pytest.mark.parametrize("option", ["-o", "--html", "--junit"])
def test_what_cannot_be_written_is_told_before_anything_runs(book, tmp_path, cli: Command, option):
    book.write(f"fs.write({str(tmp_path / 'ran')!r}, '')")
    done = cli("runbook", "run", book.path, option, tmp_path / "missing" / "file", timeout=60)
    assert done.returncode == 1
    assert "missing" in done.stderr.decode()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("option", ["--html", "--junit"])
def test_a_report_for_a_folder_is_refused_too_and_one_may_go_to_a_stream(book, tmp_path, option):
    book.write("1")
    assert "directory" in book.run(option, tmp_path).stderr.decode()
    done = book.run(option, "/dev/stdout")
    assert (done.returncode, done.stdout.lstrip()[:1]) == (0, b"<")


@pytest.mark.parametrize("given", ["region", "end=1", "1x=2", "x=env:not a name"])
def test_a_parameter_that_makes_no_sense_is_refused(book, given):
    assert book.write("1").run("-p", given).returncode == 2


# Approvals ------------------------------------------------------------------------------------------------


@pytest.fixture
def change(book, tmp_path):
    """A book that writes a file in ask mode; and that file."""
    target = tmp_path / "target.txt"
    book.write("print('look')", f"%ask\nfs.write({str(target)!r}, 'new')", "print('done')")
    return target


def test_a_run_waits_for_an_approval_and_goes_on_with_it(book, change):
    waiting = book.run()
    assert waiting.returncode == 10
    assert not change.exists()
    (token,) = re.findall(r"[0-9a-f]{32}", waiting.stderr.decode())
    assert token not in book.out.read_text()
    done = book.run("--resume", token, "--approve", "yes")
    assert (done.returncode, change.read_text()) == (0, "new")
    assert "done" in book.printed()
    assert book.run("--resume", token, "--approve", "yes").returncode == 1


@pytest.mark.long
def test_a_run_that_is_refused_fails_and_changes_nothing(book, change):
    (token,) = re.findall(r"[0-9a-f]{32}", book.run().stderr.decode())
    assert book.run("--resume", token, "--approve", "no").returncode == 1
    assert not change.exists()


@pytest.mark.long
def test_an_answer_is_for_the_book_and_parameters_that_were_shown(book, change):
    (token,) = re.findall(r"[0-9a-f]{32}", book.run().stderr.decode())
    done = book.run("-p", "x=1", "--resume", token, "--approve", "yes")
    assert (done.returncode, "have changed" in done.stderr.decode()) == (1, True)
    assert not change.exists()


@pytest.mark.long
def test_the_command_that_goes_on_can_be_copied(book, change):
    waiting = book.run("-p", "reason=it's slow")
    (line,) = [line for line in waiting.stderr.decode().splitlines() if "--resume" in line]
    words = shlex.split(line.replace("yes|no", "yes"))
    assert book.again(words[1:]).returncode == 0
    assert change.read_text() == "new"


@pytest.mark.long
@pytest.mark.parametrize(("answer", "code", "written"), [("yes", 0, True), ("no", 1, False), ("fail", 1, False)])
def test_answers_may_be_given_beforehand(book, change, answer, code, written):
    assert book.run("--approve", answer).returncode == code
    assert change.exists() == written


@pytest.mark.long
def test_a_gate_waits_too(book, cli: Command):
    book.write("if approval.request('Restart cart?', { replicas = 3 }) then print('restarting') end")
    waiting = book.run()
    assert (waiting.returncode, "Restart cart?" in waiting.stderr.decode()) == (10, True)
    assert b"Restart cart?" in cli("approvals", "list").stdout


@pytest.mark.long
def test_what_was_done_before_the_stop_is_not_done_again(book, stub, tmp_path):
    stub.on("GET", "/count", json={"pods": 3})
    stub.on("POST", "/restart", status=201, json={"id": 7})
    log = tmp_path / "log.txt"
    book.write(
        f"local found = http.get('{stub.url}/count'):json()\nprint('pods', found.pods, time() > 0)",
        f"local made = http.post('{stub.url}/restart', {{ which = 'cart' }})\nprint(made.status, made:json().id)",
        f"shell.exec('echo done >> {log}')",
        "if approval.request('Go on?') then print('on it') end",
        f"http.post('{stub.url}/restart', {{ which = 'web' }})",
    )
    (token,) = re.findall(r"[0-9a-f]{32}", book.run().stderr.decode())
    before = book.printed()
    assert book.run("--resume", token, "--approve", "yes").returncode == 0
    assert [request.method for request in stub.requests] == ["GET", "POST", "POST"]
    assert log.read_text() == "done\n"
    assert book.printed() == before + "on it\n"


@pytest.mark.long
def test_what_a_server_of_the_run_does_is_not_noted_and_its_port_may_change(book, tmp_path):
    (tmp_path / "content").write_text("content")
    book.write(
        f"local function serve() return {{ body = fs.read('{tmp_path}/content') .. (time() > 0 and '!' or '') }} end\n"
        "local server = http.serve(0, { GET = { ['/'] = serve } }, { background = true, host = '127.0.0.1' })",
        "print(http.get(server.url .. '/').body)",
        "for line in http.stream(server.url .. '/', { lines = true }) do print(line) end",
        "if approval.request('Go on?') then print(http.get(server.url .. '/').status) end",
    )
    (token,) = re.findall(r"[0-9a-f]{32}", book.run().stderr.decode())
    done = book.run("--resume", token, "--approve", "yes")
    assert (done.returncode, book.printed()) == (0, "content!\ncontent!\n200\n"), done.stderr.decode()


@pytest.mark.long
def test_a_run_that_does_something_else_now_is_refused(book, tmp_path):
    gate = "if approval.request('Go on?') then print('on') end"
    book.write(f"fs.write({str(tmp_path / 'made')!r}, os.getenv('WHAT') or '')", gate)
    (token,) = re.findall(r"[0-9a-f]{32}", book.run(env={"WHAT": "this"}).stderr.decode())
    done = book.run("--resume", token, "--approve", "yes", env={"WHAT": "that"})
    assert done.returncode == 1
    assert "is not what the run did the first time" in done.stderr.decode()
    assert (tmp_path / "made").read_text() == "this"


@pytest.mark.long
def test_what_cannot_be_kept_is_not_done_twice(book, tmp_path):
    """Appending through a file leaves no result to answer with."""
    target = tmp_path / "log.txt"
    book.write(
        f"local f = io.open({str(target)!r}, 'a') f:write('once ') f:close()",
        "if approval.request('Go on?') then print('on') end",
    )
    (token,) = re.findall(r"[0-9a-f]{32}", book.run().stderr.decode())
    done = book.run("--resume", token, "--approve", "yes")
    assert done.returncode == 1
    assert "must not be repeated" in done.stderr.decode()
    assert target.read_text() == "once "


@pytest.mark.long
def test_a_record_that_was_tampered_with_is_refused(book, change, cli: Command):
    (token,) = re.findall(r"[0-9a-f]{32}", book.run().stderr.decode())
    (record,) = home(cli).rglob(f"resume/{token}.json")
    record.write_text(record.read_text().replace("new", "old").replace("target.txt", "other.txt"))
    assert book.run("--resume", token, "--approve", "yes").returncode == 1
    assert not change.exists()


@pytest.mark.long
def test_options_are_part_of_what_was_approved(book):
    book.write(("if approval.request('Go on?') then print('on') end", "here"), "print('more')")
    (token,) = re.findall(r"[0-9a-f]{32}", book.run("--until", "here").stderr.decode())
    done = book.run("--resume", token, "--approve", "yes")
    assert (done.returncode, "options have changed" in done.stderr.decode()) == (1, True)
    assert book.run("--until", "here", "--resume", token, "--approve", "yes").returncode == 0
    assert book.printed() == "on\n"


def test_a_secret_parameter_is_in_nothing_that_is_written(book, cli: Command, tmp_path):
    book.write("print(#password)", "if approval.request('Go on?') then print('on') end")
    page = tmp_path / "r.html"
    done = book.run("-p", "password=hunter2-hunter2", "--html", str(page))
    assert (done.returncode, book.printed()) == (10, "15\n")
    written = {path for path in [*home(cli).rglob("*"), *tmp_path.rglob("*")] if path.is_file()}
    assert {book.out, page} < written
    assert [path for path in written if b"hunter2" in path.read_bytes()] == []
    assert b"hunter2" not in done.stdout + done.stderr
    assert not re.search(r"""(src=|import\(|url\(|<link[^>]* href=)\s*["']?(https?:)?//""", page.read_text())


# Ends -----------------------------------------------------------------------------------------------------


def test_an_interrupted_run_keeps_what_it_has_and_leaves_no_kernel(book, cli: Command):
    book.write("print('first')", "fs.write('started', '')\nsleep(60)")
    running = cli.start("runbook", "run", book.path, "-o", book.out)
    deadline = time.monotonic() + 30
    while not (book.path.parent / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    time.sleep(0.05)
    running.send_signal(signal.SIGINT)  # by somebody in a hurry
    _, complaints = running.communicate(timeout=20)
    assert (running.returncode, complaints.decode().splitlines()[-1]) == (130, "error: interrupted")
    assert b"Traceback" not in complaints
    assert book.printed() == "first\n"


@pytest.mark.long
def test_a_run_is_interrupted_while_its_kernel_starts(book, cli: Command):
    book.write("print('never')")
    running = cli.start("runbook", "run", book.path, "-o", book.out)
    process = psutil.Process(running.pid)
    deadline = time.monotonic() + 30
    while not process.children() and time.monotonic() < deadline:
        time.sleep(0.01)
    kernels = process.children()
    running.send_signal(signal.SIGINT)
    _, complaints = running.communicate(timeout=20)
    assert (running.returncode, complaints) == (130, b"error: interrupted\n")
    assert book.printed() == ""
    assert not [kernel for kernel in kernels if kernel.is_running() and kernel.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.long
def test_sigterm_ends_a_run_and_its_kernel(book, cli: Command):
    book.write("fs.write('started', tostring(process.pid()))\nsleep(60)")
    running = cli.start("runbook", "run", book.path, "-o", book.out)
    started = book.path.parent / "started"
    deadline = time.monotonic() + 30
    while not (started.exists() and started.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    kernel = int(started.read_text())
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=20) == 143
    with suppress(psutil.NoSuchProcess):
        assert psutil.Process(kernel).status() == psutil.STATUS_ZOMBIE  # nobody has to be there to take its code


def test_a_kernel_that_dies_is_a_failed_cell(book):
    book.write("print('first')", "shell.exec('kill -9 $PPID')")
    done = book.run()
    assert (done.returncode, "the kernel died" in done.stderr.decode()) == (1, True)
    assert book.printed() == "first\n"


# Other actions --------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_new_runbook_runs_and_is_not_overwritten(cli: Command, tmp_path: Path):
    path = tmp_path / "disk-full.ipynb"
    assert cli("runbook", "new", path).returncode == 0
    assert cli("runbook", "run", path, "--approve", "yes", timeout=60).returncode == 0
    assert cli("runbook", "new", path).returncode == 2


def test_an_exported_runbook_does_what_the_notebook_does(book, cli: Command, tmp_path: Path):
    setup = "local x = 2\nlocal function twice(n) return n * 2 end"
    book.write("# Sum", setup, "print(twice(x))", "twice(x) + 1", "return _ - 3")
    script = tmp_path / "book.lua"
    assert cli("runbook", "export", book.path, script).returncode == 0
    assert cli(script).stdout == b"4\n5\n2\n"
    book.run()
    shown = [out.data["text/plain"] for cell in book.saved().cells for out in cell.get("outputs", []) if "data" in out]
    assert (book.printed(), shown) == ("4\n", ["5", "2"])

"""The end of a kernel, however it comes: nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

BUSY = {
    "at rest": "",
    "a wait": "sleep(60)",
    "a loop": "while true do pcall(function() while true do end end) end",
    "a child": "shell.exec('sleep 61')",
    "a server": "http.serve(0, { GET = {} }, { background = true })",
}


def kernels(*quick: str) -> list[Any]:
    """What a kernel may be busy with; all but those that are *quick* are long tests."""
    return [pytest.param(code, id=name, marks=() if name in quick else pytest.mark.long) for name, code in BUSY.items()]


def gone(pids: list[int], within: float = 5.0) -> bool:
    """Whether all these processes end in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids):
            return True
        time.sleep(0.02)
    return False


def family(notebook) -> list[int]:
    """The kernel and all its children."""
    process = psutil.Process(notebook.manager.provisioner.process.pid)
    return [process.pid, *(child.pid for child in process.children(recursive=True))]


@pytest.mark.parametrize("code", kernels("a loop", "a child"))
def test_a_shutdown_ends_the_kernel_and_its_children(fresh, code):
    fresh.client.execute(code)
    time.sleep(0.25)
    pids = family(fresh)
    started = time.monotonic()
    fresh.client.shutdown()
    reply = fresh.client.get_control_msg(timeout=10)
    assert (reply["msg_type"], reply["content"]["status"]) == ("shutdown_reply", "ok")
    assert gone(pids)
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("code", kernels("a loop"))
def test_sigterm_does_the_same(fresh, code):
    fresh.client.execute(code)
    time.sleep(0.25)
    pids = family(fresh)
    os.kill(pids[0], signal.SIGTERM)
    assert gone(pids)


def test_a_restart_begins_anew(fresh):
    fresh.run("local x = 1 y = 2")
    fresh.client.execute("while true do end")
    time.sleep(0.1)
    fresh.manager.restart_kernel()
    fresh.client.wait_for_ready(timeout=30)
    assert fresh.text("tostring(x) .. tostring(y)") == "nilnil"


def test_a_kernel_does_not_outlive_its_parent(tmp_path):
    starter = (
        "import os, subprocess, sys\n"
        "kernel = subprocess.Popen([sys.executable, '-m', 'assay_shell.kernel', '-f', sys.argv[1]],"
        " env={**os.environ, 'JPY_PARENT_PID': str(os.getpid())}, start_new_session=True)\n"
        "print(kernel.pid, flush=True)\n"
        "while not os.path.exists(sys.argv[1]): pass\n"
    )
    path = tmp_path / "connection.json"
    done = subprocess.run([sys.executable, "-c", starter, path], stdout=subprocess.PIPE, timeout=30, check=True)
    assert gone([int(done.stdout)])


def test_a_connection_file_that_is_not_there_is_made_for_its_owner_alone_and_removed(tmp_path):
    path = tmp_path / "connection.json"
    kernel = subprocess.Popen([sys.executable, "-m", "assay_shell.kernel", "-f", path])
    deadline = time.monotonic() + 20
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert path.stat().st_mode & 0o077 == 0
    time.sleep(0.3)
    kernel.terminate()
    assert kernel.wait(timeout=10) in (0, -signal.SIGTERM)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("{", "connection.json: Expecting", id="half a file"),
        pytest.param('{"shell_port": "x"}', "connection.json: The 'shell_port'", id="no port"),
        pytest.param('{"ip": "192.0.2.1"}', "connection.json: Cannot assign", id="no address of this machine"),
        pytest.param(None, "usage", id="no file"),
    ],
)
def test_a_kernel_that_cannot_start_says_why(tmp_path: Path, content, words):
    path = tmp_path / "connection.json"
    command = [sys.executable, "-m", "assay_shell.kernel"]
    if content is not None:
        path.write_text(content)
        command += ["-f", str(path)]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert done.returncode == 1
    assert words in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()

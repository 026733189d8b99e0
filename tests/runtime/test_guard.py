"""Read-only mode: every builtin that writes is refused, and nothing has changed."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from assay_shell.runtime.builtins import GROUPS
from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.guard import Effect
from assay_shell.runtime.vm import Runtime


@pytest.fixture(scope="module")
def everything():
    """A runtime in which every group has registered."""
    with Runtime() as runtime:
        for name in GROUPS:
            runtime.evaluate(f"local t = {name} for _ in pairs(t) do end")
        yield runtime


def test_every_builtin_declares_a_known_effect(everything):
    odd = {
        name: builtin.effect
        for name, builtin in everything.builtins.items()
        if not callable(builtin.effect) and builtin.effect not in ("pure", "read", "write")
    }
    assert odd == {}


def test_every_write_says_what_it_touches(everything):
    silent = [
        name
        for name, builtin in everything.builtins.items()
        if builtin.effect == "write" and builtin.target is None and ":" not in name
    ]
    assert silent == []


# Each call would change the canary file, the canary port or a process; each must be refused by name.
CALLS = {
    "fs.write": "fs.write(CANARY, 'x')",
    "fs.append": "fs.append(CANARY, 'x')",
    "fs.remove": "fs.remove(CANARY)",
    "fs.mkdir": "fs.mkdir(CANARY .. '.d')",
    "fs.copy": "fs.copy(CANARY, CANARY .. '.copy')",
    "fs.rename": "fs.rename(CANARY, CANARY .. '.new')",
    "fs.chmod": "fs.chmod(CANARY, 0)",
    "fs.symlink": "fs.symlink(CANARY, CANARY .. '.link')",
    "fs.tempdir": "fs.tempdir()",
    "disk.sweep": "disk.sweep(FOLDER, -1)",
    "shell.exec": "shell.exec('echo x >> ' .. CANARY)",
    "process.kill": "process.kill(process.pid(), 9)",
    "env.set": "env.set('ASSAY_CANARY', 'x')",
    "env.unset": "env.unset('PATH')",
    "http.post": "http.post(URL, 'x')",
    "http.put": "http.put(URL, 'x')",
    "http.patch": "http.patch(URL, 'x')",
    "http.delete": "http.delete(URL)",
    "http.request": "http.request('POST', URL)",
    "http.download": "http.download(URL, CANARY)",
    "io.open": "io.open(CANARY, 'a')",
    "io.output": "io.output(CANARY)",
    "io.popen": "io.popen('echo x >> ' .. CANARY)",
    "io.tmpfile": "io.tmpfile()",
    "os.execute": "require('os').execute('echo x >> ' .. CANARY)",
    "os.remove": "require('os').remove(CANARY)",
    "os.rename": "require('os').rename(CANARY, CANARY .. '.new')",
    "os.tmpname": "require('os').tmpname()",
}


@pytest.fixture
def canary(tmp_path, monkeypatch):
    """A folder with one file, and a port that nobody may reach."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "canary").write_text("alive")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        yield tmp_path, server


@pytest.mark.parametrize("name", CALLS)
def test_a_write_is_refused_and_nothing_happens(canary, name):
    folder, server = canary
    url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
    before = sorted(path.name for path in Path(folder).iterdir())
    with Runtime(readonly=True) as runtime:
        code = f"CANARY, FOLDER, URL = '{folder}/canary', '{folder}', '{url}' {CALLS[name]}"
        with pytest.raises(ScriptError) as caught:
            runtime.evaluate(code)
    assert caught.value.message.startswith(f"readonly: {name} blocked")
    assert (folder / "canary").read_text() == "alive"
    assert sorted(path.name for path in Path(folder).iterdir()) == before
    with pytest.raises(TimeoutError):
        server.accept()


def test_the_table_covers_every_builtin_that_writes(everything):
    """A new builtin that writes needs a line above, or in the tests of the group that needs a server."""
    elsewhere = ("db.", "temporal.", "ws.", "http.serve", "http.broadcast", "k8s.port_forward")
    writing = {name for name, builtin in everything.builtins.items() if builtin.effect == "write" and ":" not in name}
    assert {name for name in writing - CALLS.keys() if not name.startswith(elsewhere)} == set()


@pytest.mark.parametrize(
    "code", ["fs.read(CANARY)", "io.open(CANARY)", "fs.exists('/')", "process.kill(process.pid(), 0)"]
)
def test_reading_goes_on(canary, code):
    folder, _ = canary
    with Runtime(readonly=True) as runtime:
        runtime.evaluate(f"CANARY = '{folder}/canary' {code}")


def test_the_environment_switches_it_on(cli, tmp_path):
    result = cli("exec", "-e", f"fs.write('{tmp_path}/x', '')", env={"ASSAY_READONLY": "1"})
    assert result.returncode == 1
    assert f"readonly: fs.write blocked ({tmp_path}/x)".encode() in result.stderr
    assert cli("exec", "--readonly", "-e", "fs.mkdir('x')").returncode == 1
    assert cli("exec", "-e", "fs.mkdir('x')", env={"ASSAY_READONLY": "0"}).returncode == 0


def test_the_refusal_masks_secrets_in_its_target():
    with Runtime(readonly=True) as runtime, pytest.raises(ScriptError) as caught:
        runtime.evaluate("http.post('http://127.0.0.1:1/?token=hunter2hunter2')")
    assert "hunter2" not in caught.value.message
    assert "POST http://127.0.0.1:1/" in caught.value.message


def test_a_front_end_can_be_asked_before_each_write(tmp_path):
    asked: list[Effect] = []

    async def approve(effect: Effect) -> None:
        asked.append(effect)
        if effect.target.endswith("no"):
            from assay_shell.runtime.errors import BuiltinError

            raise BuiltinError("approval", "refused")

    with Runtime() as runtime:
        runtime.guard.approve = approve
        runtime.evaluate(f"fs.write('{tmp_path}/yes', 'x') fs.read('{tmp_path}/yes')")
        with pytest.raises(ScriptError, match="approval: refused"):
            runtime.evaluate(f"fs.write('{tmp_path}/no', 'x')")
    assert [(effect.name, effect.kind, effect.target) for effect in asked] == [
        ("fs.write", "write", f"{tmp_path}/yes"), ("fs.write", "write", f"{tmp_path}/no"),
    ]  # fmt: skip
    assert not (tmp_path / "no").exists()

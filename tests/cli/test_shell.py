"""The shell's own commands on the command line."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from assay_shell.cli.arguments import COMMANDS


def test_the_shell_needs_a_terminal(cli):
    done = cli("shell")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: the shell needs a terminal; 'assay -' runs a script from standard input")


def test_asking_is_for_the_shell(cli):
    done = cli("--ask", "exec", "-e", "return 1")
    assert done.returncode == 2
    assert b"'--ask' is for the shell" in done.stderr


def test_doctor_tells_versions_folders_and_clusters(cli, tmp_path):
    config = tmp_path / "kubeconfig"
    config.write_text(
        "current-context: here\nclusters:\n- {name: c, cluster: {server: 'https://127.0.0.1:9'}}\n"
        "contexts:\n- {name: here, context: {cluster: c}}\n"
    )
    done = cli("doctor", env={"KUBECONFIG": str(config)})
    assert done.returncode == 0
    text = done.stdout.decode()
    assert "Lua 5.5" in text
    assert "config.toml" in text
    assert "here  * https://127.0.0.1:9: not reachable" in text


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_scripts_know_all_commands(cli, name):
    done = cli("completion", name)
    assert done.returncode == 0
    assert [command for command in COMMANDS if command not in done.stdout.decode()] == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(["assay", "app"], "approvals", id="commands"),
        pytest.param(["assay", "run", "--mo"], "--mode", id="options of a command"),
        pytest.param(["assay", "completion", "z"], "zsh", id="operands"),
        pytest.param(["assay", "--readonly", "exec", "--ev"], "--eval", id="behind an option"),
    ],
)
def test_bash_completes(cli, words, expected):
    script = cli("completion", "bash").stdout.decode()
    typed = " ".join(f"'{word}'" for word in words)
    asked = f"COMP_WORDS=({typed}) COMP_CWORD={len(words) - 1}; compopt() {{ :; }}; _assay; echo ${{COMPREPLY[*]}}"
    done = subprocess.run(["bash", "-c", f"{script}\n{asked}"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [expected]


def test_completion_needs_a_shell_that_it_knows(cli):
    done = cli("completion", "tcsh")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"'completion' needs one of: bash, zsh, fish" in done.stderr

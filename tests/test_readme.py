"""The README says nothing that is not so: its scripts are the tested ones, its sessions are real."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.terminal import on_terminal

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "readme"
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def sessions() -> list[tuple[str, str]]:
    """Return each command of the console blocks with what it shows."""
    found = []
    for block in blocks("console"):
        for part in block.split("$ ")[1:]:
            command, _, shown = part.partition("\n")
            found.append((command, shown))
    return found


@pytest.mark.parametrize("block", blocks("lua"), ids=lambda block: block.partition("\n")[0][:30])
def test_each_script_is_part_of_a_tested_example(block: str) -> None:
    scripts = [*EXAMPLES.glob("*.lua"), *EXAMPLES.parent.glob("*.lua")]
    assert [path.name for path in scripts if block in path.read_text()]


@pytest.mark.parametrize(("command", "shown"), sessions(), ids=lambda text: text[:30])
def test_each_session_is_real(cli: Command, command: str, shown: str) -> None:
    env = {"NO_COLOR": "1", "RUST_LOG": "error", "TERM": "dumb"}
    assert without_times(on_terminal(cli, "/bin/sh", "-c", command, cwd=EXAMPLES, env=env)) == without_times(shown)


def without_times(text: str) -> str:
    return re.sub(r"\b[0-9.]+ (m?s)\b", r"0 \1", text)


@pytest.mark.parametrize("block", blocks("yaml"), ids=lambda block: block.partition("\n")[0][:30])
def test_each_list_of_checks_is_an_example(block: str) -> None:
    assert block in [path.read_text() for path in EXAMPLES.glob("*.yaml")]


@pytest.mark.parametrize("block", blocks("python"))
def test_each_python_example_runs(block: str) -> None:
    subprocess.run([sys.executable, "-c", block], check=True)


def test_each_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target

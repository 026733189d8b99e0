"""The prose pages say nothing that is not so: their scripts run, and their sessions are real."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.command import ASSAY, Command

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = ["agents", "checks", "index", "notebooks", "scripts"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"(?:--|#) ([\w./]+\.(?:lua|yaml))\n")
TOKEN = re.compile(r"\b[0-9a-f]{32}\b")


class Session:
    """A folder in which the blocks of a page are carried out from top to bottom."""

    def __init__(self, cli: Command, folder: Path) -> None:
        self._folder = folder
        search = f"{ASSAY.parent}{os.pathsep}{os.environ['PATH']}"
        self._environment = {**cli.environment({"RUST_LOG": "error", "NO_COLOR": "1", "LC_ALL": "C"}), "PATH": search}

    def write(self, name: str, text: str) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, command: str) -> str:
        """Return what *command* shows; the last token of an approval is `$TOKEN` from then on."""
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=self._folder, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20, check=False,
        )  # fmt: skip
        for token in TOKEN.findall(done.stdout):
            self._environment["TOKEN"] = token
        return steady(done.stdout)


def steady(text: str) -> str:
    """*text* without what differs from run to run: tokens, times, and how wide a column is."""
    text = re.sub(r"\b[0-9.]+ ?(ms|s|m)\b", r"0\1", TOKEN.sub("TOKEN", text))
    text = re.sub(r'"duration_ms":[0-9.]+', '"duration_ms":0', text)
    return re.sub(r"[ \t]+", " ", text)


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_do_what_it_says(cli: Command, tmp_path: Path, page: str) -> None:
    session = Session(cli, tmp_path)
    for language, text in BLOCK.findall((DOCS / f"{page}.md").read_text()):
        named = NAMED.match(text)
        if named:
            session.write(named[1], text[named.end() :] if named[1].startswith("modules/") else text)
        elif language == "lua":
            session.write("block.lua", text)
            assert "error" not in session.run("assay block.lua")
        elif language == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, shown = part.partition("\n")
                assert session.run(command) == steady(shown), command


def test_each_page_is_tested() -> None:
    elsewhere = {"python-api", "comparison"}  # test_python_api.py; numbers that a machine has measured
    assert {*PAGES, *elsewhere} <= {path.stem for path in DOCS.glob("*.md")}

from __future__ import annotations

import pytest

from assay_shell.runtime.builtins import GROUPS
from tests.support.command import Command


def test_a_function_is_explained_with_signature_text_errors_and_example(cli: Command) -> None:
    done = cli("docs", "base64.decode")
    assert (done.returncode, done.stderr) == (0, b"")
    parts = done.stdout.decode().split("\n\n")
    assert parts[0] == "base64.decode(text) -> str"
    assert any(part.startswith("Errors:\n  - ") for part in parts)
    assert parts[-1] == 'Example:\n  base64.decode("aGk=")\n'


def test_what_a_function_does_to_the_world_is_said(cli: Command) -> None:
    assert "\n  Writes: refused under --readonly.\n" in cli("docs", "fs.write").stdout.decode()
    assert "\n  Reads: allowed under --readonly.\n" in cli("docs", "fs.read").stdout.decode()


def test_a_group_lists_its_functions(cli: Command) -> None:
    shown = cli("docs", "fs").stdout.decode()
    assert shown.startswith("fs: Filesystem: read and write files\n")
    assert "\n  fs.read(path) -> str\n      " in shown


def test_without_a_name_all_groups_are_listed(cli: Command) -> None:
    listed = [line.split()[0] for line in cli("docs").stdout.decode().splitlines()]
    assert {*GROUPS, "sleep", "time"} <= set(listed)


def test_the_whole_reference_is_markdown(cli: Command) -> None:
    page = cli("docs", "--all").stdout.decode()
    assert page.startswith("# Builtin functions\n\n## ")
    assert "\n### `http.get(url, opts?)`\n" in page
    assert page.count("```") % 2 == 0


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        pytest.param("http.gett", "; did you mean http.get?", id="function"),
        pytest.param("jsn", "; did you mean json?", id="group"),
        pytest.param("zzzzzz", "", id="nothing like it"),
    ],
)
def test_an_unknown_name_suggests_a_near_one(cli: Command, name: str, suggestion: str) -> None:
    done = cli("docs", name)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"error: there is no builtin '{name}'{suggestion}\n"

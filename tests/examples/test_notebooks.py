"""The example notebooks: what a run shows is what their files show, and what the exported scripts print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.support.command import Command

FOLDER = Path(__file__).parents[2] / "examples" / "notebooks"
BOOKS = sorted(FOLDER.glob("*.ipynb"))
PLACES = {
    r"127\.0\.0\.1:\d+": "HOST:PORT",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?": "TIME",
    r"\b[0-9a-f]{16,}\b": "ID",
    r"\b\d+(\.\d+)? m?s\b": "DURATION",
    r'"numbers":\{[^}]*\}': '"numbers":{}',  # what a table sorts by: an age is another a second later
}
"""What may differ from run to run, and what stands for it."""
ONLY_IN_PLACE = {"live", "count", "wait"}
"""Tags of cells that draw something in place: a script without a terminal prints lines instead, or nothing."""


def normal(value: Any) -> Any:
    """*value* without what differs from run to run."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normal(item) for item in value]
    if not isinstance(value, str):
        return value
    for pattern, word in PLACES.items():
        value = re.sub(pattern, word, value)
    return value


def outputs(path: Path) -> list[Any]:
    """What each code cell of the notebook shows; pieces of one stream are one."""
    book = nbformat.read(path, as_version=4)
    return [normal(_joined(cell.outputs)) for cell in book.cells if cell.cell_type == "code"]


def _joined(found: list[Any]) -> list[dict[str, Any]]:
    joined: list[dict[str, Any]] = []
    for output in found:
        plain = dict(json.loads(json.dumps(output)))
        if joined and plain["output_type"] == "stream" and joined[-1].get("name") == plain["name"]:
            joined[-1]["text"] += plain["text"]
        else:
            joined.append(plain)
    return joined


def texts(path: Path) -> Iterator[str]:
    """The lines of text that a reader of the notebook sees, but for commands and what is drawn in place."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code" or ONLY_IN_PLACE & set(cell.metadata.get("tags", [])):
            continue
        for output in cell.outputs:
            text = output.text if output.output_type == "stream" else output.data["text/plain"]
            yield from (line for line in text.splitlines() if line and "read-only" not in line)


def test_there_are_six():
    assert [path.stem for path in BOOKS] == [
        "capacity-report", "certificate-expiry", "deployment-rollout", "incident-triage", "secrets-audit",
        "sse-dashboard",
    ]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("path", BOOKS, ids=[path.stem for path in BOOKS])
def test_a_run_shows_what_the_file_shows(cli: Command, tmp_path: Path, path: Path):
    done = cli("runbook", "run", path, "--approve", "yes", "-o", tmp_path / "out.ipynb", timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert outputs(tmp_path / "out.ipynb") == outputs(path)


@pytest.mark.parametrize("path", BOOKS, ids=[path.stem for path in BOOKS])
def test_the_files_hold_no_errors_and_nothing_of_this_machine(path: Path):
    text = path.read_text()
    assert '"error"' not in text
    assert str(Path.home()) not in text
    assert str(FOLDER.parents[1]) not in text
    assert re.search(r"127\.0\.0\.1:\d", text) is None
    assert "one-password-for-two-places" not in "".join(texts(path))


@pytest.mark.long
@pytest.mark.parametrize(
    "path", [path for path in BOOKS if path.stem != "deployment-rollout"], ids=lambda path: path.stem
)
def test_the_exported_script_prints_what_the_notebook_shows(cli: Command, tmp_path: Path, path: Path):
    script = tmp_path / "script.lua"
    assert cli("runbook", "export", path, script, timeout=60).returncode == 0
    done = cli(script, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    printed = iter(_comparable(done.stdout.decode().splitlines()))
    missing = [line for line in _comparable(texts(path)) if line not in printed]  # each behind the one before
    assert missing == []


def _comparable(lines: Any) -> Iterator[str]:
    """Lines without what depends on the width: sparklines."""
    for line in lines:
        yield re.sub(r"^[▁-█]+ +", "", normal(line)).rstrip()


def test_the_rollout_waits_for_its_approval_and_goes_on_with_it(cli: Command, tmp_path: Path):
    book, out = FOLDER / "deployment-rollout.ipynb", tmp_path / "out.ipynb"
    waiting = cli("runbook", "run", book, "-o", out, timeout=60)
    assert waiting.returncode == 10
    assert "Roll out cart 2.7.1 to shop?" in waiting.stderr.decode()
    assert "rolling out" not in repr(outputs(out))
    (token,) = re.findall(r"[0-9a-f]{32}", waiting.stderr.decode())
    done = cli("runbook", "run", book, "-o", out, "--resume", token, "--approve", "yes", timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert outputs(out) == outputs(book)


def test_the_rollout_changes_nothing_when_it_is_refused(cli: Command, tmp_path: Path):
    book, out = FOLDER / "deployment-rollout.ipynb", tmp_path / "out.ipynb"
    done = cli("runbook", "run", book, "-o", out, "--approve", "no", timeout=60)
    assert (done.returncode, b"not approved, nothing was changed" in done.stderr) == (1, True)


def test_the_exported_rollout_waits_for_its_approval_too(cli: Command, tmp_path: Path):
    script = tmp_path / "rollout.lua"
    assert cli("runbook", "export", FOLDER / "deployment-rollout.ipynb", script, timeout=60).returncode == 0
    waiting = cli("run", "--mode", "tool", script, timeout=60)
    envelope = json.loads(waiting.stdout)
    assert envelope["status"] == "needs_approval"
    token = envelope["requiresApproval"]["resumeToken"]
    done = cli("resume", "--token", token, "--approve", "yes", timeout=60)
    assert json.loads(done.stdout)["ok"] is True
    assert "cart: 4 of 4 replicas run registry.example/cart:2.7.1" in done.stderr.decode()


def test_parameters_reach_the_rollout(cli: Command, tmp_path: Path):
    out = tmp_path / "out.ipynb"
    book = FOLDER / "deployment-rollout.ipynb"
    words = ("-p", "version=3.0.0", "-p", "name=web", "--approve", "yes")
    assert cli("runbook", "run", book, "-o", out, *words, timeout=60).returncode == 0
    assert "web: 4 of 4 replicas run registry.example/web:3.0.0" in out.read_text()

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assay_shell.checks.outputs.destinations import Destinations, Live, Streaming
from assay_shell.checks.results import Report
from assay_shell.runtime.errors import AssayError, UsageError


@pytest.mark.parametrize(
    ("texts", "terminal", "stdout", "files"),
    [
        ([], True, "pretty", []),
        ([], False, "json", []),
        (["junit=r.xml"], False, "json", [("junit", "r.xml")]),
        (["tap", "json=a=b.json", "html=x.html"], True, "tap", [("json", "a=b.json"), ("html", "x.html")]),
    ],
)
def test_each_format_has_one_place(texts: list[str], terminal: bool, stdout: str, files: list[tuple[str, str]]) -> None:
    found = Destinations.parse(texts, terminal=terminal)
    assert (found.stdout, found.files) == (stdout, files)


@pytest.mark.parametrize("texts", [["xml"], ["json="], ["json", "tap"], [""], ["=x"]])
def test_what_makes_no_sense_is_wrong_use(texts: list[str]) -> None:
    with pytest.raises(UsageError):
        Destinations.parse(texts, terminal=False)


def test_files_are_replaced_as_a_whole(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("old")
    Destinations("json", [("json", str(path))]).write_files(report)
    assert path.read_text().startswith('{\n  "passed"')
    assert [found.name for found in tmp_path.iterdir()] == ["r.json"]


def test_a_full_disk_is_an_error_with_its_reason(report: Report) -> None:
    with pytest.raises(AssayError, match=r"^writing /dev/full: No space left on device \(os error 28\)$"):
        Destinations("json", [("json", "/dev/full")]).write_files(report)


def test_without_rich_the_report_for_people_comes_at_the_end(
    report: Report, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    observer = Destinations("pretty", []).observer(progress=True)
    assert not isinstance(observer, Live)
    observer.ended(report)
    assert capfdbinary.readouterr().out.endswith(b" 1 passed, 1 failed, 1 skipped in 1.3 s\n")


def test_ndjson_streams() -> None:
    assert isinstance(Destinations("ndjson", []).observer(progress=True), Streaming)

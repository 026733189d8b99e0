"""Every format read back by a reader of that format; all of them show the same counts."""

from __future__ import annotations

import html.parser
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree
from prometheus_client.parser import text_string_to_metric_families

from assay_shell.checks.outputs import FORMATS, renderer
from assay_shell.checks.outputs.pretty import Pretty
from assay_shell.checks.results import Report
from tests.checks.outputs.conftest import ODD

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit.xsd")))
COUNTS = (1, 1, 1)


def text(name: str, report: Report) -> str:
    return renderer(name)(report)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_ends_its_last_line(name: str, report: Report, empty: Report) -> None:
    for one in (report, empty):
        written = text(name, one)
        assert written.endswith("\n")
        written.encode("utf-8")


def test_json_is_the_report_of_the_contract(report: Report, empty: Report) -> None:
    assert text("json", empty) == '{\n  "passed": true,\n  "checks": [],\n  "duration_ms": 0\n}\n'
    first = text("json", report).splitlines()[:9]
    assert first == [
        "{", '  "passed": false,', '  "checks": [', "    {", '      "name": "fine",', '      "passed": true,',
        '      "duration_ms": 41,', '      "message": null', "    },",
    ]  # fmt: skip
    checks = json.loads(text("json", report))["checks"]
    assert checks[1]["name"] == ODD
    assert checks[2]["skipped"] is True


def test_ndjson_has_an_object_a_line_and_the_counts_last(report: Report) -> None:
    *lines, last = map(json.loads, text("ndjson", report).splitlines())
    assert [line["state"] for line in lines] == ["passed", "failed", "skipped"]
    assert tuple(last["summary"].values()) == COUNTS


def test_junit_fits_its_schema(report: Report, empty: Report) -> None:
    for one in (report, empty):
        SCHEMA.assertValid(etree.fromstring(text("junit", one).encode()))


def test_junit_has_the_counts_and_the_messages(report: Report) -> None:
    (suite,) = etree.fromstring(text("junit", report).encode())
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    case = suite[1]
    assert str(case.get("name")).replace("\n", " ").startswith("a<b> & \"c\" 'd' # \\ ]]> ü 🙂 ")
    assert str(case.findtext("failure")).endswith("second line")
    assert case.get("time") == "1.234"


def points(tap: str) -> list[tuple[bool, str, str | None, Any]]:
    """A small reader of TAP: whether it is ok, the description, the directive, the YAML block."""
    version, plan, *rest = tap.splitlines()
    assert version == "TAP version 14"
    found: list[tuple[bool, str, str | None, Any]] = []
    block: list[str] | None = None
    for line in rest:
        if line == "  ---":
            block = []
        elif line == "  ...":
            assert block is not None
            found[-1] = (*found[-1][:3], yaml.safe_load("\n".join(block)))
            block = None
        elif block is not None:
            block.append(line)
        else:
            match = re.fullmatch(r"(not )?ok (\d+) - ((?:\\.|[^\\#])*?)(?: # (SKIP.*))?", line)
            assert match is not None, line
            assert int(match[2]) == len(found) + 1
            found.append((match[1] is None, re.sub(r"\\(.)", r"\1", match[3]), match[4], None))
    assert plan == f"1..{len(found)}"
    return found


def test_tap_is_read_by_its_rules(report: Report, empty: Report) -> None:
    fine, failed, skipped = points(text("tap", report))
    assert fine == (True, "fine", None, None)
    assert failed[:2] == (False, " ".join(ODD.split()))
    assert failed[3]["message"] == f"{ODD}\nsecond line"
    assert skipped[2] == 'SKIP it depends on "x", which did not pass'
    assert points(text("tap", empty)) == []


def test_github_marks_the_line_of_what_failed(report: Report) -> None:
    error, warning, notice = text("github", report).splitlines()
    assert error.startswith("::error file=dir/checks%2C a.yaml,line=7,col=5,title=a<b> & ")
    properties, _, message = error.removeprefix("::error ").partition("::")
    assert properties.count(",") == 3
    assert message.endswith("%0Asecond line")
    assert warning.startswith("::warning ")
    assert notice.endswith("1 passed, 1 failed, 1 skipped in 1.3 s")


def test_prometheus_is_read_by_the_library_of_prometheus(report: Report) -> None:
    families = {family.name: family for family in text_string_to_metric_families(text("prometheus", report))}
    passed = [(sample.labels["check"], sample.labels.get("nth"), sample.value)
              for sample in families["assay_check_passed"].samples]  # fmt: skip
    assert passed == [("fine", None, 1.0), (ODD, None, 0.0), ("fine", "2", 0.0)]
    assert {s.labels["result"]: s.value for s in families["assay_checks"].samples} == dict(
        zip(("passed", "failed", "skipped"), COUNTS, strict=True)
    )
    assert families["assay_check_duration_seconds"].samples[1].value == 1.234
    assert all(family.type == "gauge" for family in families.values())


def test_html_is_one_page_with_everything_escaped(report: Report) -> None:
    page = text("html", report)
    tags: list[str] = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attributes: object) -> None:
            tags.append(tag)

    Reader().feed(page)
    assert "b" not in tags
    assert not {"script", "link", "img"} & set(tags)
    assert tags.count("tr") == 4
    assert "\x1b" not in page


def test_pretty_has_a_line_for_each_check(report: Report) -> None:
    lines = text("pretty", report).splitlines()
    assert lines[0].split() == ["✓", "fine", "http", "200", "in", "41", "ms"]
    assert lines[-1] == " 1 passed, 1 failed, 1 skipped in 1.3 s"
    assert "\x1b" not in "".join(lines)


def test_pretty_without_a_terminal_writes_the_same_lines(report: Report) -> None:
    from assay_shell.checks.suite import Suite

    stream = io.StringIO()
    pretty = Pretty(stream)
    checks = tuple(result.check for result in report.results)
    pretty.begun(Suite("checks.yaml", checks, 1.0, 0))
    for result in report.results:
        pretty.started(result.check)
        pretty.completed(result)
    pretty.ended(report)
    assert stream.getvalue() == text("pretty", report)

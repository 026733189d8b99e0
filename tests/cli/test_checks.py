"""Lists of checks as a user runs them: exit codes, bytes of the report, log lines, files."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path

import pytest
from lxml import etree

from tests.support.command import Command
from tests.support.stub import Stub
from tests.support.terminal import on_terminal

QUIET = {"RUST_LOG": "off", "NO_COLOR": "1"}


@pytest.fixture
def write(tmp_path: Path):
    """Write a file of checks, `checks.yaml` unless named, into the folder where the command runs."""

    def put(text: str, name: str = "checks.yaml") -> str:
        (tmp_path / name).write_text(text)
        return name

    return put


def without_times(data: bytes) -> str:
    return re.sub(r'("duration_ms": )\d+', r"\g<1>0", data.decode())


@pytest.mark.parametrize("command", [[], ["run"], ["run", "--mode", "tool"], ["run", "--timeout", "1"]])
def test_the_report_goes_to_standard_output(cli: Command, stub: Stub, write, command: list[str]) -> None:
    stub.on("GET", "/ok")
    checks = f"[{{name: up, type: http, url: '{stub.url}/ok'}}, {{name: dö, type: http, url: '{stub.url}/no'}}]"
    done = cli(*command, write(f"retries: 0\nchecks: {checks}"), env={**QUIET, "ASSAY_MODE": "tool"})
    assert done.returncode == 1
    assert done.stderr == b""
    assert without_times(done.stdout) == (
        '{\n  "passed": false,\n  "checks": [\n'
        '    {\n      "name": "up",\n      "passed": true,\n      "duration_ms": 0,\n      "message": null\n    },\n'
        '    {\n      "name": "dö",\n      "passed": false,\n      "duration_ms": 0,\n'
        '      "message": "expected 2xx, got 404"\n    }\n'
        '  ],\n  "duration_ms": 0\n}\n'
    )


def test_when_all_pass_the_exit_code_is_0(cli: Command, write) -> None:
    done = cli(write("checks: []", "c.yml"), env=QUIET)
    assert (done.returncode, without_times(done.stdout)) == (
        0, '{\n  "passed": true,\n  "checks": [],\n  "duration_ms": 0\n}\n',
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        pytest.param(None, "reading config checks.yaml: No such file or directory (os error 2)", id="missing"),
        pytest.param("a: 1", "parsing YAML config: missing field `checks` at checks.yaml:1:1", id="no checks"),
        pytest.param(
            "timeout: 2h\nchecks: []",
            "parsing timeout: unsupported duration format: \"2h\" (use e.g. '120s', '5m', '500ms')"
            " at checks.yaml:1:10 (timeout)",
            id="duration",
        ),
        pytest.param(
            "checks:\n  - {name: a, type: xyz}",
            'unknown check type: "xyz" at checks.yaml:2:21 (checks[0].type)',
            id="type",
        ),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_line_and_exit_code_1(cli: Command, write, text: str | None, detail: str) -> None:
    if text is not None:
        write(text)
    done = cli("checks.yaml", env=QUIET)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"error: loading config from checks.yaml: {detail}\n"


@pytest.mark.parametrize(("text", "code"), [(None, 3), ("a: 1", 4)])
def test_detailed_exit_codes_tell_unreadable_from_nonsense(cli: Command, write, text: str | None, code: int) -> None:
    if text is not None:
        write(text)
    assert cli("checks.yaml", "--exit-codes", "detailed").returncode == code


def test_log_lines_are_those_of_the_contract(cli: Command, write) -> None:
    text = "timeout: 1500ms\nretries: 1\nbackoff: 10ms\nparallel: true\nchecks: [{name: h 1, type: http}]"
    done = cli(write(text), env={"NO_COLOR": "1"})
    lines = [line[28:] for line in done.stderr.decode().splitlines()]
    lines[-1] = re.sub(r"duration_ms=\d+", "duration_ms=0", lines[-1])
    assert lines == [
        " INFO starting assay (check mode) config=checks.yaml",
        " INFO configuration loaded checks=1 timeout_secs=1 retries=1",
        ' INFO check failed, retrying check="h 1" attempt=1 max_attempts=2 backoff_secs=0'
        " http check requires a 'url' field",
        ' INFO check completed check="h 1" result=FAIL duration_ms=0',
    ]


def test_the_global_timeout_is_logged_and_nothing_hangs(cli: Command, write, stub: Stub) -> None:
    stub.on("GET", "/x", delay=0.8)
    text = f"timeout: 200ms\nparallel: true\nchecks: [{{name: a, type: http, url: '{stub.url}/x'}}]"
    done = cli(write(text), env={"NO_COLOR": "1"})
    assert done.returncode == 1
    assert "ERROR global timeout exceeded timeout_secs=0\n" in done.stderr.decode()
    assert json.loads(done.stdout)["checks"][0]["message"] == "global timeout of 0s exceeded"


def test_what_scripts_print_comes_before_the_report(cli: Command, write, tmp_path: Path) -> None:
    (tmp_path / "s.lua").write_text('print("hello") io.write("there\\n")')
    done = cli(write("checks: [{name: a, type: script, file: s.lua}]"), env=QUIET)
    assert done.stdout.startswith(b'hello\nthere\n{\n  "passed": true,')


@pytest.mark.parametrize("name", ["ndjson", "junit", "tap", "github", "prometheus", "html"])
def test_what_scripts_print_stays_out_of_other_formats(cli: Command, write, tmp_path: Path, name: str) -> None:
    (tmp_path / "s.lua").write_text('print("hello")')
    done = cli(write("checks: [{name: a, type: script, file: s.lua}]"), "--output", name, env=QUIET)
    assert done.returncode == 0
    assert b"hello" not in done.stdout
    assert done.stderr == b"hello\n"


def test_reports_go_to_several_files_at_once(cli: Command, write, tmp_path: Path) -> None:
    text = "retries: 0\nchecks: [{name: a, type: http}]"
    done = cli(write(text), "-o", "junit=r.xml", "--output=prometheus=c.prom", "--output", "tap", env=QUIET)
    assert done.returncode == 1
    assert done.stdout.startswith(b"TAP version 14\n1..1\nnot ok 1 - a\n")
    assert etree.parse(tmp_path / "r.xml").getroot().get("failures") == "1"
    assert 'assay_check_passed{check="a",type="http"} 0' in (tmp_path / "c.prom").read_text()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["c.prom", "checks.yaml", "r.xml"]


def test_a_report_that_cannot_be_written_is_an_error(cli: Command, write) -> None:
    done = cli(write("checks: []"), "-o", "tap=no/such/r.tap", env=QUIET)
    assert done.returncode == 1
    assert done.stderr.decode() == "error: writing no/such/r.tap: No such file or directory (os error 2)\n"


def test_a_terminal_gets_the_report_for_people(cli: Command, write, tmp_path: Path) -> None:
    text = "retries: 0\nchecks: [{name: dns, type: dns, host: localhost, record: A}, {name: h, type: http}]"
    shown = on_terminal(cli, "/bin/sh", "-c", f"assay {write(text)}", cwd=tmp_path, env={**QUIET, "TERM": "dumb"})
    lines = [re.sub(r"\d+(\.\d)? (ms|s)$", r"0 \2", line) for line in shown.splitlines()]
    assert lines == [
        " ✓ dns  dns         127.0.0.1 in 0 ms",
        " ✗ h    http        http check requires a 'url' field",
        " 1 passed, 1 failed, 0 skipped in 0 s",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["c.yaml", "-o", "xml"], "'xml' is no format of '--output' (one of: json, ndjson, "),
        (["c.yaml", "-o", "json="], "'--output json=' names no file"),
        (["c.yaml", "-o", "json", "-o", "tap"], "'--output' can send one format to standard output; "),
        (["c.yaml", "x"], "a list of checks takes no argument 'x'"),
        (["c.yaml", "--watch", "5"], "'--watch 5': unsupported duration format: \"5\""),
        (["c.yaml", "--only", "x"], "no check is called 'x'"),
        (["x.lua", "--tag", "x"], "'--tag' is for lists of checks (.yaml, .yml)"),
        (["checks"], "'checks' needs one of: validate FILE, schema"),
        (["checks", "validate"], "'checks' needs one of: validate FILE, schema"),
    ],
)
def test_wrong_use_is_exit_code_2(cli: Command, write, arguments: list[str], message: str) -> None:
    write("checks: []", "c.yaml")
    done = cli(*arguments, env=QUIET)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"error: {message}")


def test_checks_are_chosen_by_tag_and_name(cli: Command, write) -> None:
    text = "version: 2\nretries: 0\nchecks: [{name: a, type: http, tags: x}, {name: b, type: http}]"
    done = cli(write(text), "--tag", "x", "--only", "a", env=QUIET)
    assert [check["name"] for check in json.loads(done.stdout)["checks"]] == ["a"]


def test_an_unknown_key_warns_and_strict_refuses_it(cli: Command, write) -> None:
    name = write("retrys: 1\nchecks: []")
    done = cli(name, env={"RUST_LOG": "warn", "NO_COLOR": "1"})
    assert done.returncode == 0
    assert done.stderr.decode()[28:] == (
        ' WARN unknown key "retrys"; did you mean retries? at checks.yaml:1:1 (retrys)\n'
    )
    done = cli("--strict", name, env=QUIET)
    assert done.returncode == 1
    assert done.stderr.decode() == (
        'error: loading config from checks.yaml: parsing YAML config: unknown key "retrys"; did you mean retries?'
        " at checks.yaml:1:1 (retrys)\n"
    )


def test_validate_reads_and_runs_nothing(cli: Command, write, tmp_path: Path) -> None:
    name = write("checks: [{name: a, type: command, command: touch x}]")
    done = cli("checks", "validate", name, env=QUIET)
    assert (done.returncode, done.stdout) == (0, b"checks.yaml: 1 checks\n")
    assert not (tmp_path / "x").exists()
    write("checks: [{name: a}]")
    done = cli("checks", "validate", name, env=QUIET)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: loading config from checks.yaml: parsing YAML config: missing field `type`")


def test_schema_prints_the_json_schema(cli: Command) -> None:
    done = cli("checks", "schema")
    assert done.returncode == 0
    assert json.loads(done.stdout)["title"] == "Checks of assay"


def test_readonly_holds_for_scripts_and_commands(cli: Command, write, tmp_path: Path) -> None:
    (tmp_path / "s.lua").write_text('fs.write("y", "")')
    checks = "[{name: a, type: script, file: s.lua}, {name: b, type: command, command: touch x}]"
    done = cli("--readonly", write(f"retries: 0\nchecks: {checks}"), env=QUIET)
    messages = [check["message"].partition("\n")[0] for check in json.loads(done.stdout)["checks"]]
    assert messages == ["readonly: fs.write blocked (y)", "readonly: command blocked (touch x)"]
    assert not {path.name for path in tmp_path.iterdir()} & {"x", "y"}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_and_its_children(cli: Command, write, tmp_path: Path, number: int, code: int) -> None:
    text = "checks: [{name: a, type: command, command: 'echo $$ > pid; sleep 60'}]"
    process = cli.start(write(text), env=QUIET)
    deadline = time.monotonic() + 10
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait(5) == code
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_watch_repeats_until_a_signal_comes(cli: Command, write) -> None:
    process = cli.start(write("checks: []"), "--watch", "50ms", "-o", "ndjson", env=QUIET)
    assert process.stdout is not None
    lines = [json.loads(process.stdout.readline()) for _ in range(3)]
    process.send_signal(signal.SIGINT)
    assert all(line["passed"] for line in lines)
    assert process.wait(5) == 130


def test_secrets_from_variables_are_masked_in_the_report(cli: Command, write) -> None:
    text = "version: 2\nretries: 0\nchecks: [{name: a, type: http, url: 'http://127.0.0.1:1/${MY_TOKEN}'}]"
    done = cli(write(text), env={"RUST_LOG": "info", "MY_TOKEN": "tok-8c1f2e9d"})
    assert b"tok-8c1f2e9d" not in done.stdout + done.stderr

"""The example on each page of the reference is a script that runs: against a stub server, with the output it shows.

`answers.json` says what the server answers: rows of `tests/contract/MODULE.json` by id, or answers of its own.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from assay_shell.cli.pages.subjects import Subject, subjects
from assay_shell.runtime.errors import ScriptSyntaxError
from assay_shell.runtime.vm import Runtime
from tests.support.command import Command
from tests.support.stub import Stub

HERE = Path(__file__).parent
ANSWERS = json.loads((HERE / "answers.json").read_text())
SUBJECTS = {subject.path.removesuffix(".md"): subject for subject in subjects()}
ALONE = {"builtins/approval", "builtins/input"}
"""Examples that are about a human's answer; each has a test of its own."""
OF_LUA = {function.description for function in SUBJECTS["builtins/os"].entry.functions if not function.details}
"""Lua's own functions, which its manual explains."""
RUN = [pytest.param(path, subject, id=path) for path, subject in SUBJECTS.items() if path not in ALONE]

CREDENTIALS = '{"installed": {"client_id": "id", "client_secret": "the-secret"}}'
TOKEN = '{"access_token": "old-token", "refresh_token": "r-token"}'
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: staging, cluster: {{server: "{url}"}}}}]
users: [{{name: ana, user: {{token: kube-token-1}}}}]
contexts: [{{name: staging, context: {{cluster: staging, user: ana}}}}]
"""


def contract(path: str) -> dict[str, dict[str, Any]]:
    name = ANSWERS[path].get("of") or path.rpartition("/")[2]
    return {row["id"]: row for row in json.loads((HERE.parent / "contract" / f"{name}.json").read_text())["rows"]}


def prepare(stub: Stub, path: str) -> None:
    """Let *stub* answer as the examples expect, whatever query they send."""
    for answer in ANSWERS.get(path, {}).get("answers", ()):
        if "row" not in answer:
            send(stub, answer, answer)
            continue
        row = contract(path)[answer["row"]]
        for request in row.get("requests") or [row["request"]]:
            send(stub, request, request.get("reply") or row.get("reply", {}))


def send(stub: Stub, request: dict[str, Any], reply: dict[str, Any]) -> None:
    options = {key: value for key, value in reply.items() if key in ("status", "body", "json")}
    stub.on(request["method"], request["path"], **options, headers=list(reply.get("headers", {}).items()))


def environment(subject: Subject, stub: Stub, folder: Path) -> dict[str, str]:
    """Return the variables that the example reads: addresses are the stub's, everything else is some secret."""
    (folder / "kubeconfig").write_text(KUBECONFIG.format(url=stub.url))
    (folder / "client.json").write_text(CREDENTIALS)
    (folder / "token.json").write_text(TOKEN)
    found = {"KUBECONFIG": str(folder / "kubeconfig"), "RUST_LOG": "warn"}
    for name in re.findall(r'env\.get\("(\w+)"\)', subject.example):
        if name == "GOOGLE_TOKEN_URL":
            found[name] = f"{stub.url}/token"
        elif name.endswith(("_URL", "_ADDR")):
            found[name] = stub.url
        elif name not in ("HOME", "NOT_SET_HERE"):
            found[name] = "127.0.0.1:1" if name == "TEMPORAL_ADDRESS" else f"value-of-{name}"
    return found


def shown(example: str) -> str:
    return "".join(f"{line[4:]}\n" for line in example.splitlines() if line.startswith("-->"))


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_each_page_has_an_example_of_the_subject(subject: Subject) -> None:
    name = subject.entry.name
    assert (f'require("{name}")' if subject.is_module else name) in subject.example


@pytest.mark.parametrize(("path", "subject"), RUN)
def test_an_example_runs_and_prints_what_it_says(
    cli: Command, stub: Stub, tmp_path: Path, path: str, subject: Subject
) -> None:
    prepare(stub, path)
    (tmp_path / "example.lua").write_text(f"{ANSWERS.get(path, {}).get('before', '')}\n{subject.example}")
    done = cli("--strict", "example.lua", env=environment(subject, stub, tmp_path))
    complaints = b"" if path == "builtins/log" else done.stderr
    assert (done.returncode, complaints.decode()) == (0, "")
    if expected := shown(subject.example):
        assert done.stdout.decode() == expected
    assert [request.target for request in list(stub.requests) if stub.answer(request).status == 404] == []


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_the_example_of_each_function_is_lua_that_calls_it(subject: Subject) -> None:
    with Runtime() as runtime:
        for function in subject.entry.functions:
            if ":" in function.name and not function.example:  # a method of a builtin's handle
                assert function.details
            elif function.description not in OF_LUA:
                assert function.name.replace(":", ".").rpartition(".")[2] in function.example
                compiles(runtime, function.example)


def compiles(runtime: Runtime, example: str) -> None:
    """Compile statements, or an expression whose value is what the example is about."""
    try:
        runtime.compile(f"return {example}", "example")
    except ScriptSyntaxError:
        runtime.compile(example, "example")


def test_the_example_of_approval_asks_in_tool_mode(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "example.lua").write_text(SUBJECTS["builtins/approval"].example)
    envelope = json.loads(cli("run", "--mode", "tool", "example.lua").stdout)
    assert (envelope["status"], envelope["requiresApproval"]["prompt"]) == ("needs_approval", "Restart cart?")
    token = envelope["requiresApproval"]["resumeToken"]
    assert b"left alone" in cli("resume", "--token", token, "--approve", "no").stderr


def test_the_example_of_input_takes_a_line(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "example.lua").write_text(SUBJECTS["builtins/input"].example)
    assert b"rolling out\t1.4.2" in cli("example.lua", input="1.4.2\n").stdout


def test_answers_are_for_examples_that_exist() -> None:
    assert set(ANSWERS) - set(SUBJECTS) == set()

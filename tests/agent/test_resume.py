"""Approvals from end to end: a run stops at a gate, somebody answers, and the run goes on with that answer."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Command

GATE = """
local function gate(prompt, context)
  local answer = env.get("ASSAY_APPROVAL_RESULT")
  if answer == nil then
    error("__assay_approval_request__:" .. json.encode({ prompt = prompt, context = context }))
  end
  return answer == "yes"
end
"""
REFUSED = "approval refused: "


class Approvals:
    """Runs scripts that ask, and answers them."""

    def __init__(self, cli: Command, folder: Path) -> None:
        self.cli = cli
        self.folder = folder
        self.script = folder / "s.lua"
        self.waiting = folder / ".assay" / "state" / "resume"

    def run(self, code: str | None = None, *options: str, **keywords: Any) -> Any:
        if code is not None:
            self.script.write_text(code)
        done = self.cli("run", "--mode", "tool", *options, **keywords) if "--" in options else self.cli(
            "run", "--mode", "tool", *options, "s.lua", **keywords
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def ask(self, code: str | None = None, *options: str, **keywords: Any) -> str:
        envelope = self.run(code, *options, **keywords)
        assert envelope["status"] == "needs_approval", envelope
        return str(envelope["requiresApproval"]["resumeToken"])

    def resume(self, token: str, answer: str = "yes", *options: str, **keywords: Any) -> Any:
        done = self.cli("resume", "--token", token, "--approve", answer, *options, **keywords)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def error(self, token: str, *options: str, **keywords: Any) -> str:
        envelope = self.resume(token, "yes", *options, **keywords)
        assert envelope["status"] == "error", envelope
        assert list(envelope) == ["ok", "status", "error"]
        return str(envelope["error"])

    def record(self, token: str) -> dict[str, Any]:
        found = json.loads((self.waiting / f"{token}.json").read_text())
        assert isinstance(found, dict)
        return found

    def change(self, token: str, **fields: Any) -> None:
        (self.waiting / f"{token}.json").write_text(json.dumps(self.record(token) | fields))


@pytest.fixture
def approvals(cli: Command, tmp_path: Path) -> Approvals:
    return Approvals(cli, tmp_path)


# Asking


@pytest.mark.parametrize(
    ("code", "prompt", "context"),
    [
        pytest.param("""error('__assay_approval_request__:{"prompt":"p","context":{"b":1,"a":[2.5]}}')""",
                     "p", {"a": [2.5], "b": 1}, id="with position"),
        pytest.param("""error('__assay_approval_request__:{"prompt":"p"}', 0)""", "p", None, id="bare"),
        pytest.param("""error('x: __assay_approval_request__: {"prompt":"é","other":1} \\nmore')""", "é", None,
                     id="rest of the line"),
        pytest.param("""async.spawn(function() error('__assay_approval_request__:{"prompt":"p"}') end):await()""",
                     "p", None, id="through a handle"),
        pytest.param("""async.spawn(function() async.spawn(function()
                     error('__assay_approval_request__:{"prompt":"p"}') end):await() end):await()""",
                     "p", None, id="through two handles"),
        pytest.param("error(select(2, pcall(approval.request, 'p', {1})))", "p", [1], id="raised again"),
        pytest.param("async.spawn(function() approval.request('p') end):await()", "p", None, id="builtin in a task"),
        pytest.param("""error(setmetatable({}, {__tostring = function()
                     return '__assay_approval_request__:{"prompt":"p"}' end}))""", "p", None, id="object with text"),
        pytest.param("approval.request('p', {token = 'abcdefgh', list = {}})", "p", {"token": "••••••••", "list": []},
                     id="secrets are masked"),
        pytest.param("approval.request('use password=hunter22 now')", "use password=•••••••• now", None,
                     id="in the prompt too"),
    ],
)  # fmt: skip
def test_an_error_with_the_marker_asks(approvals: Approvals, code: str, prompt: str, context: object) -> None:
    envelope = approvals.run(code)
    wanted = envelope["requiresApproval"]
    assert (envelope["status"], envelope["ok"], envelope["output"]) == ("needs_approval", True, None)
    assert (wanted["prompt"], wanted["context"]) == (prompt, context)
    assert list(wanted) == ["context", "prompt", "resumeToken"]
    assert len(wanted["resumeToken"]) == 32
    assert set(wanted["resumeToken"]) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("error('__assay_approval_request__:{')", id="no JSON"),
        pytest.param("error('__assay_approval_request__:[1]')", id="no object"),
        pytest.param("""error('__assay_approval_request__:{"context":1}')""", id="no prompt"),
        pytest.param("""error('__assay_approval_request__:{"prompt":1}')""", id="prompt is no text"),
        pytest.param("""error('__assay_approval_request__:{"prompt":"p"} x')""", id="more on the line"),
        pytest.param("""error('__assay_approval_request__:{"prompt":"p","context":NaN}')""", id="NaN"),
        pytest.param("error('__assay_approval_request__:' .. ('['):rep(100000))", id="too deep"),
    ],
)
def test_a_broken_request_is_an_ordinary_error(approvals: Approvals, code: str) -> None:
    assert "__assay_approval_request__:" in approvals.run(code)["error"]
    assert not approvals.waiting.exists()


def test_a_request_that_is_caught_never_surfaces(approvals: Approvals) -> None:
    assert approvals.run("return (pcall(approval.request, 'p'))")["output"] is False


def test_outside_tool_mode_a_gate_is_an_error(cli: Command) -> None:
    done = cli("exec", "-e", "approval.request('Restart?')")
    assert done.returncode == 1
    assert b'approval.request: approval required (--mode tool asks for it): {"context":null,"prompt":"Restart?"}' in (
        done.stderr
    )


def test_the_record_has_the_contract_s_keys_and_is_private(approvals: Approvals, tmp_path: Path) -> None:
    before = int(time.time())
    token = approvals.ask("approval.request('p', {1})", "--timeout", "7")
    file = approvals.waiting / f"{token}.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(approvals.waiting.stat().st_mode) == 0o700
    assert file.read_text().count("\n") == 0
    record = approvals.record(token)
    assert list(record)[:5] == ["script_path", "approval_prompt", "approval_context", "created_at", "ttl_secs"]
    assert record["script_path"] == os.path.realpath(tmp_path / "s.lua")
    assert (record["approval_prompt"], record["approval_context"], record["ttl_secs"]) == ("p", [1], 3600)
    assert before <= record["created_at"] <= time.time()
    assert record["timeout_secs"] == 7


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_no_umask_opens_a_record(approvals: Approvals, cli: Command, mask: int) -> None:
    approvals.script.write_text("approval.request('p')")
    process = cli.start("run", "--mode", "tool", "s.lua", umask=mask)
    output, _ = process.communicate(timeout=10)
    token = json.loads(output)["requiresApproval"]["resumeToken"]
    assert stat.S_IMODE((approvals.waiting / f"{token}.json").stat().st_mode) == 0o600


def test_a_linked_script_is_recorded_resolved_when_relative_and_as_typed_when_absolute(
    approvals: Approvals, cli: Command, tmp_path: Path
) -> None:
    (tmp_path / "real.lua").write_text("approval.request('p')")
    link = tmp_path / "s.lua"
    link.symlink_to("real.lua")
    assert approvals.record(approvals.ask())["script_path"] == os.path.realpath(tmp_path / "real.lua")
    done = cli("run", "--mode", "tool", link)
    token = json.loads(done.stdout)["requiresApproval"]["resumeToken"]
    assert approvals.record(token)["script_path"] == str(link)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        pytest.param({"ASSAY_STATE_DIR": "a/b", "OPENCLAW_STATE_DIR": "c"}, "a/b", id="ours first"),
        pytest.param({"OPENCLAW_STATE_DIR": "c"}, "c", id="the gateway's"),
        pytest.param({"ASSAY_STATE_DIR": ""}, ".", id="empty is the current folder"),
        pytest.param({}, ".assay/state", id="home"),
    ],
)
def test_the_state_folder_follows_the_environment(
    approvals: Approvals, tmp_path: Path, variables: dict[str, str], folder: str
) -> None:
    token = approvals.ask("return {approval.request('p'), env.get('ASSAY_STATE_DIR')}", env=variables)
    assert (tmp_path / folder / "resume" / f"{token}.json").exists()
    assert approvals.resume(token, env=variables)["output"] == [True, os.path.abspath(tmp_path / folder)]


def test_without_a_home_there_is_no_state_folder(approvals: Approvals) -> None:
    approvals.script.write_text("approval.request('p')")
    environment = {k: v for k, v in approvals.cli.environment().items() if k != "HOME"}
    process = approvals.cli.start("run", "--mode", "tool", "s.lua")
    process.communicate()
    done = subprocess.run([*process.args], env=environment, cwd=approvals.folder, capture_output=True, check=True)  # type: ignore[misc]
    assert json.loads(done.stdout)["error"] == "resolving state directory: HOME is not set"


@pytest.mark.parametrize(
    ("code", "options", "reason"),
    [
        pytest.param("approval.request('p')", ["--", "-"], "a script from standard input cannot be resumed",
                     id="stdin"),
        pytest.param("approval.request('p')", ["--", "s.lua", "--token=abcdefgh"], "argument 1 holds a secret",
                     id="secret"),
        pytest.param("approval.request('p', ('x'):rep(600000))", [], "the request has 600", id="too large"),
    ],
)  # fmt: skip
def test_what_cannot_be_resumed_cannot_ask(approvals: Approvals, code: str, options: list[str], reason: str) -> None:
    error = approvals.run(code, *options, input=code)["error"]
    assert error.startswith("approval impossible: ")
    assert reason in error


# Answering


@pytest.mark.parametrize(("answer", "result"), [("yes", True), ("no", False)])
@pytest.mark.parametrize("code", ["return approval.request('p')", GATE + "return gate('p')"])
def test_the_gate_gets_its_answer_and_the_token_is_used_up(
    approvals: Approvals, code: str, answer: str, result: bool
) -> None:
    token = approvals.ask(code)
    assert approvals.resume(token, answer)["output"] is result
    assert approvals.error(token) == "invalid resume token"
    assert not (approvals.waiting / f"{token}.json").exists()


@pytest.mark.parametrize("end", ["error('x')", "sleep(9)"])
def test_errors_and_timeouts_use_the_token_up_too(approvals: Approvals, end: str) -> None:
    token = approvals.ask(f"approval.request('p') {end}", "--timeout", "1")
    assert approvals.resume(token)["status"] in ("error", "timeout")
    assert approvals.error(token) == "invalid resume token"


def test_the_run_repeats_arguments_timeout_and_readonly(approvals: Approvals) -> None:
    code = "local ok, e = approval.request('p') and pcall(fs.write, 'canary', 'x') return {ok, arg[1], ...}"
    approvals.script.write_text(code)
    token = approvals.ask(None, "--timeout", "9", "--readonly", "--", "s.lua", "one", "-v")
    done = approvals.cli("resume", "--token", token, "--approve", "yes")
    assert json.loads(done.stdout)["output"] == [False, "one", "one", "-v"]
    assert b"timeout_secs=9" in done.stderr


def test_what_the_script_prints_stays_off_standard_output(approvals: Approvals) -> None:
    token = approvals.ask("approval.request('p') print('printed') return 1")
    done = approvals.cli("resume", "--token", token, "--approve", "yes")
    assert json.loads(done.stdout)["output"] == 1
    assert b"printed" in done.stderr
    token = approvals.ask()
    done = approvals.cli("resume", "--token", token, "--approve", "yes", "--script-stdout")
    assert done.stdout.startswith(b"printed")


TWO_GATES = "local one = gate('first') fs.write('one', tostring(one)) return {one, gate('second')}"


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(f"local gate = approval.request {TWO_GATES}", id="builtin"),
        pytest.param(f"{GATE} {TWO_GATES}", id="variable"),
        pytest.param(f"{GATE} return {{gate('first'), gate('second')}}", id="variable, with nothing in between"),
        pytest.param(f"{GATE} return {{(function() return gate('first') end)(), gate('second')}}", id="deeper first"),
        pytest.param(
            f"{GATE} return {{async.spawn(function() return gate('first') end):await()[1], gate('second')}}",
            id="in tasks",
        ),
        pytest.param(
            f"{GATE} local t = {{}} for i, p in ipairs({{'first', 'second'}}) do t[i] = gate(p) end return t",
            id="loop",
        ),
        pytest.param(
            "local function gate(p) local r = os.getenv('ASSAY_APPROVAL_RESULT') if not r then "
            "error('__assay_approval_request__:' .. json.encode({prompt = p})) end pcall(error) return r == 'yes' end "
            "return {gate('first'), gate('second')}",
            id="os.getenv",
        ),
        pytest.param(
            "local X = 'ASSAY_APPROVAL_RESULT' "
            "if not env.get(X) then error('__assay_approval_request__:{\"prompt\":\"first\"}') end "
            "local one = env.get(X) == 'yes' fs.write('one', 'x') "
            "if not env.get(X) then error('__assay_approval_request__:{\"prompt\":\"second\"}') end "
            "return {one, env.get(X) == 'yes'}",
            id="main chunk",
        ),
    ],
)
def test_an_answer_is_for_one_gate_and_the_next_asks_again(approvals: Approvals, code: str) -> None:
    first = approvals.ask(code)
    envelope = approvals.resume(first, "yes")
    assert envelope["status"] == "needs_approval"
    assert envelope["requiresApproval"]["prompt"] == "second"
    second = envelope["requiresApproval"]["resumeToken"]
    assert second != first
    assert approvals.error(first) == "invalid resume token"
    assert approvals.resume(second, "no")["output"] == [True, False]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("local X = 'ASSAY_APPROVAL_RESULT' if env.get(X) then return env.get(X) end", id="main chunk"),
        pytest.param("local X = 'ASSAY_APPROVAL_RESULT' local function f() if env.get(X) == 'no' then return 'n' end "
                     "if env.get(X) == 'yes' then return env.get(X) end end local r = f() if r then return r end",
                     id="function"),
    ],
)  # fmt: skip
def test_a_gate_may_look_at_its_answer_more_than_once(approvals: Approvals, code: str) -> None:
    code += " error('__assay_approval_request__:{\"prompt\":\"p\"}')"
    assert approvals.resume(approvals.ask(code))["output"] == "yes"


def test_neither_children_nor_other_variables_see_the_answer(approvals: Approvals) -> None:
    code = GATE + "return {gate('p'), shell.exec('echo [$ASSAY_APPROVAL_RESULT]').stdout, env.get('HOME') ~= nil}"
    assert approvals.resume(approvals.ask(code))["output"] == [True, "[]\n", True]


def test_a_gate_that_shows_itself_is_not_answered_by_looks(approvals: Approvals) -> None:
    code = "local look = env.get('ASSAY_APPROVAL_RESULT') return {approval.request('p'), tostring(look)}"
    assert approvals.resume(approvals.ask(code))["output"] == [True, "nil"]


# Refusals


def test_a_changed_script_is_refused_until_it_is_as_it_was(approvals: Approvals) -> None:
    code = "return approval.request('p')"
    token = approvals.ask(code)
    approvals.script.write_text(f"{code} -- harmless")
    assert approvals.error(token) == "approval refused: the script has changed since the approval was requested"
    approvals.script.write_text(code)
    assert approvals.resume(token)["output"] is True


@pytest.mark.parametrize("change", ["prompt", "context"])
def test_a_changed_call_is_refused(approvals: Approvals, tmp_path: Path, change: str) -> None:
    (tmp_path / "pods").write_text("3")
    call = {"prompt": "'Restart ' .. fs.read('pods')", "context": "'Restart', {pods = fs.read('pods')}"}[change]
    token = approvals.ask(f"if approval.request({call}) then fs.write('done', 'x') end")
    (tmp_path / "pods").write_text("500")
    assert "approval refused: the pending call is not the one that was approved" in approvals.error(token)
    assert not (tmp_path / "done").exists()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"approval_prompt": "other"}, id="prompt"),
        pytest.param({"approval_context": {"x": 2}}, id="context"),
        pytest.param({"arguments": ["other"]}, id="arguments"),
        pytest.param({"readonly": False}, id="readonly"),
        pytest.param({"asked_by": "error"}, id="kind of gate"),
        pytest.param({"answers": [{"call_digest": "x", "answer": "yes"}]}, id="answers"),
    ],
)
def test_a_record_that_was_changed_is_refused(approvals: Approvals, fields: dict[str, Any]) -> None:
    token = approvals.ask("approval.request('p')", "--readonly")
    approvals.change(token, **fields)
    assert approvals.error(token) == "approval refused: the record is not what was requested"


@pytest.mark.parametrize(
    "token",
    ["", "x", "../../s", "0" * 31, "0" * 33, "A" * 32, "0" * 31 + "/", "0" * 31 + "\n", "../" + "0" * 29, "\uff10" * 32]
)
def test_a_token_is_32_hex_digits(approvals: Approvals, tmp_path: Path, token: str) -> None:
    approvals.ask("approval.request('p')")
    (tmp_path / "s.json").write_text("{}")
    assert approvals.error(f"{token}") == "invalid resume token"


@pytest.mark.parametrize(
    ("created", "options", "expired"),
    [
        pytest.param(-3500, [], False, id="in time"),
        pytest.param(-3700, [], True, id="too late"),
        pytest.param(-3700, ["--resume-ttl", "4000"], False, id="longer by option"),
        pytest.param(-100, ["--resume-ttl", "50"], True, id="shorter by option"),
    ],
)
def test_a_request_expires(approvals: Approvals, created: int, options: list[str], expired: bool) -> None:
    token = approvals.ask("return approval.request('p')")
    approvals.change(token, created_at=int(time.time()) + created)
    if not expired:
        assert approvals.resume(token, "yes", *options)["output"] is True
        return
    assert approvals.error(token, *options) == "resume token expired"
    assert (approvals.waiting / f"{token}.json").exists()


def test_the_limit_is_the_record_s_own(approvals: Approvals) -> None:
    token = approvals.ask("return approval.request('p')")
    approvals.change(token, ttl_secs=10, created_at=int(time.time()) - 20)
    assert approvals.error(token) == "resume token expired"


def test_a_vanished_script_is_an_envelope_and_the_token_stays(approvals: Approvals) -> None:
    token = approvals.ask("approval.request('p')")
    approvals.script.unlink()
    path = os.path.realpath(approvals.script)
    assert approvals.error(token) == f"reading {path}: No such file or directory (os error 2)"
    assert (approvals.waiting / f"{token}.json").exists()


@pytest.mark.parametrize("given", ["--token x", "--approve yes", "--token x --approve maybe"])
def test_wrong_use_is_told(cli: Command, given: str) -> None:
    assert cli("resume", *given.split()).returncode == 2


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[2J", "x" * 201])
def test_an_approver_has_a_printable_name(approvals: Approvals, name: str) -> None:
    token = approvals.ask("approval.request('p')")
    assert approvals.error(token, f"--approver={name}").startswith("approval refused: the approver's name")
    assert (approvals.waiting / f"{token}.json").exists()


def test_who_decided_is_recorded(approvals: Approvals) -> None:
    token = approvals.ask("return approval.request('p')")
    approvals.resume(token, "no", "--approver", "On Call")
    record = json.loads((approvals.waiting / "decided" / f"{token}.json").read_text())
    assert (record["decision"]["answer"], record["decision"]["approver"]) == ("no", "On Call")
    assert record["outcome"] == "ok"


# Arguments from the environment


def test_variables_that_are_arguments_come_back(approvals: Approvals) -> None:
    variables = {"ASSAY_ARGUMENTS": "NS,API_TOKEN", "NS": "shop", "API_TOKEN": "abcdefgh"}
    token = approvals.ask("approval.request('p') return {env.get('NS'), env.get('API_TOKEN')}", env=variables)
    assert "abcdefgh" not in (approvals.waiting / f"{token}.json").read_text()
    assert "the arguments differ from those of the request" in approvals.error(token)
    assert "the arguments differ" in approvals.error(token, env={"API_TOKEN": "other"})
    found = approvals.resume(token, env={"API_TOKEN": "abcdefgh", "NS": "other"})
    assert found["output"] == ["shop", "abcdefgh"]


# Records of older releases


def old_record(approvals: Approvals, code: str, **fields: Any) -> str:
    approvals.script.write_text(code)
    approvals.waiting.mkdir(parents=True)
    record = {
        "script_path": str(approvals.script), "approval_prompt": "p", "approval_context": None,
        "created_at": int(time.time()), "ttl_secs": 3600,
    }  # fmt: skip
    token = "0123456789abcdef" * 2
    (approvals.waiting / f"{token}.json").write_text(json.dumps(record | fields))
    return token


def test_records_of_older_releases_need_an_option(approvals: Approvals) -> None:
    token = old_record(approvals, "return {env.get('ASSAY_APPROVAL_RESULT'), approval.request('a')}")
    assert approvals.error(token).startswith("approval refused: the record is not bound to a script")
    assert approvals.resume(token, "yes", "--legacy-state")["output"] == ["yes", True]
    assert approvals.error(token, "--legacy-state") == "invalid resume token"


def test_expiry_is_looked_at_before_the_binding(approvals: Approvals) -> None:
    token = old_record(approvals, "return 1", created_at=1)
    assert approvals.error(token) == "resume token expired"


def test_an_old_record_answers_every_gate_and_children_see_it(approvals: Approvals) -> None:
    code = f"{GATE} return {{gate('a'), gate('b'), shell.exec('echo $ASSAY_APPROVAL_RESULT').stdout}}"
    token = old_record(approvals, code)
    assert approvals.resume(token, "yes", "--legacy-state")["output"] == [True, True, "yes\n"]


def test_an_old_token_stays_when_its_run_asks_again(approvals: Approvals) -> None:
    token = old_record(approvals, """error('__assay_approval_request__:{"prompt":"again"}')""")
    assert approvals.resume(token, "yes", "--legacy-state")["status"] == "needs_approval"
    assert (approvals.waiting / f"{token}.json").exists()


# Faults


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "parsing resume state: ", id="empty"),
        pytest.param(b'{"script_path":"/x","approval_pro', "parsing resume state: ", id="cut"),
        pytest.param(b"[]", "parsing resume state: expected an object", id="array"),
        pytest.param(b"{}", "parsing resume state: missing field `script_path`", id="no keys"),
        pytest.param(b"\xff", "reading resume state: stream did not contain valid UTF-8", id="no UTF-8"),
        pytest.param(b"[" * 100000, "parsing resume state: ", id="too deep"),
    ],
)
def test_a_damaged_record_is_an_error(approvals: Approvals, content: bytes, reason: str) -> None:
    token = approvals.ask("approval.request('p')")
    (approvals.waiting / f"{token}.json").write_bytes(content)
    assert approvals.error(token).startswith(reason)


def test_a_record_that_cannot_be_read_is_an_error(approvals: Approvals) -> None:
    (approvals.waiting / ("0" * 32 + ".json")).mkdir(parents=True)
    assert approvals.error("0" * 32) == "reading resume state: Is a directory (os error 21)"


def test_a_state_folder_that_cannot_be_made_is_an_error(approvals: Approvals) -> None:
    error = approvals.run("approval.request('p')", env={"ASSAY_STATE_DIR": str(approvals.script)})["error"]
    assert error == "creating resume state directory: Not a directory (os error 20)"


def test_two_resumptions_that_race_run_once(approvals: Approvals, tmp_path: Path) -> None:
    code = "if approval.request('p') then shell.exec('echo x >> runs') sleep(0.2) end return 1"
    token = approvals.ask(code)
    command = ("resume", "--token", token, "--approve", "yes")
    racing = [approvals.cli.start(*command) for _ in range(4)]
    answers = [json.loads(process.communicate(timeout=20)[0]) for process in racing]
    assert sorted(answer.get("error", "") for answer in answers) == ["", *["invalid resume token"] * 3]
    assert (tmp_path / "runs").read_text() == "x\n"


def test_a_run_that_is_killed_leaves_a_decision_and_no_token(approvals: Approvals) -> None:
    token = approvals.ask("approval.request('p') io.stderr:write('ready\\n') sleep(30)")
    process = approvals.cli.start("resume", "--token", token, "--approve", "yes", "--approver", "me")
    assert process.stderr is not None
    while b"ready" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGKILL)
    process.wait(5)
    assert approvals.error(token) == "invalid resume token"
    shown = json.loads(approvals.cli("approvals", "show", token, "--json").stdout)
    assert (shown["status"], shown["answer"], shown["approver"]) == ("interrupted", "yes", "me")


def test_exit_codes_may_be_finer(approvals: Approvals) -> None:
    token = approvals.ask("approval.request('p') approval.request('q')")
    resume = ("--exit-codes=detailed", "resume", "--approve", "yes", "--token")
    assert approvals.cli(*resume, token).returncode == 10
    assert approvals.cli(*resume, token).returncode == 1

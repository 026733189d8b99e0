"""assay.openclaw beyond its request table: gates from end to end, state that stays in its folder."""

from __future__ import annotations

import json

import pytest

CLIENT = 'local c = require("assay.openclaw").client("http://127.0.0.1:1", { token = "the-token-of-claw" }) '


@pytest.fixture
def approvals(cli, tmp_path):
    """Run a script in tool mode, or go on with its answer; the envelope."""

    def go(*arguments: str, code: str | None = None):
        if code is not None:
            (tmp_path / "s.lua").write_text(CLIENT + code)
        return json.loads(cli(*arguments).stdout)

    return go


def ask(approvals, code: str | None = None) -> str:
    envelope = approvals("run", "--mode", "tool", "s.lua", code=code)
    assert envelope["status"] == "needs_approval"
    return str(envelope["requiresApproval"]["resumeToken"])


@pytest.mark.parametrize(("answer", "result"), [("yes", True), ("no", False)])
def test_a_resumed_run_goes_on_with_the_answer(approvals, answer, result):
    token = ask(approvals, 'return { approved = c:approve("Restart?", { replicas = 3 }) }')
    envelope = approvals("resume", "--token", token, "--approve", answer)
    assert (envelope["status"], envelope["output"]) == ("ok", {"approved": result})


def test_the_request_shows_prompt_and_context(approvals):
    envelope = approvals("run", "--mode", "tool", "s.lua", code='c:approve("Restart?", { replicas = 3 })')
    shown = envelope["requiresApproval"]
    assert (shown["prompt"], shown["context"]) == ("Restart?", {"replicas": 3})


def test_each_gate_is_asked_for_itself(approvals):
    first = ask(approvals, 'return { c:approve("One?"), c:approve("Two?") }')
    second = approvals("resume", "--token", first, "--approve", "yes")
    assert second["requiresApproval"]["prompt"] == "Two?"
    last = approvals("resume", "--token", second["requiresApproval"]["resumeToken"], "--approve", "no")
    assert last["output"] == [True, False]


def test_an_approval_is_for_the_call_that_was_shown(approvals, tmp_path):
    (tmp_path / "n").write_text("1")
    token = ask(approvals, 'return c:approve("Delete " .. fs.read("n") .. " volumes?")')
    (tmp_path / "n").write_text("100")
    envelope = approvals("resume", "--token", token, "--approve", "yes")
    assert envelope["status"] == "error"
    assert "the pending call is not the one that was approved" in envelope["error"]


@pytest.mark.parametrize("key", ["../x", "a/../../x", ".."])
@pytest.mark.parametrize("call", ["c:state_get(KEY)", "c:state_set(KEY, 1)", "c:diff(KEY, 1)"])
def test_a_key_does_not_lead_out_of_the_folder(run, key, call):
    caught = run(f"{CLIENT} return tostring(select(2, pcall(function() {call.replace('KEY', repr(key))} end)))")
    assert "key must not have the path part '..': " + key in caught


@pytest.mark.parametrize("call", ["c:state_get(nil)", "c:state_set({}, 1)"])
def test_a_key_that_is_no_text_is_named(run, call):
    caught = run(f"{CLIENT} return tostring(select(2, pcall(function() {call} end)))")
    assert "attempt to concatenate a" in caught
    assert "(local 'key')" in caught


def test_half_a_state_file_is_an_error(run, tmp_path):
    (tmp_path / "k.json").write_text('{"a"')
    client = f'require("assay.openclaw").client("http://x", {{ state_dir = "{tmp_path}" }})'
    assert "json.parse: " in run(f"local c = {client} return tostring(select(2, pcall(c.state_get, c, 'k')))")


def test_a_list_of_jobs_is_allowed_where_only_reading_is(run, stub):
    stub.on("POST", "/tools/invoke", json={"jobs": []})
    code = f'local c = require("assay.openclaw").client("{stub.url}") '
    assert run(code + "return #c:cron_list().jobs", readonly=True) == 0
    refused = run(code + "return tostring(select(2, pcall(c.notify, c, 'a', 'b')))", readonly=True)
    assert "readonly: http.post blocked" in refused
    assert len(stub.requests) == 1


def test_helpers_stand_on_the_invoke_of_the_client(run):
    code = "c.invoke = function(_, tool, action, args) return tool .. action .. args.task end return c:spawn('x')"
    assert run(CLIENT + code) == "sessions_spawninvokex"


def test_the_token_is_not_in_an_error(run, stub):
    stub.on("POST", "/tools/invoke", status=403, body="who is the-token-of-claw?")
    code = f'local c = require("assay.openclaw").client("{stub.url}", {{ token = "the-token-of-claw" }}) '
    assert "the-token-of-claw" not in run(code + "return tostring(select(2, pcall(c.invoke, c, 't')))")


def test_where_a_user_can_be_asked_the_gate_is_theirs():
    from assay_shell.runtime.vm import Runtime

    shown = []

    async def ask(prompt, context):
        shown.append((prompt, json.loads(context)))
        return True

    with Runtime() as runtime:
        runtime.ask_approval = ask
        assert runtime.evaluate(f"{CLIENT} return c:approve('Restart?', {{ replicas = 3 }})") == [True]
    assert shown == [("Restart?", {"replicas": 3})]


def test_a_context_without_json_form_is_an_error_of_its_own(run):
    assert "approval" not in run(f"{CLIENT} return tostring(select(2, pcall(c.approve, c, 'P', {{ print }})))")

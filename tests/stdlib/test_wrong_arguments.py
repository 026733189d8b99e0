"""Arguments of another kind than a function wants: the error names function and argument, and nothing is sent."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("environment")

CALLS = [
    ("alertmanager", "m.is_firing(url, {})", "alertmanager.is_firing: attempt to concatenate a table", "alertname"),
    ("alertmanager", "m.is_firing(url)", "alertmanager.is_firing: attempt to concatenate a nil value", "alertname"),
    ("alertmanager", "m.silence_alert(url, true, 1)", "alertmanager.silence_alert: attempt", "alertname"),
    ("alertmanager", "m.silence_alert(url, 'Down', {})", "alertmanager.silence_alert: attempt", "duration_hours"),
    ("alertmanager", "m.post_alerts(url, true)", "alertmanager.post_alerts: what is sent must be a table", "boolean"),
    ("email_triage", "m.categorize(true)", "email_triage.categorize: emails must be a list of tables", "boolean"),
    ("email_triage", "m.categorize({ {}, 7 })", "email_triage.categorize: emails[2] must be a table", "number"),
    ("email_triage", "m.categorize({ { from = {} } })", "emails[1].from must be text", "table"),
    ("email_triage", "m.categorize_llm({}, 7)", "email_triage: openclaw_client with llm_task is required", ""),
    ("healthcheck", "m.json_path(url, {}, 1)", "healthcheck.json_path: attempt", "path_expr"),
    ("healthcheck", "m.body_contains(url)", "healthcheck.body_contains: attempt", "pattern"),
    ("healthcheck", "m.multi(true)", "healthcheck.multi: attempt", "checks"),
    ("hydra", "m.client(url):update_client('web')", "hydra.update_client: attempt", "spec"),
    ("kratos", "m.client(url):whoami(true)", "kratos.whoami: attempt", "cookie"),
    ("kratos", "m.client(url):get_login_flow('f', true)", "kratos.get_login_flow: attempt", "cookie"),
    ("loki", "m.selector(true)", "loki.selector: attempt to index a boolean value", "labels"),
    ("loki", "m.client(url):push({ a = 'b' })", "loki.push: attempt to index a nil value", "entries"),
    ("oauth2", "m.from_file({})", "oauth2.from_file: attempt", "credentials_path"),
    ("openclaw", "m.client(url):approve({})", "openclaw.approve: attempt", "prompt"),
    ("s3", "m.client(s3):download('b', 'k', {})", "s3.download: attempt", "path"),
]


@pytest.mark.parametrize(("module", "call", "text", "name"), [pytest.param(*row, id=row[1]) for row in CALLS])
def test_a_wrong_argument_is_told_with_function_and_name(run, stub, module, call, text, name):
    s3 = f'{{ endpoint = "{stub.url}", region = "r", access_key = "a", secret_key = "s" }}'
    known = f'local url, m, s3 = "{stub.url}", require("assay.{module}"), {s3}'
    caught = run(f"{known} return tostring(select(2, pcall(function() return {call} end)))")
    assert text in caught
    assert name in caught
    assert stub.requests == []

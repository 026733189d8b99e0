"""assay.velero beyond its request table: its namespace, waiting, odd arguments."""

from __future__ import annotations

import pytest

VELERO = "/apis/velero.io/v1/namespaces/velero"
BACKUP = f"{VELERO}/backups/b"


@pytest.fixture
def velero(run, stub):
    """Run code in which `c` is a client; sleeping takes no time."""

    def evaluate(code, **options):
        quick = "local slept = 0 sleep = function(s) slept = slept + s end "
        return run(f'{quick} local c = require("assay.velero").client("{stub.url}", "kube-token-1") {code}', **options)

    return evaluate


def phase(name, **status):
    return {"status": {"phase": name, **status}}


def test_the_namespace_of_a_client_may_be_changed(velero, stub):
    stub.on("GET", "/apis/velero.io/v1/namespaces/other/backups", json={"items": ["a"]})
    assert velero("local before = c.namespace c.namespace = 'other' return { before, c:backups()[1] }") == [
        "velero",
        "a",
    ]


def test_velero_is_not_looked_for_in_the_namespace_of_the_context(run, stub, tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.write_text(
        f"""
current-context: dev
contexts: [{{name: dev, context: {{cluster: c, user: u, namespace: shop}}}}]
clusters: [{{name: c, cluster: {{server: "{stub.url}"}}}}]
users: [{{name: u, user: {{token: token-of-dev}}}}]
"""
    )
    monkeypatch.setenv("KUBECONFIG", str(config))
    stub.on("GET", f"{VELERO}/backups", json={"items": ["a"]})
    assert run('return require("assay.velero").client({ context = "dev" }):backups()') == ["a"]
    assert stub.requests[0].header("authorization") == "Bearer token-of-dev"


@pytest.mark.parametrize(("call", "kind"), [("wait_backup", "backups"), ("wait_restore", "restores")])
def test_waiting_ends_when_it_is_complete(velero, stub, call, kind):
    stub.on("GET", f"{VELERO}/{kind}/b", json=phase("InProgress"), times=2)
    stub.on("GET", f"{VELERO}/{kind}/b", json=phase("Completed", warnings=3))
    assert velero(f"return {{ c:{call}('b').warnings, slept }}") == [3, 10]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        pytest.param(phase("Failed", failureReason="bucket is gone"), "Failed: bucket is gone", id="reason"),
        pytest.param(phase("FailedValidation", validationErrors=["a", "b"]), "FailedValidation: a; b", id="validation"),
        pytest.param(phase("PartiallyFailed", errors=2), "PartiallyFailed: 2 errors, 0 warnings", id="in part"),
    ],
)
def test_what_failed_is_an_error_with_the_reason(velero, stub, status, text):
    stub.on("GET", BACKUP, json=status)
    found = velero("return tostring(select(2, pcall(c.wait_backup, c, 'b')))")
    assert found.startswith("assay/velero.lua:")
    assert found.endswith(f"velero: backup b {text}")


def test_waiting_ends_at_its_deadline(velero, stub):
    stub.on("GET", f"{VELERO}/restores/b", json=phase("InProgress"))
    text = velero("return tostring(select(2, pcall(c.wait_restore, c, 'b', 0)))")
    assert text.endswith("velero: restore b not complete after 0s")
    assert len(stub.requests) == 1


def test_a_backup_that_is_not_there_is_not_waited_for(velero, stub):
    stub.on("GET", BACKUP, status=404, body="{}")
    found = velero("local _, e = pcall(c.wait_backup, c, 'b') return { tostring(e), e.status, e.path }")
    assert found[0].endswith("velero: backup b not found")
    assert found[1:] == [404, BACKUP]


@pytest.mark.parametrize("call", ["create_backup('b')", "create_restore('r', { backupName = 'b' })"])
def test_backing_up_and_restoring_are_writes(velero, stub, call):
    text = velero(f"return tostring(select(2, pcall(function() return c:{call} end)))", readonly=True)
    assert "readonly: http.post blocked" in text
    assert stub.requests == []


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("backup()", "velero.backup: attempt to concatenate a nil value (local 'name')", id="nil"),
        pytest.param("restore({})", "attempt to concatenate a table value (local 'name')", id="table"),
        pytest.param("backup_status('')", "velero.backup_status: name must not be empty", id="empty"),
        pytest.param("is_bsl_available('..')", "name must not have the path part '.' or '..'", id="dots"),
        pytest.param("create_backup()", "velero.create_backup: attempt to concatenate a nil value", id="create"),
        pytest.param("wait_backup('b', 'x')", "velero.wait_backup: attempt to perform arithmetic", id="timeout"),
        pytest.param("each('pods')", "velero.each: there is no list 'pods', only backup_repositories", id="list"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_sent(velero, stub, call, text):
    assert text in velero(f"return tostring(select(2, pcall(function() return c:{call} end)))")
    assert stub.requests == []


def test_summaries_see_the_methods_that_a_script_replaced(velero):
    code = "c.schedules = function() return { { metadata = { name = 'n' } } } end return c:all_schedules_enabled()"
    assert velero(code) == {"enabled": 0, "disabled": 1, "total": 1, "disabled_names": ["n"]}

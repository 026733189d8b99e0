"""The argocd module against an Argo CD server; what its controller would write, the tests write."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live.harness import crds
from tests.live.harness.kubernetes import Cluster
from tests.live.harness.reach import Talk
from tests.live.harness.services import Service

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

APPS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
REFRESH = "argocd.argoproj.io/refresh"
MERGE = "application/merge-patch+json"


def application(service: Service, name: str, **status: Any) -> dict[str, Any]:
    source = {"repoURL": service.more["repository"], "path": "guestbook", "targetRevision": "main"}
    destination = {"server": "https://kubernetes.default.svc", "namespace": "default"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd", "labels": {"team": name}},
        "spec": {"project": "default", "source": source, "destination": destination},
        **({"status": status} if status else {}),
    }


@pytest.fixture(scope="module")
def filled(argocd: Service, kubernetes: Cluster) -> Service:
    revision = argocd.more["revision"]
    good = {"health": {"status": "Healthy"}, "sync": {"status": "Synced", "revision": revision}}
    bad = {"health": {"status": "Degraded", "message": "no pods"}, "sync": {"status": "OutOfSync"}}
    stamp = "2026-01-01T00:00:00Z"
    old = application(argocd, "x")["spec"]["source"]
    history = [{"id": 0, "revision": revision, "deployedAt": stamp, "deployStartedAt": stamp, "source": old}]
    for name, status in (("good", good), ("bad", bad), ("past", {**good, "history": history})):
        kubernetes.apply(f"{APPS}/{name}", application(argocd, name, **status))
    return argocd


@pytest.fixture
def talk(filled):
    head = (
        f"local url, repository = '{filled.url}', '{filled.more['repository']}' "
        f"local c = m.client(url, {{ username = 'admin', password = '{filled.token}' }}) "
        "local function names(list) local found = {} for i, item in ipairs(list) do "
        "found[i] = item.metadata and item.metadata.name or item.name or item.repo end "
        "table.sort(found) return table.concat(found, ' ') end "
    )
    return Talk("argocd", head)


def test_a_name_and_a_password_become_a_token(talk):
    code = (
        "local other = m.client(url) local token = other:login('admin', c.password) "
        "return { #token > 50, m.client(url, { token = token }):settings().url == other:settings().url }"
    )
    assert talk(code) == [True, True]


def test_a_wrong_password_and_no_credentials_are_refused(talk):
    message = talk.fails("m.client(url):login('admin', 'no-such-password')")
    assert "HTTP 401" in message
    assert "no-such-password" not in message
    assert "HTTP 401" in talk.fails("m.client(url):applications()")


def test_applications_are_listed_and_chosen(talk):
    code = (
        "return { names(c:applications()), names(c:applications({ selector = 'team=bad' })), "
        "names(c:applications({ project = 'default' })), names(c:applications({ project = 'nobody' })) }"
    )
    assert talk(code) == ["bad good past", "bad", "bad good past", ""]


def test_one_application_and_its_health(talk):
    code = (
        "return { c:application('good').spec.project, c:application('argocd/good').metadata.name, "
        "c:app_health('bad'), c:is_healthy('good'), c:is_synced('good'), c:is_healthy('bad'), c:is_synced('bad'), "
        "c:wait_healthy('good', 5), c:wait_synced('good', 5) }"
    )
    health = {"status": "Degraded", "sync": "OutOfSync", "message": "no pods"}
    assert talk(code) == ["default", "good", health, True, True, False, False, True, True]
    assert "argocd: timeout waiting for bad to become healthy" in talk.fails("c:wait_healthy('bad', 0.1)")


def test_manifests_come_from_git(talk):
    code = "return json.parse(c:app_manifests('good', { revision = 'main' }).manifests[1]).data.title"
    assert talk(code) == "Welcome"


def test_a_refresh_is_asked_for(talk, kubernetes):
    def react(found):
        mark = found["metadata"].get("annotations", {}).get(REFRESH)
        return {"metadata": {"annotations": {REFRESH: None}}} if mark == "hard" else None

    with crds.controller(kubernetes, f"{APPS}/bad", react, part=""):
        assert talk("return c:refresh('bad', { type = 'hard' }).metadata.name") == "bad"


def test_a_sync_is_started_watched_and_stopped(talk, kubernetes, filled):
    assert talk("return c:sync('good', { revision = 'main', prune = true }).operation.sync.prune") is True
    asked = kubernetes.call("GET", f"{APPS}/good")["operation"]["sync"]
    assert asked["revision"] == filled.more["revision"]
    stamp = "2026-01-01T00:00:00Z"
    state = {"operation": {"sync": asked}, "startedAt": stamp, "phase": "Running", "message": "on its way"}
    kubernetes.call("PATCH", f"{APPS}/good", {"status": {"operationState": state}}, MERGE)
    talk("c:terminate_operation('good')")
    assert kubernetes.call("GET", f"{APPS}/good")["status"]["operationState"]["phase"] == "Terminating"
    done = {"operation": None, "status": {"operationState": {**state, "phase": "Succeeded", "message": "synced"}}}
    kubernetes.call("PATCH", f"{APPS}/good", done, MERGE)
    assert talk("return c:wait_operation('good', 10).message") == "synced"


def test_an_application_goes_back_to_an_earlier_state(talk, kubernetes, filled):
    assert talk("return c:rollback('past', 0).metadata.name") == "past"
    assert kubernetes.call("GET", f"{APPS}/past")["operation"]["sync"]["revision"] == filled.more["revision"]


def test_an_application_is_deleted(talk, kubernetes, filled):
    kubernetes.apply(f"{APPS}/short-lived", application(filled, "short-lived"))
    talk("c:delete_app('short-lived', { cascade = false })")
    assert kubernetes.call("GET", f"{APPS}/short-lived") is None


def test_projects_repositories_and_clusters(talk, kubernetes, filled):
    data = {"url": filled.more["repository"], "type": "git", "name": "live"}
    metadata = {"name": "repo-live", "labels": {"argocd.argoproj.io/secret-type": "repository"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}
    kubernetes.apply("/api/v1/namespaces/argocd/secrets/repo-live", secret)
    code = (
        "local inside = 'https://kubernetes.default.svc' "
        "return { names(c:projects()), c:project('default').metadata.name, "
        "c:repositories()[1].repo == repository, c:repository(repository).repo == repository, names(c:clusters()), "
        "c:cluster(inside).server == inside, c:version().Version ~= nil }"
    )
    assert talk(code) == ["default", "default", True, True, "in-cluster", True, True]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            "c:application('nobody')", "argocd: GET /api/v1/applications/nobody HTTP 403", id="an application"
        ),
        pytest.param("c:sync('nobody')", "HTTP 403", id="a sync"),
        pytest.param("c:project('nobody')", "HTTP 404", id="a project"),
        pytest.param("c:rollback('past', 77)", "HTTP 400", id="a state that never was"),
        pytest.param("c:application('..')", "must not have the path part", id="a way up"),
        pytest.param("c:application(nil)", "argocd.application: ", id="no name"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)


@pytest.mark.parametrize("name", ["a/../../projects/default", "a%2F..%2F..%2Fprojects%2Fdefault"])
def test_a_name_leads_to_nothing_but_applications(talk, name):
    assert "HTTP 404: Not Found" in talk.fails(f"c:application('{name}')")

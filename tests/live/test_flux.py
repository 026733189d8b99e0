"""The flux module on a real API server with Flux's kinds, some in a newer version than the module asks for first."""

from __future__ import annotations

import pytest

from tests.live.harness import crds
from tests.live.harness.crds import conditions
from tests.live.harness.kubernetes import Cluster
from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

KINDS = crds.by_kind(crds.FLUX)


@pytest.fixture(scope="module")
def filled(kubernetes: Cluster) -> Cluster:
    good, bad = {"conditions": conditions(Ready=True)}, {"conditions": conditions(Ready=False)}
    applied = {"lastAttemptedRevision": "main@sha1:abc", "lastAppliedRevision": "main@sha1:abb"}
    objects = (
        ("GitRepository", "repo", good), ("GitRepository", "lost", bad), ("HelmRepository", "charts", good),
        ("HelmChart", "chart", good), ("OCIRepository", "image", good),
        ("Kustomization", "apps", {**good, **applied}), ("Kustomization", "broken", bad),
        ("HelmRelease", "web", {**good, "history": [{"status": "deployed", "chartVersion": "1.2.3"}]}),
        ("Receiver", "hook", good), ("ImagePolicy", "policy", good),
    )  # fmt: skip
    crds.fill(kubernetes, crds.FLUX, objects, labelled=True)
    for kind in ("Alert", "Provider"):
        crds.put(kubernetes, KINDS[kind], kind.lower(), spec={"type": "generic"})
    return kubernetes


@pytest.fixture
def talk(filled):
    return crds.talk_to("flux", filled)


def test_all_kinds_are_listed(talk):
    code = (
        "local n = 'default' return { names(c:git_repositories(n)), names(c:helm_repositories(n)), "
        "names(c:helm_charts(n)), names(c:oci_repositories(n)), names(c:kustomizations(n)), "
        "names(c:helm_releases(n)), names(c:alerts(n)), "
        "names(c:providers_list(n)), names(c:receivers(n)), names(c:image_policies(n)) }"
    )
    expected = "lost repo|charts|chart|image|apps broken|web|alert|provider|hook|policy"
    assert talk(code) == expected.split("|")


def test_labels_and_namespaces_choose(talk):
    code = (
        "return { names(c:git_repositories('default', { label_selector = 'team=lost' })), "
        "names(c:git_repositories('kube-system')), names(c:git_repositories('*')), "
        "#c:git_repositories('default', { limit = 1 }).items }"
    )
    assert talk(code) == ["lost", "", "lost repo", 1]


def test_one_object_and_whether_it_is_ready(talk):
    code = (
        "local n = 'default' return { c:git_repository(n, 'repo').kind, c:is_git_repo_ready(n, 'repo'), "
        "c:is_git_repo_ready(n, 'lost'), c:is_git_repo_ready(n, 'nobody'), c:helm_repository(n, 'charts').kind, "
        "c:is_helm_repo_ready(n, 'charts'), c:kustomization(n, 'apps').kind, c:is_kustomization_ready(n, 'broken'), "
        "c:helm_release(n, 'web').kind, c:is_helm_release_ready(n, 'web'), c:kustomization(n, 'nobody') == nil, "
        "c:kustomization(n, '../secrets/x') == nil }"
    )
    expected = ["GitRepository", True, False, False, "HelmRepository", True, "Kustomization", False, "HelmRelease"]
    assert talk(code) == [*expected, True, True, True]


def test_states_are_summed_up(talk):
    code = (
        "local n = 'default' local k, h = c:kustomization_status(n, 'apps'), c:helm_release_status(n, 'web') "
        "return { k.ready, k.revision, k.last_applied_revision, #k.conditions, h.ready, h.last_applied_revision, "
        "c:all_sources_ready(n), c:all_kustomizations_ready(n), c:all_helm_releases_ready(n).ready }"
    )
    found = talk(code)
    assert found[:6] == [True, "main@sha1:abc", "main@sha1:abb", 1, True, "1.2.3"]
    assert found[6] == {"ready": 2, "not_ready": 1, "total": 3, "not_ready_names": ["lost"]}
    assert found[7] == {"ready": 1, "not_ready": 1, "total": 2, "not_ready_names": ["broken"]}
    assert found[8] == 1


def test_items_come_page_by_page(talk):
    code = (
        "local found = {} for item in c:each('kustomizations', 'default', { limit = 1 }) do "
        "found[#found + 1] = item.metadata.name end return found"
    )
    assert talk(code) == ["apps", "broken"]


def test_an_object_is_suspended_and_resumed(talk):
    code = (
        "local n = 'default' c:suspend('kustomizations', n, 'apps') "
        "local off = c:kustomization(n, 'apps').spec.suspend "
        "c:resume('kustomizations', n, 'apps') return { off, c:kustomization(n, 'apps').spec.suspend or false }"
    )
    assert talk(code) == [True, False]


def test_a_reconciliation_is_asked_for_and_waited_for(talk, filled):
    def react(found):
        mark = found["metadata"].get("annotations", {}).get("reconcile.fluxcd.io/requestedAt")
        return {"status": {"lastHandledReconcileAt": mark}} if mark else None

    with crds.controller(filled, KINDS["GitRepository"].path("default", "repo"), react):
        code = "return c:reconcile('git_repositories', 'default', 'repo', 20).status.lastHandledReconcileAt ~= nil"
        assert talk(code) is True


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("c:reconcile('kustomizations', 'default', 'nobody')", "HTTP 404", id="nothing to reconcile"),
        pytest.param("c:suspend('nonsense', 'default', 'x')", "there is no list 'nonsense'", id="no such list"),
        pytest.param("c:kustomization('default', '..')", "must not have the path part", id="a way up"),
        pytest.param("c:kustomization('default', nil)", "flux.kustomization", id="no name"),
        pytest.param("c:git_repositories('default', { label_selector = '(' })", "HTTP 400", id="a bad selector"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)


def test_somebody_without_rights_is_refused(filled):
    guest = f"{{ token = '{filled.guest}', ca_cert_file = '{filled.ca}' }}"
    talk = Talk("flux", f"local c = m.client('{filled.url}', {guest})")
    message = talk.fails("c:kustomizations('default')")
    assert "HTTP 403" in message
    assert filled.guest not in message


def test_a_context_of_the_kubeconfig_is_a_client(filled, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(filled.kubeconfig))
    talk = Talk("flux", "local c = m.client({ context = 'admin' })")
    assert talk("return { #c:kustomizations('default').items, c.namespace }") == [2, "default"]

"""The eso module on a real API server that has the kinds of the External Secrets Operator, in their current version."""

from __future__ import annotations

import pytest

from tests.live.harness import crds
from tests.live.harness.crds import conditions
from tests.live.harness.kubernetes import Cluster

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

KINDS = crds.by_kind(crds.EXTERNAL_SECRETS)


@pytest.fixture(scope="module")
def filled(kubernetes: Cluster) -> Cluster:
    good, bad = {"conditions": conditions(Ready=True)}, {"conditions": conditions(Ready=False)}
    objects = (
        ("ExternalSecret", "db", {**good, "syncedResourceVersion": "v42"}), ("ExternalSecret", "lost", bad),
        ("SecretStore", "vault", good), ("SecretStore", "away", bad), ("ClusterSecretStore", "shared", good),
        ("ClusterExternalSecret", "pull", good),
    )  # fmt: skip
    return crds.fill(kubernetes, crds.EXTERNAL_SECRETS, objects)


@pytest.fixture
def talk(filled):
    return crds.talk_to("eso", filled)


def test_all_kinds_are_listed(talk):
    code = (
        "return { names(c:external_secrets(n)), names(c:secret_stores(n)), names(c:cluster_secret_stores()), "
        "names(c:cluster_external_secrets()), all(c:each('external_secrets', n, { limit = 1 })) }"
    )
    assert talk(code) == ["db lost", "away vault", "shared", "pull", "db lost"]


def test_one_of_each_is_read(talk):
    code = (
        "return { c:external_secret(n, 'db').kind, c:secret_store(n, 'vault').kind, "
        "c:cluster_secret_store('shared').kind, c:cluster_external_secret('pull').kind, "
        "c:external_secret(n, 'nobody') == nil, "
        "c:cluster_secret_store('nobody') == nil }"
    )
    expected = ["ExternalSecret", "SecretStore", "ClusterSecretStore", "ClusterExternalSecret", True, True]
    assert talk(code) == expected


def test_states_are_told_and_summed_up(talk):
    code = (
        "local s, t = c:external_secret_status(n, 'db'), c:secret_store_status(n, 'vault') "
        "return { s.ready, s.status, s.sync_hash, t.ready, c:is_secret_synced(n, 'lost'), "
        "c:is_store_ready(n, 'vault'), c:is_cluster_store_ready('shared'), "
        "c:wait_secret_synced(n, 'db', 5), c:all_secrets_synced(n), "
        "c:all_stores_ready(n).not_ready_names }"
    )
    counts = {"synced": 1, "failed": 1, "total": 2, "failed_names": ["lost"]}
    assert talk(code) == [True, "Live", "v42", True, False, True, True, True, counts, ["away"]]


def test_a_secret_is_fetched_again(talk, filled):
    def react(found):
        marked = "force-sync" in found["metadata"].get("annotations", {})
        return {"status": {"refreshTime": "2026-06-01T00:00:00Z"}} if marked else None

    with crds.controller(filled, KINDS["ExternalSecret"].path("default", "db"), react):
        assert talk("return c:refresh(n, 'db', 20).status.refreshTime") == "2026-06-01T00:00:00Z"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("c:external_secret_status(n, 'nobody')", "ExternalSecret default/nobody not found", id="a secret"),
        pytest.param("c:secret_store_status(n, 'nobody')", "eso: SecretStore default/nobody not found", id="a store"),
        pytest.param("c:wait_secret_synced(n, 'lost', 0.1)", "default/lost not synced after 0.1s", id="in vain"),
        pytest.param("c:secret_store(n, '..')", "must not have the path part", id="a way up"),
        pytest.param("c:external_secret(n, nil)", "eso.external_secret: ", id="no name"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)

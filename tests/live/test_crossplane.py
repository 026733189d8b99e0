"""The crossplane module on a real API server that has Crossplane's kinds and one of a provider."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live.harness import crds
from tests.live.harness.crds import conditions
from tests.live.harness.kubernetes import Cluster

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

KINDS = crds.by_kind(crds.CROSSPLANE)
BUCKETS = "'live.crossplane.test', 'v1', 'buckets'"


@pytest.fixture(scope="module")
def filled(kubernetes: Cluster) -> Cluster:
    good = {"conditions": conditions(Healthy=True, Installed=True)}
    bad = {"conditions": conditions(Healthy=False, Installed=True)}
    objects: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("Provider", "aws", {**good, "currentRevision": "aws-1"}), ("Provider", "lost", bad),
        ("ProviderRevision", "aws-1", good), ("Configuration", "base", good), ("Function", "patch", good),
        ("CompositeResourceDefinition", "apps", {"conditions": conditions(Established=True)}),
        ("CompositeResourceDefinition", "half", {"conditions": conditions(Established="Unknown")}),
        ("Composition", "app", {}), ("Bucket", "logs", {"conditions": conditions(Ready=True)}),
        ("Bucket", "later", {"conditions": conditions(Ready=False)}),
    )  # fmt: skip
    return crds.fill(kubernetes, crds.CROSSPLANE, objects)


@pytest.fixture
def talk(filled):
    return crds.talk_to("crossplane", filled)


def test_all_kinds_are_listed(talk):
    code = (
        "return { names(c:providers()), names(c:provider_revisions()), names(c:configurations()), "
        f"names(c:functions()), names(c:xrds()), names(c:compositions()), names(c:managed_resources({BUCKETS})), "
        "all(c:each('providers', { limit = 1 })) }"
    )
    assert talk(code) == ["aws lost", "aws-1", "base", "patch", "apps half", "app", "later logs", "aws lost"]


def test_one_of_each_is_read(talk):
    code = (
        "return { c:provider('aws').kind, c:provider_revision('aws-1').kind, c:configuration('base').kind, "
        "c:xfunction('patch').kind, c:xrd('apps').kind, c:composition('app').kind, "
        f"c:managed_resource({BUCKETS}, 'logs').kind, c:provider('nobody') == nil, c:xrd('nobody') == nil }}"
    )
    kinds = ["Provider", "ProviderRevision", "Configuration", "Function", "CompositeResourceDefinition", "Composition"]
    assert talk(code) == [*kinds, "Bucket", True, True]


def test_states_are_told_and_summed_up(talk):
    code = (
        "local s = c:provider_status('aws') return { s.installed, s.healthy, s.current_revision, #s.conditions, "
        "c:is_provider_healthy('lost'), c:is_provider_installed('lost'), c:is_provider_healthy('nobody'), "
        "c:is_configuration_healthy('base'), c:is_configuration_installed('base'), c:is_function_healthy('patch'), "
        "c:is_xrd_established('apps'), c:is_xrd_established('half'), c:all_providers_healthy(), "
        f"c:all_xrds_established(), c:is_managed_ready({BUCKETS}, 'logs'), c:is_managed_ready({BUCKETS}, 'later') }}"
    )
    providers = {"healthy": 1, "unhealthy": 1, "total": 2, "unhealthy_names": ["lost"]}
    xrds = {"established": 1, "not_established": 1, "total": 2}
    states = [False, True, False, True, True, True, True, False]
    assert talk(code) == [True, True, "aws-1", 2, *states, providers, xrds, True, False]


def test_a_resource_is_waited_for(talk):
    assert talk(f"return c:wait_managed_ready({BUCKETS}, 'logs', {{ timeout = 5 }}).metadata.name") == "logs"
    assert "later" in talk.fails(f"c:wait_managed_ready({BUCKETS}, 'later', {{ timeout = 0.1 }})")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("c:provider_status('nobody')", "crossplane: provider not found: nobody", id="a provider"),
        pytest.param("c:provider('..')", "must not have the path part", id="a way up"),
        pytest.param("c:composition(nil)", "crossplane.composition: ", id="no name"),
        pytest.param("c:providers({ label_selector = '(' })", "crossplane: LIST /apis/pkg.crossplane.io", id="a list"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)

"""The kargo module on a real API server that has Kargo's kinds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live.harness import crds
from tests.live.harness.crds import conditions
from tests.live.harness.kubernetes import Cluster

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

KINDS = crds.by_kind(crds.KARGO)
SPACE = "shop"


@pytest.fixture(scope="module")
def filled(kubernetes: Cluster) -> Cluster:
    crds.define(kubernetes, crds.KARGO)
    kubernetes.call("POST", "/api/v1/namespaces", {"metadata": {"name": SPACE}})
    history = [{"items": {"Warehouse/main": {"name": "f-2"}}}]
    healthy = {"conditions": conditions(Healthy=True), "freightHistory": history, "health": {"status": "Healthy"}}
    healthy["lastPromotion"] = {"status": {"phase": "Succeeded"}}
    objects: tuple[tuple[str, str, dict[str, Any], dict[str, str]], ...] = (
        ("Stage", "test", healthy, {}),
        ("Stage", "prod", {"conditions": conditions(Healthy=False), "phase": "Promoting"}, {}),
        ("Stage", "old", {"phase": "Steady", "currentFreight": {"name": "f-1"}}, {}),
        ("Freight", "f-1", {"verifiedIn": {"test": {}}}, {"kargo.akuity.io/warehouse": "main"}),
        ("Freight", "f-2", {}, {"kargo.akuity.io/warehouse": "other"}),
        ("Warehouse", "main", {"lastHandledRefresh": "x"}, {}),
        ("Promotion", "done", {"phase": "Succeeded", "freight": {"name": "f-1"}}, {"kargo.akuity.io/stage": "test"}),
        ("Promotion", "bad", {"phase": "Failed", "message": "no such image"}, {"kargo.akuity.io/stage": "prod"}),
    )
    for kind, name, status, labels in objects:
        crds.put(kubernetes, KINDS[kind], name, SPACE, spec={"x": "y"}, status=status, labels=labels)
    crds.put(kubernetes, KINDS["Project"], SPACE, spec={}, status={"phase": "Ready"})
    return kubernetes


@pytest.fixture
def talk(filled):
    return crds.talk_to("kargo", filled, SPACE)


def test_all_kinds_are_listed(talk):
    code = (
        "return { names(c:stages(n)), names(c:freight_list(n)), names(c:warehouses(n)), names(c:projects()), "
        "names(c:promotions(n, { stage = 'test' })), names(c:freight_list(n, { warehouse = 'main' })) }"
    )
    assert talk(code) == ["old prod test", "f-1 f-2", "main", "shop", "done", "f-1"]


def test_one_of_each_is_read(talk):
    code = (
        "return { c:stage(n, 'test').kind, c:freight(n, 'f-1').kind, c:promotion(n, 'done').kind, "
        "c:warehouse(n, 'main').kind, c:project('shop').kind, c:freight_status(n, 'f-1').verifiedIn.test ~= nil }"
    )
    assert talk(code) == ["Stage", "Freight", "Promotion", "Warehouse", "Project", True]


def test_stages_tell_their_state(talk):
    code = (
        "local s = c:stage_status(n, 'test') return { s.phase, s.current_freight_id, s.health.status, #s.conditions, "
        "c:stage_status(n, 'old').current_freight_id, c:is_stage_healthy(n, 'test'), c:is_stage_healthy(n, 'prod'), "
        "c:wait_stage_healthy(n, 'old', 5), c:pipeline_status(n)[2] }"
    )
    pipeline = {"name": "prod", "phase": "Promoting", "healthy": False}
    assert talk(code) == ["Steady", "f-2", "Healthy", 1, "f-1", True, False, True, pipeline]


def test_promotions_tell_their_end(talk):
    code = (
        "return { c:promotion_status(n, 'done'), c:wait_promotion(n, 'done', 5).phase, "
        "c:promotion_status(n, 'bad').message }"
    )
    assert talk(code) == [{"phase": "Succeeded", "freight_id": "f-1"}, "Succeeded", "no such image"]
    assert "kargo: promotion shop/bad Failed: no such image" in talk.fails("c:wait_promotion(n, 'bad', 5)")


def test_freight_is_promoted(talk):
    code = (
        "local made = c:promote(n, 'test', 'f-2') local read = c:promotion(n, made.metadata.name) "
        "return { made.metadata.name:match('^test%-') ~= nil, read.spec.stage, read.spec.freight }"
    )
    assert talk(code) == [True, "test", "f-2"]


def test_items_come_page_by_page(talk):
    code = (
        "local found = {} for item in c:each('stages', n, { limit = 1 }) do found[#found + 1] = item end "
        "return names(found)"
    )
    assert talk(code) == "old prod test"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("c:stage(n, 'nobody')", "v1alpha1/namespaces/shop/stages/nobody HTTP 404", id="a stage"),
        pytest.param("c:project('nobody')", "HTTP 404", id="a project"),
        pytest.param("c:freight(n, '..')", "must not have the path part", id="a way up"),
        pytest.param("c:promote(n, nil, 'f-1')", "kargo.promote: ", id="no stage"),
        pytest.param("c:wait_stage_healthy(n, 'prod', 0.1)", "shop/prod not healthy after 0.1s", id="in vain"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)

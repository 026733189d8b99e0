"""assay.kargo beyond its request table: what real servers want differently, waiting, odd arguments."""

from __future__ import annotations

import pytest

BASE = "/apis/kargo.akuity.io/v1alpha1"
SHOP = f"{BASE}/namespaces/shop"


@pytest.fixture
def kargo(run, stub):
    """Run code in which `c` is a client; sleeping takes no time."""

    def evaluate(code, **options):
        quick = "local slept = 0 sleep = function(s) slept = slept + s end "
        return run(f'{quick} local c = require("assay.kargo").client("{stub.url}", "kube-token-1") {code}', **options)

    return evaluate


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(404, "404 page not found\n", id="not found"),
        pytest.param(403, '{"kind": "Status"}', id="forbidden"),
    ],
)
def test_freight_is_found_under_the_plural_that_the_server_has(kargo, stub, status, body):
    stub.on("GET", f"{SHOP}/freight/f1", status=status, body=body)
    stub.on("GET", "/apis/kargo.akuity.io", json={"versions": [{"version": "v1alpha1"}]})
    stub.on("GET", BASE, json={"resources": [{"name": "stages"}, {"name": "freights"}]})
    stub.on("GET", f"{SHOP}/freights/f1", json={"alias": "lucky-otter"})
    stub.on("GET", f"{SHOP}/freights", json={"items": ["f1"]})
    assert kargo("return { c:freight('shop', 'f1').alias, c:freight_list('shop')[1] }") == ["lucky-otter", "f1"]
    assert len(stub.requests) == 5


def test_a_server_that_wants_steps_is_told_those_of_the_stages_template(kargo, stub):
    template = {"spec": {"steps": [{"uses": "git-clone"}], "vars": [{"name": "v", "value": "1"}]}}
    stub.on("POST", f"{SHOP}/promotions", status=422, body='{"message": "spec.steps: Required value"}', times=1)
    stub.on("POST", f"{SHOP}/promotions", status=201, json={"metadata": {"name": "prod-x"}})
    stub.on("GET", f"{SHOP}/stages/prod", json={"spec": {"promotionTemplate": template}})
    assert kargo("return c:promote('shop', 'prod', 'f1').metadata.name") == "prod-x"
    spec = {"stage": "prod", "freight": "f1", **template["spec"]}
    assert stub.requests[-1].json()["spec"] == spec


@pytest.mark.parametrize(
    "stage", [pytest.param({"spec": {}}, id="without template"), pytest.param({"spec": None}, id="no spec")]
)
def test_a_promotion_that_is_refused_for_good_is_the_servers_error(kargo, stub, stage):
    stub.on("POST", f"{SHOP}/promotions", status=422, body="spec.steps: Required value")
    stub.on("GET", f"{SHOP}/stages/prod", json=stage)
    text = kargo("return tostring(select(2, pcall(c.promote, c, 'shop', 'prod', 'f1')))")
    assert text.endswith(f"kargo: POST {SHOP}/promotions HTTP 422: spec.steps: Required value")


def test_waiting_for_a_stage_takes_what_goes_wrong_for_not_yet(kargo, stub):
    stub.on("GET", f"{SHOP}/stages/prod", status=503, body="later", times=1)
    stub.on("GET", f"{SHOP}/stages/prod", json={"status": {"phase": "Promoting"}}, times=1)
    stub.on("GET", f"{SHOP}/stages/prod", json={"status": {"phase": "Steady"}})
    assert kargo("return { c:wait_stage_healthy('shop', 'prod', 60), slept }") == [True, 10]


def test_waiting_for_a_stage_counts_its_sleeps(kargo, stub):
    stub.on("GET", f"{SHOP}/stages/prod", json={})
    text = kargo("return tostring(select(2, pcall(c.wait_stage_healthy, c, 'shop', 'prod', 12.5)))")
    assert text.startswith("assay/kargo.lua:")
    assert text.endswith("kargo: stage shop/prod not healthy after 12.5s")
    assert len(stub.requests) == 3


def test_waiting_for_a_promotion_ends_with_it(kargo, stub):
    stub.on("GET", f"{SHOP}/promotions/p", json={"status": {"phase": "Running"}}, times=2)
    stub.on("GET", f"{SHOP}/promotions/p", json={"status": {"phase": "Succeeded", "freight": {"name": "f1"}}})
    assert kargo("return { c:wait_promotion('shop', 'p').freight_id, slept }") == ["f1", 10]


@pytest.mark.parametrize("phase", ["Failed", "Errored", "Aborted"])
def test_a_promotion_that_failed_is_an_error_with_its_message(kargo, stub, phase):
    stub.on("GET", f"{SHOP}/promotions/p", json={"status": {"phase": phase, "message": "tests failed"}})
    text = kargo("return tostring(select(2, pcall(c.wait_promotion, c, 'shop', 'p')))")
    assert text.endswith(f"kargo: promotion shop/p {phase}: tests failed")


def test_a_promotion_that_does_not_end_is_waited_for_until_the_deadline(kargo, stub):
    stub.on("GET", f"{SHOP}/promotions/p", json={})
    text = kargo("return tostring(select(2, pcall(c.wait_promotion, c, 'shop', 'p', 0)))")
    assert text.endswith("kargo: promotion shop/p not done after 0s")
    assert len(stub.requests) == 1


def test_a_promotion_is_a_write(kargo, stub):
    text = kargo("return tostring(select(2, pcall(c.promote, c, 'shop', 'prod', 'f1')))", readonly=True)
    assert "readonly: http.post blocked" in text
    assert stub.requests == []


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("stages()", "kargo.stages: attempt to concatenate a nil value (local 'namespace')", id="nil"),
        pytest.param(
            "stage('shop', {})", "kargo.stage: attempt to concatenate a table value (local 'name')", id="table"
        ),
        pytest.param("freight('shop', '')", "kargo.freight: name must not be empty", id="empty"),
        pytest.param("project('..')", "kargo.project: name must not have the path part '.' or '..'", id="dots"),
        pytest.param("promote('shop', nil, 'f')", "kargo.promote: attempt to concatenate a nil value", id="stage"),
        pytest.param(
            "promote('shop', 's', {})", "attempt to concatenate a table value (local 'freight')", id="freight"
        ),
        pytest.param("promotions('shop', { stage = {} })", "a table value (local 'stage')", id="option"),
        pytest.param("wait_stage_healthy('shop', 's', 'x')", "arithmetic on a string value", id="timeout"),
        pytest.param("each('pods')", "kargo.each: there is no list 'pods', only freight_list, projects", id="list"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_sent(kargo, stub, call, text):
    assert text in kargo(f"return tostring(select(2, pcall(function() return c:{call} end)))")
    assert stub.requests == []


def test_helpers_see_the_methods_that_a_script_replaced(kargo):
    code = (
        "c.stages = function() return { { metadata = { name = 'a' }, status = { phase = 'Steady' } } } end "
        "return c:pipeline_status('shop')[1].phase"
    )
    assert kargo(code) == "Steady"

"""assay.crossplane beyond its request table: versions a server has, kinds of providers, waiting, odd arguments."""

from __future__ import annotations

import pytest

BUCKETS = '"s3.aws.example", "v1beta1", "buckets"'
LOGS = "/apis/s3.aws.example/v1beta1/buckets/logs"


def conditions(**statuses):
    found = [{"type": kind, "status": status} for kind, status in statuses.items()]
    return {"metadata": {"name": "logs"}, "status": {"conditions": found}}


@pytest.fixture
def crossplane(run, stub):
    """Run code in which `c` is a client; sleeping takes no time."""

    def evaluate(code, **options):
        quick = "local slept = 0 sleep = function(s) slept = slept + s end "
        made = f'local c = require("assay.crossplane").client("{stub.url}", "kube-token-1") '
        return run(quick + made + code, **options)

    return evaluate


def test_functions_are_found_in_the_version_that_the_server_has(crossplane, stub):
    group = "/apis/pkg.crossplane.io"
    stub.on("GET", f"{group}/v1beta1/functions/f", status=404, body="404 page not found\n")
    stub.on("GET", group, json={"versions": [{"version": "v1"}]})
    stub.on("GET", f"{group}/v1", json={"resources": [{"name": "providers"}, {"name": "functions"}]})
    stub.on("GET", f"{group}/v1/functions/f", json=conditions(Healthy="True"))
    assert crossplane("return c:is_function_healthy('f')") is True


def test_a_missing_provider_is_an_error_with_the_requests_fields(crossplane, stub):
    path = "/apis/pkg.crossplane.io/v1/providers/x"
    stub.on("GET", path, status=404, body="{}")
    found = crossplane("local _, e = pcall(c.provider_status, c, 'x') return { tostring(e), e.status, e.path }")
    assert found[0].endswith("crossplane: provider not found: x")
    assert found[1:] == [404, path]


def test_a_resource_that_is_not_there_yet_is_waited_for(crossplane, stub):
    stub.on("GET", LOGS, status=404, body="{}", times=1)
    stub.on("GET", LOGS, json=conditions(Synced="True", Ready="False"), times=1)
    stub.on("GET", LOGS, json=conditions(Synced="True", Ready="True"))
    assert crossplane(f"return {{ c:wait_managed_ready({BUCKETS}, 'logs').metadata.name, slept }}") == ["logs", 10]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        pytest.param({}, "", id="nothing said"),
        pytest.param({"type": "Ready", "status": "False", "reason": "Creating"}, ": Creating", id="reason"),
        pytest.param({"type": "Synced", "status": "False", "message": "no rights"}, ": no rights", id="not synced"),
    ],
)
def test_waiting_ends_at_its_deadline_with_what_the_conditions_say(crossplane, stub, found, reason):
    stub.on("GET", LOGS, json={"status": {"conditions": [found]}})
    text = crossplane(
        f"return tostring(select(2, pcall(c.wait_managed_ready, c, {BUCKETS}, 'logs', {{ timeout = 0 }})))"
    )
    assert text.startswith("assay/crossplane.lua:")
    assert text.endswith(f"crossplane: buckets logs not ready after 0s{reason}")


def test_an_error_ends_the_waiting(crossplane, stub):
    stub.on("GET", LOGS, status=403, body="denied")
    text = crossplane(f"return tostring(select(2, pcall(c.wait_managed_ready, c, {BUCKETS}, 'logs')))")
    assert text.endswith(f"crossplane: GET {LOGS} HTTP 403: denied")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("provider()", "crossplane.provider: attempt to concatenate a nil value (local 'name')", id="nil"),
        pytest.param("provider_status()", "crossplane.provider_status: attempt to concatenate a nil", id="status"),
        pytest.param("xrd({})", "attempt to concatenate a table value (local 'name')", id="table"),
        pytest.param("composition('')", "crossplane.composition: name must not be empty", id="empty"),
        pytest.param("configuration('..')", "name must not have the path part '.' or '..'", id="dots"),
        pytest.param("managed_resource()", "a nil value (local 'api_group')", id="no group"),
        pytest.param("managed_resources('g', 'v1')", "a nil value (local 'kind')", id="no kind"),
        pytest.param("managed_resources('g', '..', 'k')", "version must be a name, not '..'", id="group of dots"),
        pytest.param("is_managed_ready('g', 'v1', '', 'x')", "kind must be a name, not ''", id="empty kind"),
        pytest.param("wait_managed_ready('g', 'v', 'k', 'x', { timeout = {} })", "arithmetic on a table", id="timeout"),
        pytest.param("each('pods')", "crossplane.each: there is no list 'pods', only compositions", id="list"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_sent(crossplane, stub, call, text):
    assert text in crossplane(f"return tostring(select(2, pcall(function() return c:{call} end)))")
    assert stub.requests == []


def test_summaries_see_the_methods_that_a_script_replaced(crossplane):
    code = "c.providers = function() return { items = { {}, {} } } end return c:all_providers_healthy().unhealthy_names"
    assert crossplane(code) == ["unknown", "unknown"]

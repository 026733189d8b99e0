"""The certmanager module on a real API server that has cert-manager's kinds."""

from __future__ import annotations

import pytest

from tests.live.harness import crds
from tests.live.harness.crds import conditions
from tests.live.harness.kubernetes import Cluster

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

KINDS = crds.by_kind(crds.CERT_MANAGER)


@pytest.fixture(scope="module")
def filled(kubernetes: Cluster) -> Cluster:
    good, bad = {"conditions": conditions(Ready=True)}, {"conditions": conditions(Ready=False)}
    times = {
        "notBefore": "2026-01-01T00:00:00Z",
        "notAfter": "2026-04-01T00:00:00Z",
        "renewalTime": "2026-03-01T00:00:00Z",
    }
    objects = (
        ("Certificate", "web", {**good, **times, "revision": 3}), ("Certificate", "lost", bad), ("Issuer", "ca", good),
        ("Issuer", "acme", bad), ("ClusterIssuer", "letters", good), ("Order", "order-1", {"state": "valid"}),
        ("CertificateRequest", "web-1", {"conditions": conditions(Approved=True)}),
        ("CertificateRequest", "web-2", bad), ("Challenge", "challenge-1", {"state": "pending"}),
    )  # fmt: skip
    return crds.fill(kubernetes, crds.CERT_MANAGER, objects, labelled=True)


@pytest.fixture
def talk(filled):
    return crds.talk_to("certmanager", filled)


def test_all_kinds_are_listed(talk):
    code = (
        "return { names(c:certificates(n)), names(c:issuers(n)), names(c:cluster_issuers()), "
        "names(c:certificate_requests(n)), names(c:orders(n)), names(c:challenges(n)), "
        "names(c:certificates(n, { label_selector = 'team=web' })), names(c:certificates('kube-system')), "
        "all(c:each('certificates', n, { limit = 1 })) }"
    )
    expected = "lost web|acme ca|letters|web-1 web-2|order-1|challenge-1|web||lost web"
    assert talk(code) == expected.split("|")


def test_one_of_each_is_read(talk):
    code = (
        "return { c:certificate(n, 'web').kind, c:issuer(n, 'ca').kind, c:cluster_issuer('letters').kind, "
        "c:certificate_request(n, 'web-1').kind, c:order(n, 'order-1').status.state, "
        "c:challenge(n, 'challenge-1').status.state, c:certificate(n, 'nobody') == nil, c:order(n, 'nobody') == nil }"
    )
    kinds = ["Certificate", "Issuer", "ClusterIssuer", "CertificateRequest"]
    assert talk(code) == [*kinds, "valid", "pending", True, True]


def test_states_are_told_and_summed_up(talk):
    code = (
        "local s = c:certificate_status(n, 'web') return { s.ready, s.not_after, s.renewal_time, s.revision, "
        "c:is_certificate_ready(n, 'lost'), c:is_issuer_ready(n, 'ca'), c:is_cluster_issuer_ready('letters'), "
        "c:is_request_approved(n, 'web-1'), c:is_request_approved(n, 'web-2'), c:all_certificates_ready(n), "
        "c:all_issuers_ready(n).not_ready_names }"
    )
    counts = {"ready": 1, "not_ready": 1, "total": 2, "not_ready_names": ["lost"]}
    times = ["2026-04-01T00:00:00Z", "2026-03-01T00:00:00Z"]
    assert talk(code) == [True, *times, 3, False, True, True, True, False, counts, ["acme"]]


def test_a_certificate_is_waited_for(talk, filled):
    assert talk("return c:wait_certificate_ready(n, 'web', 5)") is True
    message = talk.fails("c:wait_certificate_ready(n, 'lost', 0.1)")
    assert "certmanager: timeout waiting for certificate default/lost to be ready" in message


def test_a_renewal_is_asked_for_beside_what_was_known(talk):
    code = (
        "c:renew(n, 'web') local found = {} for _, x in ipairs(c:certificate(n, 'web').status.conditions) do "
        "found[#found + 1] = x.type .. x.status end return found"
    )
    assert talk(code) == ["ReadyTrue", "IssuingTrue"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("c:renew(n, 'nobody')", "HTTP 404", id="nothing to renew"),
        pytest.param("c:certificate(n, '..')", "must not have the path part", id="a way up"),
        pytest.param("c:certificate(n, nil)", "certmanager.certificate: ", id="no name"),
        pytest.param("c:certificates(n, { label_selector = '(' })", "certmanager: LIST /apis", id="a list"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)

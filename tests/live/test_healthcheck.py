"""The healthcheck module against servers that are there, sealed away, or gone."""

from __future__ import annotations

import pytest

from tests.live.harness.reach import Talk
from tests.support.ports import free_port

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


@pytest.fixture
def talk(openbao):
    head = (
        f"local url, gone = '{openbao.url}', 'http://127.0.0.1:{free_port()}' "
        f"local health, auth = url .. '/v1/sys/health', {{ headers = {{ ['X-Vault-Token'] = '{openbao.token}' }} }}"
    )
    return Talk("healthcheck", head)


def test_a_server_that_answers_is_healthy(talk):
    code = (
        "local h, s, e = m.http(health), m.status_code(url .. '/v1/nowhere/x', 403), m.endpoint(health) "
        "return { h.ok, h.status, h.latency_ms >= 0, s.ok, s.status, e.ok, m.wait(health, { timeout = 5 }).attempts }"
    )
    assert talk(code) == [True, 200, True, True, 403, True, 1]


def test_a_body_is_looked_into(talk):
    code = (
        "local a = m.json_path(health, 'sealed', false) local b = m.json_path(health, 'sealed', true) "
        "local c = m.json_path(url .. '/v1/sys/mounts', 'data.sys/.type', 'system', auth) "
        "local d, e = m.body_contains(health, '\"initialized\":true'), m.body_contains(health, 'lost') "
        "return { a.ok, b.ok, b.actual, c.actual, d.found, e.found, e.error }"
    )
    assert talk(code) == [True, False, False, "system", True, False, "pattern not found in response body"]


def test_requests_that_send_something_are_probes_too(talk):
    code = (
        "local r = m.http(url .. '/v1/secret/data/probe', { method = 'POST', headers = auth.headers, "
        "body = json.encode({ data = { a = 1 } }) }) return { r.ok, r.status }"
    )
    assert talk(code) == [True, 200]


def test_a_server_that_is_gone_is_a_result_not_an_error(talk):
    code = (
        "local h, s, b, j, e = m.http(gone), m.status_code(gone, 200), m.body_contains(gone, 'x'), "
        "m.json_path(gone, 'a', 1), m.endpoint(gone) "
        "local ok, w = pcall(m.wait, gone, { timeout = 0.2, interval = 0.1 }) "
        "return { h.ok, s.ok, b.ok, j.ok, e.ok, h.status, ok, w:match('not healthy after') }"
    )
    assert talk(code) == [False, False, False, False, False, 0, False, "not healthy after"]


def test_many_checks_are_one_result(talk):
    code = (
        "local all = m.multi({ { name = 'up', check = function() return m.http(health) end }, "
        "{ name = 'down', check = function() return m.http(gone) end }, "
        "{ name = 'broken', check = function() error('oh') end } }) "
        "return { all.ok, all.passed, all.failed, all.total, all.results[1].name, all.results[3].ok }"
    )
    assert talk(code) == [False, 1, 2, 3, "up", False]


def test_a_client_sends_its_headers_along(talk):
    code = "local c = m.client(url .. '/v1/sys/mounts', auth) return { c:http().status, c:status_code(200).ok }"
    assert talk(code) == [200, True]

"""The traefik module against Traefik with routers, services and middlewares from a file, more than a page of them."""

from __future__ import annotations

import json
import time

import pytest

from tests.live.harness.processes import answers
from tests.live.harness.reach import Talk
from tests.live.harness.services import Service

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

MANY = 230  # routers: more than two pages of 100


def configuration() -> dict[str, object]:
    routers: dict[str, object] = {
        f"r{number:03}": {"rule": f"Path(`/r{number}`)", "service": "web", "entryPoints": ["web"]}
        for number in range(MANY)
    }
    routers["secure"] = {"rule": "Host(`a.test`)", "service": "web", "entryPoints": ["web"], "tls": {}}
    routers["broken"] = {"rule": "Host(`b.test`)", "service": "missing", "entryPoints": ["web"]}
    servers = [{"url": "http://127.0.0.1:1"}, {"url": "http://127.0.0.1:2"}]
    return {
        "http": {
            "routers": routers,
            "services": {"web": {"loadBalancer": {"servers": servers}}},
            "middlewares": {"strip": {"stripPrefix": {"prefixes": ["/api"]}}},
        },
        "tcp": {
            "routers": {"db": {"rule": "HostSNI(`*`)", "service": "db", "entryPoints": ["tcp"]}},
            "services": {"db": {"loadBalancer": {"servers": [{"address": "127.0.0.1:5432"}]}}},
        },
    }


@pytest.fixture(scope="module")
def configured(traefik: Service) -> Service:
    fresh = traefik.folder / "live.new"
    fresh.write_text(json.dumps(configuration()))
    fresh.rename(traefik.folder / "live.yml")
    deadline = time.monotonic() + 15
    while not answers(f"{traefik.url}/api/http/routers/secure@file"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return traefik


@pytest.fixture
def talk(configured):
    return Talk("traefik", f"local url = '{configured.url}'")


def test_lists_come_from_all_pages(talk):
    code = (
        "local names = {} for _, r in ipairs(m.http_routers(url)) do "
        "if r.name:match('^r%d+@file$') then names[r.name] = true end end "
        "local count = 0 for _ in pairs(names) do count = count + 1 end return count"
    )
    assert talk(code) == MANY


def test_lists_come_page_by_page(talk):
    code = (
        "local function all(each, opts) local names = {} for item in m[each](url, opts) do names[item.name] = true end "
        "return names end local routers = all('each_http_router', { search = 'Path(`/r2', page_size = 7 }) "
        "local count = 0 for _ in pairs(routers) do count = count + 1 end "
        "return { count, all('each_http_service')['web@file'], all('each_http_middleware')['strip@file'], "
        "all('each_tcp_router')['db@file'], all('each_tcp_service')['db@file'], all('each_entrypoint').tcp }"
    )
    assert talk(code) == [1 + 10 + 30, True, True, True, True, True]


def test_one_of_each_is_read_by_its_name(talk):
    code = (
        "local r, s, mw, e = m.http_router(url, 'r001@file'), m.http_service(url, 'web@file'), "
        "m.http_middleware(url, 'strip@file'), m.entrypoint(url, 'web') "
        "return { r.rule, r.service, #s.loadBalancer.servers, mw.stripPrefix.prefixes, e.name, e.address ~= nil }"
    )
    assert talk(code) == ["Path(`/r1`)", "web", 2, ["/api"], "web", True]


def test_routers_tell_whether_they_work_and_are_secure(talk):
    code = (
        "local good, bad = m.healthy_routers(url) "
        "return { m.is_router_enabled(url, 'secure@file'), m.router_has_tls(url, 'secure@file'), "
        "m.is_router_enabled(url, 'broken@file'), m.router_has_tls(url, 'r001@file'), good > 230, bad, "
        "m.service_server_count(url, 'web@file') }"
    )
    assert talk(code) == [True, True, False, False, True, 1, 2]


def test_the_whole_configuration_is_seen(talk):
    code = (
        "local function has(list, name) for _, x in ipairs(list) do if x.name == name then return true end end end "
        "local raw, o, v = m.rawdata(url), m.overview(url), m.version(url) "
        "return { raw.routers['secure@file'].rule, has(m.http_services(url), 'web@file'), "
        "has(m.http_middlewares(url), 'strip@file'), has(m.tcp_routers(url), 'db@file'), "
        "has(m.tcp_services(url), 'db@file'), has(m.entrypoints(url), 'tcp'), o.http.routers.total >= 232, "
        "v.Version:match('^%d+%.%d+') ~= nil }"
    )
    assert talk(code) == ["Host(`a.test`)", True, True, True, True, True, True, True]


def test_a_client_has_the_functions_as_methods(talk):
    assert talk("local c = m.client(url) return { c:router_has_tls('secure@file'), #c:entrypoints() }") == [True, 3]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("m.http_router(url, 'nobody@file')", "/api/http/routers/nobody@file HTTP 404", id="a router"),
        pytest.param("m.http_service(url, 'nobody@file')", "HTTP 404", id="a service"),
        pytest.param("m.http_middleware(url, 'a b?c#d/e@file')", "HTTP 404", id="a middleware with an odd name"),
        pytest.param("m.entrypoint(url, 'nobody')", "HTTP 404", id="an entry point"),
        pytest.param("m.is_router_enabled(url, 'nobody@file')", "HTTP 404", id="through a helper"),
        pytest.param("m.http_router(url, '..')", "must not have the path part", id="a way up"),
        pytest.param("m.http_router(url)", "traefik.http_router: attempt to concatenate a nil", id="no name"),
    ],
)
def test_what_is_not_there_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)

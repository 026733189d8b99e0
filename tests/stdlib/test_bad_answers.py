"""Servers in trouble, for each function that has a golden row with an error: whatever goes wrong, the error tells which
service, which request and which status it was, and never shows a secret."""

from __future__ import annotations

import json
import re
import socket
from typing import Any

import pytest

from tests.stdlib.test_contract import CONTRACTS, SOURCES, answer, expected_requests, script

pytestmark = pytest.mark.usefixtures("environment")

# What tests hand to clients, in the rows of all modules: none of it may be in the text of an error.
SECRETS = [
    "argo-token-1", "pw-of-u", "kube-token-1", "gh-token", "glsa_abcdef", "harbor-key-1", "oc-token", "key-of-temporal",
    "*:*.unleash-token", "s.token-of-root", "token-of-zitadel",
]  # fmt: skip
ECHO = " ".join(SECRETS)
CALLS = [(name, row) for name, data in CONTRACTS.items() for row in data["rows"] if "error" in row]
ROWS = [pytest.param(name, row, id=f"{name}-{row['id']}") for name, row in CALLS]
# One function of each module for what the transport does, which is the same for all of a module's functions.
FIRST = list({name: pytest.param(name, row, id=name) for name, row in reversed(CALLS)}.values())
# No function of these sends a request of its own whose status is an error.
WITHOUT_REQUESTS = {"email_triage", "healthcheck", "openbao", "ory", "postgres"}
FIELDS = "{ ok, tostring(e), e.service, e.method, e.path, e.status or false }"


@pytest.fixture
def caught(run, stub, tmp_path):
    """Call a row's function and give what it raised: text, service, method, path, status (False: none)."""

    def call(name: str, row: dict[str, Any], url: str = "") -> Any:
        code = script(name, row, url or stub.url, tmp_path).replace('"key-1"', '"key-of-temporal"')
        ok, *found = run(f"local ok, e = pcall(function() {code} end) return {FIELDS}")
        assert ok is False
        return found

    return call


def test_each_module_that_sends_requests_is_among_them():
    assert {name for name, _ in CALLS} == set(SOURCES) - WITHOUT_REQUESTS


BUSY = [pytest.param(*row.values, 503, id=f"{row.id}-503") for row in ROWS]
BUSY += [pytest.param(*row.values, 429, id=f"{row.id}-429") for row in FIRST]


@pytest.mark.parametrize(("name", "row", "status"), BUSY)
def test_a_server_that_has_no_time_is_told_with_its_status_and_without_secrets(caught, stub, name, row, status):
    request = expected_requests(row)[0]
    answer(stub, request, {"status": status, "body": f"later, {ECHO}", "headers": {"Retry-After": "7"}})
    text, *fields = caught(name, row)
    assert fields == [row.get("service", name), request["method"], request["path"], status]
    client = row.get("client") or CONTRACTS[name].get("client") or ""
    given = [secret for secret in SECRETS if f'"{secret}"' in client.replace('"key-1"', '"key-of-temporal"')]
    assert [secret for secret in given if secret in text] == []


@pytest.mark.parametrize(("name", "row"), FIRST)
def test_a_redirect_loop_ends_and_tells_the_request(caught, stub, name, row):
    request = expected_requests(row)[0]
    location = {"Location": f"{request['path']}{'?' + request['query'] if request.get('query') else ''}"}
    answer(stub, request, {"status": 307, "headers": location})
    text, *fields = caught(name, row)
    assert fields[:3] == [row.get("service", name), request["method"], request["path"]]
    assert len(stub.requests) <= 12
    assert re.search("redirect|HTTP 307", text)


@pytest.mark.parametrize(("name", "row"), FIRST)
def test_a_redirect_to_another_scheme_is_not_followed(caught, stub, name, row):
    request = expected_requests(row)[0]
    answer(stub, request, {"status": 307, "headers": {"Location": "file:///etc/passwd"}})
    text, *fields = caught(name, row)
    assert fields[:3] == [row.get("service", name), request["method"], request["path"]]
    assert "root:" not in text
    assert len(stub.requests) == 1


@pytest.mark.parametrize(("name", "row"), FIRST)
def test_a_server_that_is_down_is_told_with_the_request(caught, name, row):
    request = expected_requests(row)[0]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        text, *fields = caught(name, row, f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert "Connection refused" in text
    assert fields == [row.get("service", name), request["method"], request["path"], False]


def hang_up(request, handler) -> None:
    """Promise more than is sent."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + json.dumps({"half": ECHO}).encode()[:40])
    handler.close_connection = True


@pytest.mark.parametrize(("name", "row"), FIRST)
def test_an_answer_that_breaks_off_is_told_with_the_request(caught, stub, name, row):
    request = expected_requests(row)[0]
    query = f"?{request['query']}" if request.get("query") else ""
    stub.on(request["method"], request["path"] + query, reply=hang_up)
    _, *fields = caught(name, row)
    assert fields[:3] == [row.get("service", name), request["method"], request["path"]]

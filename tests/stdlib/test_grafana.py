"""assay.grafana: lists of more than one page."""

from __future__ import annotations


def test_a_server_without_pages_is_asked_once_more_and_listed_once(run, stub):
    stub.on("GET", "/api/folders", json=[{"uid": f"f{number}"} for number in range(1200)])
    code = f'return #require("assay.grafana").client("{stub.url}"):folders()'
    assert run(code) == 1200
    assert [request.target for request in stub.requests] == ["/api/folders", "/api/folders?page=2"]


def test_a_limit_is_the_callers_own(run, stub):
    stub.on("GET", "/api/search", json=[{"uid": f"f{number}"} for number in range(1000)])
    code = f'return #require("assay.grafana").client("{stub.url}"):search({{ limit = 1000 }})'
    assert run(code) == 1000
    assert [request.target for request in stub.requests] == ["/api/search?limit=1000"]

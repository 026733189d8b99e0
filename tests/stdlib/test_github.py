"""assay.github beyond its request table: documents that only read, pages, names that stay in their path."""

from __future__ import annotations

import pytest


@pytest.fixture
def github(run, stub):
    def evaluate(code, **options):
        opts = '{ token = "token-for-github" }'
        return run(f'local c = require("assay.github").client("{stub.url}", {opts}) {code}', **options)

    return evaluate


@pytest.mark.parametrize(
    ("document", "allowed"),
    [
        pytest.param("{ viewer { login } }", True, id="shorthand"),
        pytest.param("query Q { viewer { login } }", True, id="query"),
        pytest.param("mutation { addStar(input: {}) { clientMutationId } }", False, id="mutation"),
        pytest.param("query Q { a } mutation M { b }", False, id="both"),
    ],
)
def test_a_document_without_mutations_counts_as_reading(github, stub, document, allowed):
    stub.on("POST", "/graphql", json={"data": {}})
    assert github(f"return (pcall(c.graphql, c, '{document}'))", readonly=True) is allowed
    assert len(stub.requests) == allowed


@pytest.mark.parametrize(
    "call", ["c:pr_view('o/r', '../issues/1')", "c:run_get('o/r', 'a?b#c')", "c:repo_get('o/r x')"]
)
def test_arguments_are_encoded(github, stub, call):
    github(f"return {call}")
    assert stub.requests[-1].query == ""
    assert stub.requests[-1].path in (
        "/repos/o/r/pulls/..%2Fissues%2F1",
        "/repos/o/r/actions/runs/a%3Fb%23c",
        "/repos/o/r%20x",
    )


@pytest.mark.parametrize(
    "call", ["c:repo_get('../x')", "c:repo_get('o/..')", "c:pr_view('o/r', '..')", "c:pr_view('o/r')"]
)
def test_no_argument_leaves_its_path(github, stub, call):
    assert github(f"return (pcall(function() return {call} end))") is False
    assert stub.requests == []


def test_a_server_that_always_names_another_page_is_followed_only_as_far_as_asked(github, stub):
    stub.on("GET", "/repos/o/r/issues", json=[{"n": 1}], headers=[("Link", '<http://x/?page=2>; rel="next"')])
    assert github("local n = 0 for _ in c:each_issue('o/r') do n = n + 1 end return n") == 2  # the mark came twice
    assert github("for issue in c:each_issue('o/r') do return issue.n end") == 1
    assert len(stub.requests) == 3


def test_a_page_is_never_fetched_from_another_server(github, stub):
    link = '<http://127.0.0.1:1/repos/evil/x/issues?page=2&owner=evil>; rel="next"'
    stub.on("GET", "/repos/o/r/issues", json=[{"n": 1}], headers=[("Link", link)], times=1)
    stub.on("GET", "/repos/o/r/issues", json=[])
    assert github("local n = 0 for _ in c:each_issue('o/r') do n = n + 1 end return n") == 1
    assert [request.target for request in stub.requests] == ["/repos/o/r/issues", "/repos/o/r/issues?page=2"]


def test_the_token_is_not_in_an_error(github, stub):
    stub.on("GET", "/repos/o/r", status=500, body="bad token-for-github")
    caught = github("local _, e = pcall(c.repo_get, c, 'o/r') return { tostring(e), e.status }")
    assert "token-for-github" not in caught[0]
    assert caught[1] == 500

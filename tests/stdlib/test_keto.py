"""assay.keto beyond its request table: nothing widens what is deleted, pages, odd arguments."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

TUPLE = "namespace = 'N', object = 'o', relation = 'r'"


@pytest.fixture
def keto(run, stub):
    def evaluate(code, **options):
        opts = f'{{ write_url = "{stub.url}", token = "token-for-keto" }}'
        return run(f'local c = require("assay.keto").client("{stub.url}", {opts}) {code}', **options)

    return evaluate


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("c:delete({ object = 'o', relation = 'r' })", "keto.delete: attempt to concatenate a nil value"),
        pytest.param("c:delete({ namespace = 'N', object = '', relation = 'r' })", "keto.delete: object must not be"),
        pytest.param("c:delete_all()", "keto.delete_all: filters must be a table, not nil", id="all"),
        pytest.param("c:delete_all({ subjectid = 'u' })", "keto.delete_all: there is no filter 'subjectid'", id="no"),
        pytest.param("c:delete_all({ 'N' })", "keto.delete_all: there is no filter '1'", id="list"),
        pytest.param("c:delete_all({ object = true })", "keto.delete_all: attempt to concatenate a boolean", id="flag"),
        pytest.param("c:delete({ " + TUPLE + ", subject_id = {} })", "(local 'subject_id')", id="subject"),
        pytest.param("c:list({ object = {} })", "keto.list: attempt to concatenate a table value (local 'object')"),
        pytest.param("c:check('N', {}, 'r', 'u')", "keto.check: attempt to concatenate a table value", id="check"),
        pytest.param("c:get_user_roles()", "keto.get_user_roles: attempt to concatenate a nil value", id="roles"),
        pytest.param("require('assay.keto').client()", "attempt to index a nil value", id="client"),
        pytest.param(
            "require('assay.keto').client({ write_url = 'http://x' })", "attempt to index a nil", id="no read"
        ),
    ],
)
def test_odd_arguments_are_refused_by_name_before_anything_is_sent(keto, stub, call, text):
    assert text in keto(f"return tostring(select(2, pcall(function() return {call} end)))")
    assert stub.requests == []


@pytest.mark.parametrize("object_", ["a#b", "a&object=x", "a?b", "a%23b", "é\\n", "a+b"])
def test_a_value_is_one_value_whatever_is_in_it(keto, stub, object_):
    stub.on("DELETE", "/admin/relation-tuples", status=204)
    keto(f"c:delete_all({{ object = '{object_}', namespace = 'N' }})")
    assert parse_qs(stub.requests[0].query) == {"namespace": ["N"], "object": [object_.replace("\\n", "\n")]}


def test_a_tuple_of_a_set_is_deleted_with_its_subject(keto, stub):
    stub.on("DELETE", "/admin/relation-tuples", status=204)
    keto(f"c:delete({{ {TUPLE}, subject_set = {{ namespace = 'G', object = 'g', relation = 'm' }} }})")
    assert "subject_set.object=g" in stub.requests[0].query


@pytest.mark.parametrize("call", ["c:create({})", f"c:delete({{ {TUPLE} }})", "c:delete_all({})"])
def test_writing_is_refused_where_only_reading_is_allowed(keto, stub, call):
    caught = keto(f"return tostring(select(2, pcall(function() {call} end)))", readonly=True)
    assert "readonly: http." in caught
    assert stub.requests == []


def test_roles_are_asked_for_once_where_all_fit_on_a_page(keto, stub):
    stub.on("GET", "/relation-tuples", json={"relation_tuples": [{"object": "a"}], "next_page_token": ""})
    assert keto("return c:user_has_any_role('ada', { 'a' })") is True
    assert len(stub.requests) == 1


def test_the_token_goes_along_and_is_in_no_error(keto, stub):
    stub.on("GET", "/relation-tuples", status=500, body="token-for-keto")
    caught = keto("return tostring(select(2, pcall(c.list, c)))")
    assert stub.requests[0].header("authorization") == "Bearer token-for-keto"
    assert "token-for-keto" not in caught

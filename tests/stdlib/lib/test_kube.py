"""lib/kube.lua: what the modules for Kubernetes share: clients, resources, served versions, conditions, counting."""

from __future__ import annotations

import pytest

KUBE = """
local kube = require("assay.lib.kube")
local api = kube.service("thing", { list_verb = "LIST" })
local M = { client = kube.constructor({}) }
"""
WEB = {"metadata": {"name": "web"}}


@pytest.fixture
def ask(run, stub):
    """Run code in which `things` is a resource of the group g and `c` a client with a token."""

    def evaluate(code, **options):
        made = f'local url = "{stub.url}/" local c = M.client(url, "t0ken-of-mine") '
        return run(f'{KUBE} {made} local things = api.resource("/apis/g/v1", "things") {code}', **options)

    return evaluate


def test_a_list_has_the_selectors_in_order_and_the_token(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/things", json={"items": [WEB]})
    names = ask(
        "local list = things:list('all', c, 'n', { label_selector = { tier = 'x', app = 'web' }, "
        "field_selector = 'a!=b', limit = 5 }) return list.items[1].metadata.name"
    )
    assert names == "web"
    assert stub.requests[0].query == "labelSelector=app%3Dweb%2Ctier%3Dx&fieldSelector=a%21%3Db&limit=5"
    assert stub.requests[0].header("authorization") == "Bearer t0ken-of-mine"


def test_all_namespaces_and_the_cluster_have_no_namespace_in_their_path(ask, stub):
    stub.on("GET", "/apis/g/v1/things", json={"items": []})
    stub.on("GET", "/apis/g/v1/wide/one", json=WEB)
    ask("things:list('all', c, '*')")
    code = (
        "return api.resource('/apis/g/v1', 'wide', { cluster_scoped = true }):get('one', c, nil, 'one').metadata.name"
    )
    assert ask(code) == "web"


def test_a_list_that_the_server_cuts_is_followed_to_its_end_unless_a_limit_was_asked_for(ask, stub):
    path = "/apis/g/v1/namespaces/n/things"
    stub.on("GET", f"{path}?continue=m%2F2", json={"items": [3], "metadata": {}})
    stub.on("GET", f"{path}?limit=2", json={"items": [1, 2], "metadata": {"continue": "m/2"}})
    stub.on("GET", path, json={"items": [1, 2], "metadata": {"continue": "m/2"}})
    assert ask("return things:list('all', c, 'n').items") == [1, 2, 3]
    assert ask(
        "local list = things:list('all', c, 'n', { limit = 2 }) return { #list.items, list.metadata.continue }"
    ) == [
        2,
        "m/2",
    ]


def test_a_list_that_leads_to_itself_ends(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/things", json={"items": [1], "metadata": {"continue": "m"}})
    assert ask("return things:list('all', c, 'n').items") == [1, 1]
    assert ask("local n = 0 for _ in things:each('all', c, 'n') do n = n + 1 end return n") == 2


def test_an_iterator_asks_for_a_page_when_its_first_item_is_wanted(ask, stub):
    path = "/apis/g/v1/namespaces/n/things"
    stub.on("GET", f"{path}?limit=500&continue=m2", json={"items": [3], "metadata": {"continue": ""}})
    stub.on("GET", f"{path}?limit=500", json={"items": [1, 2], "metadata": {"continue": "m2"}})
    code = "local seen = {} for x in things:each('all', c, 'n') do seen[#seen + 1] = x STOP end return seen"
    assert ask(code.replace("STOP", "")) == [1, 2, 3]
    stub.requests.clear()
    assert ask(code.replace("STOP", "if #seen == 2 then break end")) == [1, 2]
    assert len(stub.requests) == 1


def test_get_raises_where_find_gives_nil(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/things/none", status=404, json={"kind": "Status"})
    assert ask("return things:find('one', c, 'n', 'none') == nil") is True
    text = ask("return tostring(select(2, pcall(things.get, things, 'one', c, 'n', 'none')))")
    assert 'thing: GET /apis/g/v1/namespaces/n/things/none HTTP 404: {"kind": "Status"}' in text


def test_what_must_be_there_is_an_error_of_its_own_words_with_the_requests_fields(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/things/none", status=404, json={"kind": "Status"})
    stub.on("GET", "/apis/g/v1/namespaces/n/things/web", json=WEB)
    code = (
        "local text = 'thing: Thing ' .. kube.place({ namespace = 'n' }, nil, 'none') .. ' not found' "
        "local _, e = pcall(things.demand, things, 'one', c, 'n', 'none', text) "
        "return { tostring(e), e.status, e.path, things:demand('one', c, 'n', 'web', text).metadata.name }"
    )
    text, *rest = ask(code)
    assert text.endswith("thing: Thing n/none not found")
    assert rest == [404, "/apis/g/v1/namespaces/n/things/none", "web"]


def test_errors_of_lists_have_their_own_word(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/things", status=500, body="no")
    assert "thing: LIST /apis/g/v1/namespaces/n/things HTTP 500: no" in ask(
        "return tostring(select(2, pcall(things.list, things, 'all', c, 'n')))"
    )


def test_a_version_that_is_not_served_is_looked_up_once(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/things", status=404, body="404 page not found\n")
    group = {"versions": [{"version": "v3"}, {"version": "v2"}], "preferredVersion": {"version": "v3"}}
    stub.on("GET", "/apis/g", json=group)
    stub.on("GET", "/apis/g/v3", json={"resources": [{"name": "others"}]})
    stub.on("GET", "/apis/g/v2", json={"resources": [{"name": "things"}, {"name": "things/status"}]})
    stub.on("GET", "/apis/g/v2/namespaces/n/things", json={"items": [7]})
    assert ask("things:list('all', c, 'n') return things:list('all', c, 'n').items") == [7]
    assert [request.path.removeprefix("/apis/g") for request in stub.requests] == [
        "/v1/namespaces/n/things",
        "",
        "/v3",
        "/v2",
        "/v2/namespaces/n/things",
        "/v2/namespaces/n/things",
    ]


def test_another_plural_is_taken_where_the_server_has_that(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/freight", status=404, body="404 page not found\n")
    stub.on("GET", "/apis/g", json={"versions": [{"version": "v1"}]})
    stub.on("GET", "/apis/g/v1", json={"resources": [{"name": "freights"}]})
    stub.on("GET", "/apis/g/v1/namespaces/n/freights", json={"items": [7]})
    code = "local freight = api.resource('/apis/g/v1', 'freight', { names = { 'freights' } }) "
    assert ask(code + "return freight:list('all', c, 'n').items") == [7]


def test_a_path_that_no_version_has_is_the_servers_404(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/things", status=404, body="404 page not found\n")
    stub.on("GET", "/apis/g", status=404, body="404 page not found\n")
    text = ask("return tostring(select(2, pcall(things.list, things, 'all', c, 'n')))")
    assert "thing: LIST /apis/g/v1/namespaces/n/things HTTP 404: 404 page not found" in text


@pytest.mark.parametrize(
    ("opts", "kind", "path"),
    [
        pytest.param("nil", "application/merge-patch+json", "", id="merge unless told"),
        pytest.param("{ type = 'json' }", "application/json-patch+json", "", id="json"),
        pytest.param("{ type = 'strategic' }", "application/strategic-merge-patch+json", "", id="strategic"),
        pytest.param("{ type = 'text/x' }", "text/x", "", id="any other"),
        pytest.param("{ subresource = 'status' }", "application/merge-patch+json", "/status", id="subresource"),
    ],
)
def test_a_patch_says_what_kind_it_is(ask, stub, opts, kind, path):
    stub.on("PATCH", f"/apis/g/v1/namespaces/n/things/web{path}", json=WEB)
    ask(f"things:patch('change', c, 'n', 'web', {{ spec = {{ suspend = true }} }}, {opts})")
    assert stub.requests[0].header("content-type") == kind
    assert stub.requests[0].json() == {"spec": {"suspend": True}}


def test_objects_are_made_and_deleted(ask, stub):
    stub.on("POST", "/apis/g/v1/namespaces/n/things", status=201, json=WEB)
    stub.on("DELETE", "/apis/g/v1/namespaces/n/things/web", status=202, json={})
    assert ask("return things:create('make', c, 'n', { kind = 'Thing' }).metadata.name") == "web"
    ask("things:delete('drop', c, 'n', 'web', { propagation = 'Foreground', grace_period = 0 })")
    assert stub.requests[-1].query == "propagationPolicy=Foreground&gracePeriodSeconds=0"


def test_a_missing_token_is_an_error_in_the_old_form_and_none_in_the_new_one(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/things", json={"items": []})
    text = ask("return tostring(select(2, pcall(things.list, things, 'all', M.client(url), 'n')))")
    assert "attempt to concatenate a nil value (field 'token')" in text
    ask("things:list('all', M.client(url, {}), 'n')")
    assert stub.requests[0].header("authorization") is None


def test_a_missing_namespace_names_function_and_argument(ask):
    text = ask("return tostring(select(2, pcall(things.list, things, 'all', c)))")
    assert "thing.all: attempt to concatenate a nil value (local 'namespace')" in text


def test_names_cannot_leave_their_path(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/things/a%2Fb%3Fc", json=WEB)
    ask("things:get('one', c, 'n', 'a/b?c')")
    assert "must not have the path part" in ask(
        "return tostring(select(2, pcall(things.get, things, 'one', c, '..', 'x')))"
    )


def test_conditions_are_read_by_type(run):
    object_ = (
        "{ status = { conditions = { { type = 'A', status = 'False', reason = 'first' }, "
        "{ type = 'B', status = 'True' }, { type = 'A', status = 'True', reason = 'last' } } } }"
    )
    code = (
        f"local o = {object_} return {{ kube.condition(o, 'A').reason, kube.last_condition(o, 'A').reason, "
        "kube.is_true(o, 'A'), kube.is_true(o, 'B'), kube.is_true(o, 'C'), kube.is_true(nil, 'B'), "
        "kube.is_true({ status = {} }, 'B'), #kube.conditions(o) }"
    )
    assert run(KUBE + code) == ["first", "last", False, True, False, False, False, 3]


def test_a_tally_counts_and_names_what_is_not_good(run):
    items = "{ { ok = true }, { metadata = { name = 'x' } }, { metadata = {} }, {} }"
    code = f"return kube.tally({items}, function(item) return item.ok end"
    assert run(f"{KUBE} {code})") == {"ready": 1, "not_ready": 3, "total": 4, "not_ready_names": ["x"]}
    assert run(f"{KUBE} {code}, 'synced', 'failed', 'unknown')") == {
        "synced": 1,
        "failed": 3,
        "total": 4,
        "failed_names": ["x", "unknown", "unknown"],
    }
    assert run(f"{KUBE} return kube.tally(nil).total") == 0


@pytest.mark.parametrize(
    ("timeout", "checks"),
    [
        pytest.param("0", 0, id="no time"),
        pytest.param("0.02", 2, id="whole intervals"),
        pytest.param("0.025", 3, id="rounded up"),
    ],
)
def test_polling_counts_its_sleeps(run, timeout, checks):
    code = f"local n = 0 local ok = kube.poll({timeout}, 0.01, function() n = n + 1 end) return {{ ok, n }}"
    assert run(KUBE + code) == [False, checks]


def test_polling_counts_the_time_of_slow_checks(run):
    code = "local n = 0 local ok = kube.poll(0.1, 0, function() n = n + 1 sleep(0.03) end) return { ok, n }"
    ok, checks = run(KUBE + code)
    assert ok is False
    assert 1 <= checks <= 4


def test_polling_ends_at_the_first_yes_and_may_ignore_errors(run):
    code = (
        "local n = 0 local ok = kube.poll(1, 0.01, function() n = n + 1 if n < 3 then error('no') end return true end, "
        "{ quiet = true }) return { ok, n }"
    )
    assert run(KUBE + code) == [True, 3]
    assert run(KUBE + "return pcall(kube.poll, 1, 0.01, function() error('no') end)") is False


def test_a_plural_that_is_forbidden_is_looked_up_where_another_may_be_meant(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/freight", status=403, json={"kind": "Status"})
    stub.on("GET", "/apis/g", json={"versions": [{"version": "v1"}]})
    stub.on("GET", "/apis/g/v1", json={"resources": [{"name": "freights"}]})
    stub.on("GET", "/apis/g/v1/namespaces/n/freights", json={"items": [7]})
    code = "local freight = api.resource('/apis/g/v1', 'freight', { names = { 'freights' } }) "
    assert ask(code + "return freight:list('all', c, 'n').items") == [7]
    stub.requests.clear()
    stub.on("GET", "/apis/g/v1/namespaces/n/things", status=403, json={"kind": "Status"})
    assert "HTTP 403" in ask("return tostring(select(2, pcall(things.list, things, 'all', c, 'n')))")
    assert len(stub.requests) == 1


def test_a_namespace_that_is_not_given_is_the_clients_own(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/mine/things", json={"items": [7]})
    code = "return things:list('all', M.client(url, { namespace = 'mine' })).items"
    assert ask(code) == [7]
    text = ask("return tostring(select(2, pcall(things.list, things, 'all', c)))")
    assert "thing.all: attempt to concatenate a nil value (local 'namespace')" in text


def test_a_list_that_is_not_there_is_empty_where_the_service_says_so(ask, stub):
    path = "/apis/g/v1/namespaces/n/things"
    made = "local api = kube.service('kind', { empty_when_missing = true }) "
    made += "local things = api.resource('/apis/g/v1', 'things') "
    stub.on("GET", path, status=404, body="404 page not found\n")
    assert ask(made + "return #things:list('all', c, 'n').items") == 0
    assert ask(made + "for x in things:each('all', c, 'n') do return x end") is None
    assert "HTTP 404" in ask(made + "return tostring(select(2, pcall(things.get, things, 'one', c, 'n', 'x')))")


def test_a_module_iterates_over_each_of_its_lists_by_name(ask, stub):
    stub.on("GET", "/apis/g/v1/namespaces/n/things?limit=2", json={"items": [1, 2], "metadata": {"continue": "m"}})
    stub.on("GET", "/apis/g/v1/namespaces/n/things?limit=2&continue=m", json={"items": [3]})
    code = "local each, all = kube.each_of('thing', { things = things }), {} "
    code += "for x in each(c, 'things', 'n', { limit = 2 }) do all[#all + 1] = x end return all"
    assert ask(code) == [1, 2, 3]
    text = ask("return tostring(select(2, pcall(kube.each_of('thing', { things = things }), c, 'others')))")
    assert "thing.each: there is no list 'others', only things" in text

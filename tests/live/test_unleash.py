"""The unleash module against Unleash on PostgreSQL: what it changes is seen by the client API as well."""

from __future__ import annotations

import pytest

from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

HAS = (
    "local function has(list, key, value) for _, item in ipairs(list) do "
    "if item[key] == value then return item end end end "
)


@pytest.fixture
def talk(unleash):
    head = (
        f"local url, client_token = '{unleash.url}', '{unleash.more['client']}' "
        f"local c = m.client(url, {{ token = '{unleash.token}' }}) {HAS}"
        "local function seen(name) local r = http.get(url .. '/api/client/features/' .. name, "
        "{ headers = { Authorization = client_token } }) return r.status == 200 and json.parse(r.body) or r.status end "
    )
    return Talk("unleash", head)


def test_a_flag_that_is_switched_on_is_on_for_clients(talk):
    code = (
        "c:create_feature('default', { name = 'checkout', type = 'release', description = 'new' }) "
        "c:add_strategy('default', 'checkout', 'development', { name = 'flexibleRollout', "
        "parameters = { rollout = '50', stickiness = 'default', groupId = 'checkout' } }) "
        "c:toggle_on('default', 'checkout', 'development') local on = seen('checkout') "
        "local strategies = c:strategies('default', 'checkout', 'development') "
        "c:toggle_off('default', 'checkout', 'development') local off = seen('checkout') "
        "return { on.enabled, on.strategies[1].parameters.rollout, #strategies, strategies[1].name, off.enabled }"
    )
    assert talk(code) == [True, "50", 1, "flexibleRollout", False]


def test_a_flag_is_made_changed_listed_and_archived(talk):
    code = (
        "local made = c:create_feature('default', { name = 'search', type = 'release' }) "
        "local changed = c:update_feature('default', 'search', { type = 'experiment', description = 'try' }) "
        "local listed = has(c:features('default'), 'name', 'search') "
        "local read = c:feature('default', 'search') "
        "local archived = c:archive_feature('default', 'search') "
        "return { made.name, changed.description, listed.type, read.description, archived == nil, "
        "has(c:features('default'), 'name', 'search') == nil }"
    )
    assert talk(code) == ["search", "try", "experiment", "try", True, True]


def test_flags_come_page_by_page(talk):
    code = (
        "for i = 1, 5 do c:create_feature('default', { name = 'paged' .. i, type = 'release' }) end local names = {} "
        "for f in c:each_feature({ project = 'default', query = 'paged', page_size = 2 }) do "
        "names[#names + 1] = f.name end table.sort(names) return names"
    )
    assert talk(code) == [f"paged{number}" for number in range(1, 6)]


def test_what_is_not_there_is_nil_or_an_empty_list(talk):
    code = (
        "return { c:feature('default', 'nobody') == nil, c:project('nobody') == nil, "
        "#c:strategies('default', 'nobody', 'development') }"
    )
    assert talk(code) == [True, True, 0]


def test_tokens_are_made_listed_and_deleted(talk):
    code = (
        "local t = c:create_token({ tokenName = 'live', type = 'client', environment = 'development', "
        "projects = { 'default' } }) "
        "local listed = has(c:tokens(), 'tokenName', 'live') "
        "local r = http.get(url .. '/api/client/features', { headers = { Authorization = t.secret } }) "
        "c:delete_token(t.secret) return { listed.type, r.status, has(c:tokens(), 'tokenName', 'live') == nil }"
    )
    assert talk(code) == ["client", 200, True]


def test_a_token_is_ensured_once(talk):
    code = (
        "local o = { tokenName = 'once', type = 'client', environment = 'development', projects = { 'default' } } "
        "local a, b = m.ensure_token(c, o), m.ensure_token(c, o) return { a.secret == b.secret, a.tokenName }"
    )
    assert talk(code) == [True, "once"]


def test_the_default_project_and_the_environments_are_there(talk):
    code = (
        "return { has(c:projects(), 'id', 'default').name, c:project('default').name, "
        "has(c:environments(), 'name', 'development').enabled, m.ensure_project(c, 'default').name, c:health().health, "
        "m.wait(url, { timeout = 5 }) }"
    )
    assert talk(code) == ["Default", "Default", True, "Default", "GOOD", True]


def test_an_environment_is_taken_from_a_project_and_given_back(talk):
    code = (
        "local function names() local found = {} for _, e in ipairs(c:project('default').environments) do "
        "found[#found + 1] = type(e) == 'table' and e.environment or e end table.sort(found) return found end "
        "local before = names() c:disable_environment('default', 'production') local without = names() "
        "c:enable_environment('default', 'production') local after = names() "
        "return { before, without, after, m.ensure_environment(c, 'default', 'production') }"
    )
    assert talk(code) == [["development", "production"], ["development"], ["development", "production"], True]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("c:create_feature('default', { name = 'a b' })", "HTTP 400", id="a name with a blank"),
        pytest.param("c:create_feature('default', {})", "HTTP 400", id="no name"),
        pytest.param("c:toggle_on('default', 'nobody', 'development')", "HTTP 404", id="an unknown flag"),
        pytest.param("c:archive_feature('default', 'nobody')", "HTTP 404", id="an unknown flag, archived"),
        pytest.param("c:create_project({ id = 'x', name = 'X' })", "HTTP 404", id="what the free edition lacks"),
        pytest.param("c:create_token({ tokenName = 'x' })", "HTTP 400", id="a token without a type"),
        pytest.param("m.ensure_environment(c, 'default', 'nowhere')", "unleash.ensure_environment: ", id="nowhere"),
        pytest.param("c:feature('default', nil)", "unleash.feature: attempt to concatenate a nil value", id="no flag"),
        pytest.param("c:feature('default', '..')", "must not have the path part '.' or '..'", id="a way up"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)


def test_a_wrong_token_is_refused_and_not_told(talk):
    message = talk.fails("m.client(url, { token = '*:*.the-wrong-one' }):projects()")
    assert "unleash: GET /api/admin/projects HTTP 401" in message
    assert "the-wrong-one" not in message

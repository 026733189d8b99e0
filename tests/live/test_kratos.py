"""The kratos module against Kratos on PostgreSQL: registrations, logins, identities and sessions."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

WORD = "correct horse battery staple 7"


@pytest.fixture
def talk(kratos):
    mail = f"u-{uuid4().hex[:12]}@live.test"
    head = (
        f"local public, admin = '{kratos.url}', '{kratos.more['admin']}' local mail, word = '{mail}', '{WORD}' "
        "local c = m.client({ public_url = public .. '/', admin_url = admin }) "
        "local function person(name) return { schema_id = 'person', traits = { email = name or mail }, "
        "credentials = { password = { config = { password = word } } } } end "
        "local function login() local flow = c:create_login_flow({ api = true }) "
        "return c:submit_login_flow(flow.id, { method = 'password', identifier = mail, password = word }) end "
    )
    return Talk("kratos", head)


def test_an_identity_is_made_read_found_changed_and_deleted(talk):
    code = (
        "local made = c:create_identity(person()) local read = c:get_identity(made.id) "
        "local found = c:list_identities({ credentials_identifier = mail }) "
        "local changed = c:update_identity(made.id, { schema_id = 'person', state = 'active', "
        "traits = { email = mail, name = 'Änna' } }) c:delete_identity(made.id) "
        "return { read.traits.email == mail, #found, changed.traits.name, c:get_identity(made.id) == nil }"
    )
    assert talk(code) == [True, 1, "Änna", True]


def test_identities_come_page_by_page(talk):
    code = (
        "local made = {} for i = 1, 5 do made[i] = c:create_identity(person(i .. mail)).id end local seen = {} "
        "for x in c:each_identity({ page_size = 2 }) do seen[x.id] = true end local count = 0 "
        "for _, id in ipairs(made) do if seen[id] then count = count + 1 end c:delete_identity(id) end "
        "return { count, #c:list_identities({ per_page = 1 }) <= 1 }"
    )
    assert talk(code) == [5, True]


def test_a_login_gives_a_session_that_ends(talk):
    code = (
        "local id = c:create_identity(person()).id local done = login() "
        "local me = c:whoami({ session_token = done.session_token }) local sessions = c:list_sessions(id) "
        "local each = 0 for s in c:each_session(id, { page_size = 1 }) do each = each + 1 end c:delete_sessions(id) "
        "local after = c:whoami({ session_token = done.session_token }) c:delete_identity(id) "
        "return { #done.session_token > 10, me.identity.traits.email == mail, #sessions, each, after == nil, "
        "c:whoami() == nil }"
    )
    assert talk(code) == [True, True, 1, 1, True, True]


def test_somebody_registers(talk):
    code = (
        "local flow = c:create_registration_flow({ api = true }) "
        "local again = c:get_registration_flow(flow.id) "
        "local done = c:submit_registration_flow(flow.id, { method = 'password', password = word, "
        "traits = { email = mail } }) local id = done.identity.id local logged = login().session.identity.id == id "
        "c:delete_identity(id) return { again.id == flow.id, logged }"
    )
    assert talk(code) == [True, True]


def test_a_login_that_was_begun_is_found_again(talk):
    code = (
        "local flow = c:create_login_flow({ api = true, refresh = true }) local again = c:get_login_flow(flow.id) "
        "return { again.id == flow.id, again.type }"
    )
    assert talk(code) == [True, "api"]


def test_schemas_are_listed_and_read(talk):
    code = (
        "local ids = {} for x in c:each_schema({ page_size = 1 }) do ids[#ids + 1] = x.id end "
        "return { c:list_schemas()[1].id, c:get_schema('person').title, ids }"
    )
    assert talk(code) == ["person", "Person", ["person"]]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            "c:create_identity({ schema_id = 'person', traits = { email = 'no mail' } })", "HTTP 400", id="mail"
        ),
        pytest.param("c:create_identity(person()) c:create_identity(person())", "HTTP 409", id="one who is there"),
        pytest.param("c:get_schema('nothing')", "kratos: GET /schemas/nothing HTTP 404", id="a schema"),
        pytest.param("c:get_login_flow('00000000-0000-4000-8000-000000000000')", "HTTP 404", id="a flow"),
        pytest.param("c:delete_identity('00000000-0000-4000-8000-000000000000')", "HTTP 404", id="nobody"),
        pytest.param(
            "m.client({ public_url = public }):list_identities()", "kratos: admin_url not configured", id="url"
        ),
        pytest.param("c:get_identity('..')", "must not have the path part", id="a way up"),
        pytest.param("c:get_identity(nil)", "kratos.get_identity: ", id="no id"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)


def test_a_wrong_password_is_refused_and_not_told(talk):
    code = "c:create_identity(person()) word = 'some other secret' login()"
    message = talk.fails(code)
    assert "kratos: submit login HTTP 400" in message
    assert "some other secret" not in message

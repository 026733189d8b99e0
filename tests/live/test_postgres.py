"""The postgres module against PostgreSQL: statements, users, databases, grants, and credentials from OpenBao."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.live.harness.databases import PASSWORD
from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


@pytest.fixture
def talk(postgres):
    port = urlsplit(postgres.url).port
    head = (
        f"local port, password = {port}, '{PASSWORD}' "
        "local function connect(user, word, database) return m.client({ host = '127.0.0.1', port = port, "
        "username = user, password = word, database = database }) end "
        "local c = connect('postgres', password) "
    )
    return Talk("postgres", head)


def test_rows_are_written_and_read(talk):
    code = (
        "c:execute('CREATE TABLE IF NOT EXISTS carts (id int, name text, paid bool, total numeric)') "
        "local done = c:execute('INSERT INTO carts VALUES ($1, $2, $3, $4), (2, NULL, false, 0.5)', "
        "{ 1, [[O'Hara; DROP TABLE carts]], true, 9.25 }) "
        "local rows = c:query('SELECT id, name, paid, total::text AS total FROM carts ORDER BY id') "
        "c:execute('DROP TABLE carts') c:close() return { done.rows_affected, rows }"
    )
    first = {"id": 1, "name": "O'Hara; DROP TABLE carts", "paid": True, "total": "9.25"}
    assert talk(code) == [2, [first, {"id": 2, "paid": False, "total": "0.5"}]]


def test_rows_come_one_by_one(talk):
    code = (
        "local sum = 0 for row in c:each('SELECT n FROM generate_series(1, $1::int) AS n', { 20000 }) do "
        "sum = sum + row.n end c:close() return sum"
    )
    assert talk(code) == 200010000


def test_a_transaction_is_kept_or_undone(talk):
    code = (
        "c:execute('CREATE TABLE IF NOT EXISTS tries (n int)') "
        "c:transaction(function(tx) db.execute(tx, 'INSERT INTO tries VALUES (1)') end) "
        "local ok = pcall(c.transaction, c, function(tx) "
        "db.execute(tx, 'INSERT INTO tries VALUES (2)') error('no') end) "
        "local rows = c:query('SELECT n FROM tries') c:execute('DROP TABLE tries') c:close() return { ok, rows }"
    )
    assert talk(code) == [False, [{"n": 1}]]


def test_a_user_with_any_password_is_made_once_and_logs_in(talk):
    code = (
        "local word = [[p'a\"s\\s w/o:r@d#?%41]] "
        "local made, again = c:ensure_user('an \"odd\" one', word), c:ensure_user('an \"odd\" one', 'other') "
        "local own = connect('an \"odd\" one', word, 'postgres') "
        "local who = own:query('SELECT current_user AS u')[1].u "
        "own:close() c:set_password('an \"odd\" one', 'new one') "
        "local own2 = connect('an \"odd\" one', 'new one', 'postgres') local who2 = own2:query('SELECT 1 AS n')[1].n "
        'own2:close() local there = c:user_exists(\'an "odd" one\') c:execute([[DROP ROLE "an ""odd"" one"]]) '
        "local gone = c:user_exists('an \"odd\" one') c:close() return { made, again, who, who2, there, gone }"
    )
    assert talk(code) == [True, False, 'an "odd" one', 1, True, False]


def test_a_database_is_made_once_and_granted(talk):
    code = (
        "c:ensure_user('owner', 'x') c:ensure_user('guest', 'y', { createdb = true }) "
        "local made, again = c:ensure_database('my-shop', 'owner'), c:ensure_database('my-shop') "
        "c:grant('my-shop', 'guest', 'CREATE') "
        "local can = c:query([[SELECT has_database_privilege('guest', 'my-shop', 'CREATE') AS can, "
        "rolcreatedb AS makes FROM pg_roles WHERE rolname = 'guest']])[1] local there = c:database_exists('my-shop') "
        "c:execute('DROP DATABASE \"my-shop\"') c:execute('DROP ROLE owner') c:execute('DROP ROLE guest') "
        "local gone = c:database_exists('my-shop') c:close() return { made, again, can.can, can.makes, there, gone }"
    )
    assert talk(code) == [True, False, True, True, True, False]


def test_of_several_who_make_one_user_and_database_at_once_one_does(talk):
    code = (
        "local function once() local own = connect('postgres', password) "
        "local user, database = own:ensure_user('racer', 'x'), own:ensure_database('race') own:close() "
        "return { user, database } end "
        "local made, users, databases = async.all({ once, once, once, once }), 0, 0 "
        "for _, one in ipairs(made) do users = users + (one[1] and 1 or 0) databases = databases + (one[2] and 1 or 0) "
        "end c:execute('DROP DATABASE race') c:execute('DROP ROLE racer') c:close() return { users, databases }"
    )
    assert talk(code) == [1, 1]


def test_a_backslash_ends_no_password_whatever_the_server_takes_it_for(talk):
    code = (
        "local word = [[x\\', 'y\\]] local function made_by(own) own:ensure_user('slash', word) "
        "local log_in = connect('slash', word, 'postgres') log_in:close() c:execute('DROP ROLE slash') end "
        "made_by(c) c:execute('ALTER ROLE postgres SET standard_conforming_strings = off') "
        "local own = connect('postgres', password) local ok, e = pcall(made_by, own) own:close() "
        "c:execute('ALTER ROLE postgres RESET standard_conforming_strings') c:close() return ok or tostring(e)"
    )
    assert talk(code) is True


def test_names_and_text_are_quoted_as_the_server_reads_them(talk):
    code = (
        "local text = [[it's \"here\" \\ ]] local row = c:query('SELECT ' .. m._quote_literal(text) .. ' AS ' .. "
        'm._quote_ident([[a "b"]]))[1] c:close() return row[\'a "b"\'] == text'
    )
    assert talk(code) is True


def test_an_address_is_a_client_too(talk, postgres):
    code = f"local own = m.client('{postgres.url}') local n = own:query('SELECT 7 AS n')[1].n own:close() return n"
    assert talk(code) == 7


def test_credentials_come_from_a_vault(talk, openbao):
    code = (
        f"local vault = require('assay.vault') local v = vault.client('{openbao.url}', '{openbao.token}') "
        "if not v:engine_list()['secrets/'] then v:engine_enable('secrets', 'kv', { options = { version = '2' } }) end "
        "v:kv_put('secrets', 'db/shop', { username = 'postgres', password = password }) "
        "local own = m.client_from_vault(v, 'db/shop', '127.0.0.1', port) local n = own:query('SELECT 3 AS n')[1].n "
        "own:close() v:kv_put('secrets', 'db/half', { username = 'postgres' }) "
        "local ok, e = pcall(m.client_from_vault, v, 'db/half', '127.0.0.1', port) return { n, ok, tostring(e) }"
    )
    number, ok, message = talk(code)
    assert (number, ok) == (3, False)
    assert "postgres.client_from_vault: missing password in secrets/db/half" in message


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("c:query('SELEC 1')", 'db.query: error returned from database: syntax error at or near "SELEC"',
                     id="a statement that is none"),
        pytest.param("c:query('SELECT 1; SELECT 2', { 1 })", "db.query: ", id="two statements"),
        pytest.param("c:grant('postgres', 'nobody-there')", 'role "nobody-there" does not exist', id="nobody"),
        pytest.param("c:user_exists(nil)", "postgres.user_exists: ", id="no name"),
        pytest.param("connect('postgres', 'wrong-word')", "password authentication failed", id="a wrong password"),
        pytest.param("m.client('mysql://x')", "postgres.client: the address must begin with postgres://", id="another"),
    ],
)  # fmt: skip
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    message = talk.fails(call)
    assert expected in message
    assert "wrong-word" not in message

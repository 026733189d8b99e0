"""assay.postgres without a server: odd arguments, what read-only mode allows, passwords that nobody sees."""

from __future__ import annotations

import pytest

# Statements go to a database in memory, which knows enough of them.
MEMORY = (
    "local connect = db.connect db.connect = function() local conn = connect('sqlite::memory:') "
    "return conn end local pg = require('assay.postgres') local c = pg.client('h', 1, 'u', 'secret-of-u') "
)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("pg.client()", "postgres.client: attempt to concatenate a nil value (local 'host')", id="host"),
        pytest.param("pg.client('h', 1)", "postgres.client: attempt to concatenate a nil value (local 'username')"),
        pytest.param("pg.client('h', 1, 'u')", "(local 'password')", id="password"),
        pytest.param("pg.client({ host = 'h', username = 'u' })", "(local 'password')", id="table"),
        pytest.param("pg.client('http://h')", "postgres.client: the address must begin with postgres://", id="scheme"),
        pytest.param("pg.client('h', nil, 'u', 'p')", "db.connect: error with configuration: invalid port", id="port"),
        pytest.param("pg._quote_literal({})", "attempt to", id="literal"),
    ],
)
def test_odd_arguments_of_the_module_are_refused(run, call, text):
    caught = run(f"local pg = require('assay.postgres') return tostring(select(2, pcall(function() {call} end)))")
    assert text in caught


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("c:user_exists()", "postgres.user_exists: attempt to concatenate a nil value (local 'username')"),
        pytest.param("c:database_exists({})", "postgres.database_exists: attempt to concatenate a table value"),
        pytest.param("c:grant('d')", "postgres.grant: attempt to concatenate a nil value (local 'username')"),
        pytest.param("c:grant('d', 'u', {})", "(local 'privileges')"),
        pytest.param("c:set_password('u')", "postgres.set_password: attempt to concatenate a nil value"),
        pytest.param("c:query()", "db.query"),
    ],
)
def test_odd_arguments_of_methods_are_refused_by_name(run, call, text):
    assert text in run(f"{MEMORY} return tostring(select(2, pcall(function() {call} end)))")


def test_rows_statements_transactions_and_the_end(run):
    code = (
        "c:execute('CREATE TABLE t (a)') "
        "local changed = c:execute('INSERT INTO t VALUES (?), (?)', { 1, 2 }).rows_affected "
        "pcall(c.transaction, c, function(tx) tx:execute('DELETE FROM t') error('no') end) "
        "local seen = {} for row in c:each('SELECT a FROM t ORDER BY a') do seen[#seen + 1] = row.a end "
        "local again = pg.client('h', 1, 'u', 'p') local own = not pcall(again.query, again, 'SELECT a FROM t') "
        "c:close() c:close() return { changed, seen, own, (pcall(c.query, c, 'SELECT 1')) }"
    )
    assert run(MEMORY + code) == [2, [1, 2], True, False]


def test_what_changes_something_is_refused_where_only_reading_is_allowed(run):
    code = "return { #c:query('SELECT 1 AS a'), tostring(select(2, pcall(c.grant, c, 'd', 'u'))) }"
    rows, caught = run(MEMORY + code, readonly=True)
    assert rows == 1
    assert "readonly: " in caught


def test_any_text_is_one_literal(run):
    every = "local b = {} for i = 1, 255 do b[i] = string.char(i) end local every = table.concat(b) "
    code = 'local q = pg._quote_literal(every) return { #q, q:sub(2, -2):gsub("\'\'", "\'") == every }'
    assert run(f"{every} {MEMORY} {code}") == [258, True]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("pg.client('127.0.0.1', 1, 'u', 'pass/word@of?mine')", id="refused connection"),
        pytest.param("pg.client('127.0.0.1', 'pass/word@of?mine', 'u', 'pass/word@of?mine')", id="wrong place"),
        pytest.param("pg.client({ host = '127.0.0.1', port = 1, username = 'u', password = 'pass/word@of?mine' })"),
    ],
)
def test_a_password_is_in_no_error(run, call):
    shown = run(
        "local pg, connect = require('assay.postgres'), db.connect "
        "db.connect = function(url) return connect(url, { timeout = 0.1 }) end "
        f"return tostring(select(2, pcall(function() {call} end)))"
    )
    assert "db.connect: " in shown
    assert "pass/word" not in shown
    assert "pass%2Fword" not in shown


def test_a_secret_that_vault_does_not_have_is_named(run, stub):
    code = (
        f"local vault = require('assay.vault').client('{stub.url}', 't') "
        "return tostring(select(2, pcall(require('assay.postgres').client_from_vault, vault, 'db/postgres', 'h')))"
    )
    assert "value is nil - postgres.client_from_vault: no secret at secrets/db/postgres" in run(code)
    assert stub.requests[0].path == "/v1/secrets/data/db/postgres"

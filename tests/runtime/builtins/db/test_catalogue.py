"""What SQLite says about its tables."""

from __future__ import annotations

import pytest

SCHEMA = """
  db.execute(c, [[
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'nobody', active BOOLEAN, age INT DEFAULT 18);
    CREATE TABLE "odd.name"(a, b, PRIMARY KEY (b, a)) WITHOUT ROWID;
    CREATE VIEW adults AS SELECT name FROM users WHERE age >= 18;
    CREATE TEMP TABLE scratch(x);
  ]])
"""


def test_tables_and_views_are_listed(sqlite) -> None:
    assert sqlite(f"{SCHEMA} return db.tables(c)") == [
        {"schema": "main", "name": "adults", "kind": "view"},
        {"schema": "main", "name": "odd.name", "kind": "table"},
        {"schema": "main", "name": "users", "kind": "table"},
        {"schema": "temp", "name": "scratch", "kind": "table"},
    ]


def test_an_empty_database_has_none(sqlite) -> None:
    assert sqlite("return #db.tables(c)") == 0


@pytest.mark.parametrize("name", ["users", "main.users", "USERS"])
def test_columns_are_described_in_order(sqlite, name: str) -> None:
    assert sqlite(f"{SCHEMA} return db.describe(c, '{name}')") == [
        {"name": "id", "type": "INTEGER", "nullable": True, "primary_key": 1},
        {"name": "name", "type": "TEXT", "nullable": False, "default": "'nobody'"},
        {"name": "active", "type": "BOOLEAN", "nullable": True},
        {"name": "age", "type": "INT", "nullable": True, "default": "18"},
    ]


def test_keys_of_several_columns_and_names_with_dots(sqlite) -> None:
    assert sqlite(f"{SCHEMA} return db.describe(c, 'odd.name')") == [
        {"name": "a", "type": "", "nullable": False, "primary_key": 2},
        {"name": "b", "type": "", "nullable": False, "primary_key": 1},
    ]


def test_an_unknown_table_is_an_error_with_a_near_name(refused) -> None:
    assert refused(f"{SCHEMA} db.describe(c, 'user')") == 'db.describe: there is no table "user"; did you mean users?'
    assert refused("db.describe(c, 'x')") == 'db.describe: there is no table "x"'
    assert refused("db.describe(c)").startswith("bad argument #2: error converting Lua nil to String")


def test_names_never_become_sql(refused) -> None:
    assert "there is no table" in refused(f'{SCHEMA} db.describe(c, "users\') ; DROP TABLE users; --")')


def test_an_unknown_schema_is_no_different(refused) -> None:
    assert refused(f"{SCHEMA} db.describe(c, 'nowhere.users')").startswith(
        'db.describe: there is no table "nowhere.users"'
    )
    assert refused(f"{SCHEMA} db.describe(c, 'temp.users')").startswith('db.describe: there is no table "temp.users"')

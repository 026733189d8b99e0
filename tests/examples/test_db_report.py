"""The database report, run as a user would."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Command

REPORT = Path(__file__).parents[2] / "examples" / "db_report.lua"
SHOP = """
  local c = db.connect("sqlite:shop.db?mode=rwc")
  db.execute(c, [[
    CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE items("order" INT, place INT, title TEXT, PRIMARY KEY ("order", place));
    CREATE VIEW names AS SELECT name FROM customers;
  ]])
  db.batch(c, "INSERT INTO customers(name) VALUES (?)", { { "Ada" }, { 'Bob "B", jr.' }, {} })
  db.execute(c, "INSERT INTO items VALUES (1, 1, 'tea')")
"""


@pytest.fixture
def shop(cli: Command) -> Command:
    done = cli("exec", "-e", SHOP)
    assert done.returncode == 0, done.stderr
    return cli


def test_tables_rows_and_keys_are_reported(shop: Command) -> None:
    done = shop(REPORT, "sqlite:shop.db")
    assert (done.returncode, done.stdout.decode().splitlines()) == (
        0,
        [
            "table  main.customers                  3 rows   2 columns  id",
            "table  main.items                      1 rows   3 columns  order, place",
            "view   main.names                      3 rows   1 columns  ",
            "7 rows in all",
        ],
    ), done.stderr


def test_a_table_without_a_key_is_a_failure(shop: Command) -> None:
    shop("exec", "-e", "db.execute(db.connect('sqlite:shop.db'), 'CREATE TABLE logs(line TEXT)')")
    done = shop(REPORT, env={"DATABASE_URL": "sqlite:shop.db"})
    assert (done.returncode, done.stdout.decode().splitlines()[-1]) == (1, "without a primary key: logs")


def test_a_query_is_printed_as_csv(shop: Command) -> None:
    done = shop(REPORT, "sqlite:shop.db", "SELECT id, coalesce(name, '') AS name FROM customers")
    assert done.stdout.decode() == 'id,name\n1,Ada\n2,"Bob ""B"", jr."\n3,\n'


def test_a_query_that_writes_is_refused_read_only(shop: Command) -> None:
    done = shop("run", "--readonly", REPORT, "sqlite:shop.db", "DELETE FROM customers")
    assert done.returncode == 1
    assert b"readonly: db.stream blocked (sqlite:shop.db: DELETE FROM customers)" in done.stderr
    assert shop(REPORT, "sqlite:shop.db").stdout.decode().splitlines()[-1] == "7 rows in all"


def test_without_a_url_it_says_how_it_is_used(cli: Command) -> None:
    done = cli(REPORT)
    assert (done.returncode, done.stderr.decode().splitlines()[-1]) == (2, "usage: assay db_report.lua URL [QUERY]")

"""Rich types: dates and JSON as tables, in both directions."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.db.moments import Moment, parse


@pytest.fixture
def rich(run):
    """Evaluate code with `c`, a connection with rich types."""
    return lambda code: run("local c = db.connect('sqlite:', {types = 'rich'}) " + code)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        pytest.param("2024-02-29", {"year": 2024, "month": 2, "day": 29, "unix": 1709164800}, id="date"),
        pytest.param(
            "1970-01-01 00:00:00",
            {"year": 1970, "month": 1, "day": 1, "hour": 0, "min": 0, "sec": 0, "usec": 0, "unix": 0},
            id="timestamp",
        ),
        pytest.param(
            "2024-01-02T03:04:05.25Z",
            {"year": 2024, "month": 1, "day": 2, "hour": 3, "min": 4, "sec": 5, "usec": 250000, "offset": 0,
             "unix": 1704164645.25},
            id="with a fraction and Z",
        ),
        pytest.param(
            "2024-01-02 03:04:05-05:30",
            {"year": 2024, "month": 1, "day": 2, "hour": 3, "min": 4, "sec": 5, "usec": 0, "offset": -19800,
             "unix": 1704184445},
            id="with an offset",
        ),
        pytest.param(
            "2024-01-02 03:04+01",
            {"year": 2024, "month": 1, "day": 2, "hour": 3, "min": 4, "sec": 0, "usec": 0, "offset": 3600,
             "unix": 1704161040},
            id="without seconds",
        ),
    ],
)  # fmt: skip
def test_a_date_is_taken_apart(text: str, fields: dict[str, float]) -> None:
    found = parse(text.encode())
    assert isinstance(found, Moment)
    assert found.fields == fields


@pytest.mark.parametrize("text", ["infinity", "0000-00-00", "2024-01-02 BC", "0044-03-15 BC", "yesterday", "", "12:30"])
def test_what_is_no_date_stays_text(text: str) -> None:
    assert parse(text.encode()) == text.encode()
    assert parse(5) == 5


@given(st.datetimes(timezones=st.just(datetime.UTC)))
def test_seconds_since_1970_are_right_for_any_date(moment: datetime.datetime) -> None:
    found = parse(moment.strftime("%Y-%m-%d %H:%M:%S.%f+00").rjust(29, "0"))
    assert isinstance(found, Moment)
    assert abs(found.fields["unix"] - moment.timestamp()) < 1e-4


def test_dates_compare_print_and_go_back_as_they_came(rich) -> None:
    code = """
      db.execute(c, "CREATE TABLE t(d DATE, at TIMESTAMP, z DATETIME)")
      db.execute(c, "INSERT INTO t VALUES ('2024-01-02', '2024-01-02 03:04:05.5', '2024-01-02 03:04:05-05:30')")
      local row = db.query(c, "SELECT * FROM t")[1]
      db.execute(c, "INSERT INTO t VALUES (:d, :at, :z)", row)
      local texts = db.query(c, "SELECT d || '' AS d, at || '' AS at, z || '' AS z FROM t WHERE rowid = 2")
      row.d.day = row.d.day + 1
      return {
        tostring(row.d), "at " .. row.at, row.z .. "", row.at.usec, row.d < row.at, row.z.offset, texts[1],
        row.at == db.query(c, "SELECT at FROM t")[1].at, require("os").date("!%H", row.at.unix // 1 | 0),
      }
    """
    assert rich(code) == [
        "2024-01-03", "at 2024-01-02 03:04:05.500000", "2024-01-02 03:04:05-05:30", 500000, True, -19800,
        {"d": "2024-01-02", "at": "2024-01-02 03:04:05.500000", "z": "2024-01-02 03:04:05-05:30"}, True, "03",
    ]  # fmt: skip


def test_json_columns_are_tables_and_tables_are_json(rich) -> None:
    code = """
      db.execute(c, "CREATE TABLE t(doc JSON, raw TEXT)")
      local doc = {list = {1, 2, {x = "ä"}}, on = true}
      db.execute(c, "INSERT INTO t VALUES (?, ?)", {doc, doc})
      db.execute(c, "INSERT INTO t VALUES ('not json', NULL), ('[]', NULL), ('\\"text\\"', NULL), ('null', NULL)")
      return db.query(c, "SELECT * FROM t")
    """
    document = {"list": [1, 2, {"x": "ä"}], "on": True}
    raw = '{"list":[1,2,{"x":"ä"}],"on":true}'
    assert rich(code) == [{"doc": document, "raw": raw}, {"doc": "not json"}, {"doc": []}, {"doc": "text"}, []]


def test_a_number_in_a_date_column_is_a_number(rich) -> None:
    assert rich(
        "c:execute('CREATE TABLE t(at TIMESTAMP); INSERT INTO t VALUES (5)') return c:query('SELECT * FROM t')"
    ) == [{"at": 5}]


def test_a_table_without_json_form_is_refused(rich) -> None:
    with pytest.raises(Exception, match="unsupported Lua type for JSON: function"):
        rich("db.query(c, 'SELECT ?', {{print}})")

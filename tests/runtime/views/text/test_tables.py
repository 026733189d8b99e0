from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from assay_shell.runtime.views.model import Column, Table
from assay_shell.runtime.views.text import render
from assay_shell.runtime.views.text.tables import fitted

CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40))


def table(rows, *titles, total=None, title=""):
    columns = tuple(title if isinstance(title, Column) else Column(title) for title in titles)
    return Table(columns, rows, len(rows) if total is None else total, title)


def test_columns_are_as_wide_as_their_widest_cell_and_numbers_stand_at_the_right():
    shown = render(table([("cart", 2), ("web", 10)], "NAME", Column("RESTARTS", "number"), title="Pods"))
    assert shown == "Pods\nNAME  RESTARTS\ncart         2\nweb         10"


def test_wide_characters_take_two_columns():
    assert render(table([("界", 1), ("ab", 2)], "a", Column("b", "number"))) == "a   b\n界  1\nab  2"


def test_a_table_without_rows_shows_its_titles():
    assert render(table([], "NAME", "AGE")) == "NAME  AGE"


def test_a_row_is_one_line_whatever_is_in_it():
    assert render(table([("a\nb\tc\x1b[2J\u202e\x00",)], "x")).split("\n") == ["x", "a\\nb\\tc\\x1b[2J\\u{202e}\\x00"]


@pytest.mark.parametrize(
    ("kind", "cell", "shown"),
    [
        pytest.param("age", 45, "45s", id="seconds"),
        pytest.param("age", 545, "9m5s", id="minutes and seconds"),
        pytest.param("age", 47 * 3600, "47h", id="hours"),
        pytest.param("age", 3 * 86400 + 4 * 3600, "3d4h", id="days and hours"),
        pytest.param("age", 400 * 86400, "400d", id="days"),
        pytest.param("age", 3 * 365 * 86400 + 86400, "3y1d", id="years"),
        pytest.param("bytes", 512, "512 B", id="bytes"),
        pytest.param("bytes", 1_400_000, "1.4 MB", id="megabytes"),
        pytest.param("percent", 12.5, "12.5%", id="percent"),
        pytest.param("time", 0, "1970-01-01 00:00:00", id="time"),
        pytest.param("time", 1e300, "1e+300", id="no moment"),
        pytest.param("number", 1.0, "1.0", id="float"),
        pytest.param("age", float("nan"), "nan", id="no number"),
        pytest.param("text", True, "true", id="boolean"),
    ],
)
def test_numbers_are_written_with_their_units(kind, cell, shown):
    assert render(table([(cell,)], Column("x", kind))).split("\n")[1].strip() == shown


def test_long_cells_are_cut_to_the_width_and_what_does_not_fit_is_named():
    shown = render(table([("x" * 100, "y" * 100, "z")], "first", "second", "third"), 21)
    assert shown.split("\n") == ["first      second", "xxxxxxxx…  yyyyyyyy…", "… without third"]


def test_columns_that_do_not_fit_are_left_out_and_named():
    shown = render(table([("x" * 20,) * 5], "a", "b", "c", "d", "e"), 30)
    assert shown.split("\n")[-1] == "… without d, e"


def test_a_limit_says_what_is_left_out():
    assert render(table([(n,) for n in range(5)], "n"), limit=2).split("\n")[-1] == "… 2 of 5 rows"


def test_rows_beyond_those_at_hand_are_counted():
    assert render(table([(1,)], "n", total=1_000_000)).split("\n")[-1] == "… 1 of 1,000,000 rows"


def test_states_have_colours_only_where_there_are_colours():
    pods = table([("Running",), ("Failed",)], "STATUS")
    assert "\x1b" not in render(pods)
    assert "\x1b[32mRunning\x1b[0m" in render(pods, colour=True)
    assert "\x1b[31mFailed \x1b[0m" in render(pods, colour=True)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "koi8-r", "no-such-encoding"])
def test_every_line_can_be_written_in_a_poorer_encoding(encoding):
    shown = render(table([("Grüße 界 ••••••••", "x" * 90)], "näme", "x"), 80, encoding=encoding)
    assert shown.encode(encoding if encoding != "no-such-encoding" else "ascii")
    assert "********" in shown


@given(
    titles=st.lists(st.text(max_size=12), min_size=1, max_size=6),
    rows=st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=8),
    width=st.integers(10, 120),
)
def test_each_row_is_a_line_that_fits(titles, rows, width):
    shown = [tuple(row[: len(titles)]) for row in rows]
    lines = render(table(shown, *titles), width).split("\n")
    assert len(lines) - lines[-1].startswith("… without") == 1 + len(rows)
    for line in lines:
        assert 0 <= wcswidth(line) <= width, repr(line)
        line.encode()


@given(widths=st.lists(st.integers(0, 300), min_size=1, max_size=20), room=st.integers(4, 200))
def test_widths_fit_or_one_column_is_left(widths, room):
    found = fitted(widths, room)
    assert 1 <= len(found) <= len(widths)
    assert sum(found) + 2 * (len(found) - 1) <= max(room, found[0] if len(found) == 1 else 0)
    assert all(new <= old for new, old in zip(found, widths, strict=False))

"""lib/series.lua: moments, windows and series."""

from __future__ import annotations

import pytest

SERIES = 'local series = require("assay.lib.series") '


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("1h30m", 5400),
        ("-1d", -86400),
        ("1.5h", 5400),
        ("2w", 1209600),
        ("1y", 31536000),
        ("", None),
        ("5", None),
        ("h", None),
        ("1h30", None),
        ("1 h", None),
        ("--1h", None),
    ],
)
def test_a_duration_is_read(run, text, seconds):
    assert run(f"{SERIES} return series.duration('{text}')") == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("1000.5", 1000.5, id="number"),
        pytest.param("'now'", 5000, id="now"),
        pytest.param("'-1h'", 1400, id="before now"),
        pytest.param("'1h'", 8600, id="after now"),
        pytest.param("'1700000000'", 1700000000, id="number as text"),
        pytest.param("'1970-01-01T00:00:00Z'", 0, id="first second"),
        pytest.param("'2024-02-29T12:00:00Z'", 1709208000, id="leap day"),
        pytest.param("'2000-03-01T00:00:00Z'", 951868800, id="after the leap day of a century"),
        pytest.param("'2026-01-31T09:00:00.25+05:30'", 1769830200.25, id="offset and fraction"),
        pytest.param("'2026-01-31t09:00:00-0100'", 1769853600, id="offset without colon"),
    ],
)
def test_a_moment_is_read(run, value, seconds):
    assert run(f"{SERIES} return series.moment('f', 'start', {value}, 5000)") == seconds


@pytest.mark.parametrize("value", ["'soon'", "{}", "true", "'2026-01-31'", "'2026-01-31T09:00:00+1'"])
def test_what_is_no_moment_is_named(fails, value):
    assert "f: start is neither a number, a duration like" in fails(f"{SERIES} series.moment('f', 'start', {value}, 0)")


def test_a_window_is_the_last_hour_unless_told_otherwise(run):
    code = "time = function() return 7200 end return { series.window('f', {}) }"
    assert run(SERIES + code) == [3600, 7200, 15]


def test_a_short_window_has_steps_of_a_second(run):
    assert run(f"{SERIES} return {{ series.window('f', {{ start = 10, end_time = 20 }}) }}") == [10, 20, 1]


def test_labels_are_sorted_and_escaped(run):
    metric = r"""{ __name__ = "up", z = "1", a = 'q"\\\n' }"""
    code = f"return series.of_matrix({{ {{ metric = {metric} }}, {{ metric = {{ __name__ = 'up' }} }}, {{}} }})"
    first, second, third = run(SERIES + code)
    assert first["label"] == r"""up{a="q\"\\\n", z="1"}"""
    assert (second["label"], third["label"]) == ("up", "{}")

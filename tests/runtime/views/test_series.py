from __future__ import annotations

import pytest

from assay_shell.runtime.redact import MASK
from assay_shell.runtime.views.model import Chart, Series, Table, Text

MATRIX = """{
  { metric = { __name__ = "up", job = "cart" }, values = { { 1, "12" }, { 2, "NaN" }, { 3, "37.5" } } },
  { metric = {}, values = { { 1, 80 } } },
}"""


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(f"return {MATRIX}", id="result"),
        pytest.param(f"return {{ resultType = 'matrix', result = {MATRIX} }}", id="data"),
        pytest.param(f"return {{ data = {{ resultType = 'matrix', result = {MATRIX} }} }}", id="whole answer"),
    ],
)
def test_a_range_result_is_a_chart(view, code):
    found = view(code)
    assert isinstance(found, Chart)
    assert found.series == (
        Series('up{job="cart"}', ((1.0, 12.0), (3.0, 37.5)), {"__name__": "up", "job": "cart"}),
        Series("", ((1.0, 80.0),)),
    )


def test_labels_that_are_secrets_are_masked(view):
    found = view("return { { metric = { token = 'hunter22x' }, values = { { 1, '2' } } } }")
    assert MASK in found.series[0].label
    assert "hunter22x" not in repr(found)


def test_an_instant_result_is_a_table_with_a_column_for_each_label(view):
    found = view("return { { metric = { job = 'a' }, value = { 1, '0.5' } }, { metric = { zone = 'b' }, value = 2 } }")
    assert isinstance(found, Table)
    assert [column.title for column in found.columns] == ["job", "zone", "value"]
    assert list(found.rows) == [("a", None, 0.5), (None, "b", 2)]


def test_streams_of_loki_are_a_log_in_the_order_of_time(view):
    found = view("""return {
      { stream = { app = "b" }, values = { { "1700000002000000000", "late" } } },
      { stream = { app = "a" }, values = { { "1700000001500000000", "password=hunter22" } } } }""")
    assert found == Text(
        f'2023-11-14T22:13:21.500Z {{app="a"}} password={MASK}\n2023-11-14T22:13:22.000Z {{app="b"}} late', "log"
    )


@pytest.mark.parametrize(
    ("code", "kind", "points"),
    [
        pytest.param("{ 3, 1, 2 }", "line", [(1, 3), (2, 1), (3, 2)], id="numbers"),
        pytest.param("{ { 10, 3 }, { 20, 1 } }", "line", [(10, 3), (20, 1)], id="points"),
        pytest.param("{ { label = 'a', points = { 5, 6 } } }", "line", [(1, 5), (2, 6)], id="a labelled series"),
        pytest.param("{ a = { { 1, 5 } } }", "line", [(1, 5)], id="a named series"),
        pytest.param("{ a = 3, b = 4 }", "bar", [(1, 3), (2, 4)], id="names to numbers"),
        pytest.param("{ { name = 'x', value = 3 } }", "bar", [(1, 3)], id="labelled values"),
        pytest.param("{ 1, 0/0, 1/0 }", "line", None, id="what is no finite number cannot be drawn"),
    ],
)
def test_scripts_draw_what_they_have(view, run, fails, code, kind, points):
    if points is None:
        assert fails(f"view.chart({code})") == "view.chart: this value cannot be shown as a chart"
        return
    found = view(f"return view.chart({code}, {{ title = 'T', unit = 'ms' }})")
    assert (found.kind, found.title, found.unit) == (kind, "T", "ms")
    assert list(found.series[0].points) == points


def test_bars_are_named(view):
    assert view("return view.chart({ { name = 'x', value = 3 }, { label = 'y', value = 4 } })").names == ("x", "y")


def test_a_matrix_of_a_million_points_is_read_in_part(view):
    found = view("""local values, all = {}, {}
      for i = 1, 20000 do values[i] = { i, "1" } end
      for i = 1, 50 do all[i] = { metric = { n = tostring(i) }, values = values } end
      return all""")
    assert found.total == 50
    assert sum(len(series.points) for series in found.series) <= 220_000

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.views.model import Chart, Series
from assay_shell.runtime.views.text import render
from assay_shell.runtime.views.text.charts import spark
from assay_shell.runtime.views.text.glyphs import ASCII, RICH

NUMBERS = st.floats(-1e15, 1e15)


def line(label, *values):
    return Series(label, tuple((float(at), float(value)) for at, value in enumerate(values)))


def test_series_share_a_scale_and_say_lowest_highest_and_last():
    chart = Chart((line('{job="cart"}', 12, 418, 37), line('{job="web"}', 80, 84, 81)), unit="req/s")
    assert render(chart) == (
        'req/s  ▁█▁   min 12  max 418  last 37  {job="cart"}\n'
        'req/s  ▂▂▂   min 80  max 84   last 81  {job="web"}'
    )  # fmt: skip


def test_signs_are_plain_where_the_encoding_has_no_others():
    shown = render(Chart((line("a", 1, 5, 9),)), encoding="ascii")
    assert shown == "_=#   min 1  max 9  last 9  a"


def test_bars_have_names():
    chart = Chart((Series("", ((1.0, 4.0), (2.0, 8.0))),), "Replicas", kind="bar", names=("cart", "web"))
    assert render(chart, 40).split("\n") == ["Replicas", f"cart  {'█' * 10} 4", f"web   {'█' * 20} 8"]


def test_a_chart_without_points_says_so():
    assert render(Chart((Series("a", ()),), "Empty")) == "Empty\nno points"


def test_more_series_than_fit_are_counted():
    chart = Chart(tuple(line(str(n), 1, 2) for n in range(30)), total=200)
    assert render(chart).split("\n")[-1] == "… 180 more"


@given(values=st.lists(NUMBERS, min_size=1, max_size=300), room=st.integers(1, 80))
def test_a_plot_is_never_wider_than_its_room_and_keeps_to_its_signs(values, room):
    for glyphs in (RICH, ASCII):
        plot = spark(values, min(values), max(values), glyphs.levels, room)
        assert len(plot) == min(len(values), room)
        assert {*plot} <= {*glyphs.levels}

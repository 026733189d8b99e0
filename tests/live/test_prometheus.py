"""The prometheus module against a Prometheus that scrapes itself and has one alert that fires."""

from __future__ import annotations

import json
import time
import urllib.request

import pytest

from tests.live.harness.reach import Talk
from tests.live.harness.services import Service

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


@pytest.fixture(scope="module")
def scraped(prometheus: Service) -> Service:
    """Wait for the first samples: targets are found some seconds after the start."""
    deadline = time.monotonic() + 30
    while True:
        with urllib.request.urlopen(f"{prometheus.url}/api/v1/query?query=up") as response:
            result = json.load(response)["data"]["result"]
        if result and result[0]["value"][1] == "1":
            return prometheus
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.fixture
def talk(scraped):
    return Talk("prometheus", f"local url = '{scraped.url}'")


@pytest.mark.parametrize(
    ("promql", "expected"),
    [
        pytest.param("up", 1, id="one sample"),
        pytest.param("vector(42.5)", 42.5, id="a vector of one"),
        pytest.param("1 + 1", 2, id="a scalar"),
        pytest.param('"text"', "text", id="a string"),
        pytest.param("nothing_like_it", [], id="nothing"),
        pytest.param("live:one", 1, id="a recording rule"),
        pytest.param("count by (team) (up)", 1, id="grouped"),
    ],
)
def test_an_expression_gives_its_value(talk, promql, expected):
    assert talk(f"return m.query(url, [[{promql}]])") == expected


def test_several_series_are_a_list(talk):
    code = (
        "local list = m.query(url, [[label_replace(vector(1), 'n', 'a', '', '') or label_replace(vector(2), 'n', 'b', "
        "'', '')]]) table.sort(list, function(a, b) return a.value < b.value end) "
        "return { #list, list[1].metric.n, list[1].value, list[2].metric.n, list[2].value }"
    )
    assert talk(code) == [2, "a", 1, "b", 2]


def test_what_is_no_finite_number_is_the_servers_text(talk):
    assert talk("return { m.query(url, '1 / 0'), m.query(url, 'vector(0) / 0') }") == ["+Inf", "NaN"]


def test_a_subquery_is_a_list_of_series(talk):
    assert talk("return #m.query(url, 'up[1m]')[1].values > 0") is True


def test_a_range_has_a_value_for_each_step(talk):
    code = (
        "local now = math.floor(time()) local list = m.query_range(url, 'vector(7)', now - 60, now, '15s') "
        "return { #list, #list[1].values, list[1].values[1][1] == now - 60, list[1].values[5][2] }"
    )
    assert talk(code) == [1, 5, True, "7"]


def test_a_range_is_series_to_draw(talk):
    code = (
        'local list = m.range(url, \'vector(7) or label_replace(vector(1) / 0, "a", "b", "", "")\', '
        "{ start = '-1m', step = 20 }) table.sort(list, function(a, b) return #a.points > #b.points end) "
        "local one = list[1] return { #list, one.label, #one.points, one.points[2][1] - one.points[1][1], "
        "one.points[1][2], #m.range(url, 'up', { start = '-10s', points = 5 }) }"
    )
    found = talk(code)
    assert found[1:3] == ["{}", 4]
    assert found[3:] == [20, 7, 1]


def test_rule_groups_come_page_by_page(talk):
    code = (
        "local names = {} for group in m.each_rule_group(url, { page_size = 1 }) do names[#names + 1] = group.name end "
        "table.sort(names) return names"
    )
    assert talk(code) == ["live", "more"]


def test_an_expression_too_long_for_a_request_line_is_evaluated(talk):
    code = "return m.query(url, '0' .. (' + 1'):rep(3000))"
    assert talk(code) == 3000
    ranged = (
        "local now = math.floor(time()) "
        "return m.query_range(url, 'vector(0' .. (' + 1'):rep(3000) .. ')', now - 15, now, '15s')[1].values[1][2]"
    )
    assert talk(ranged) == "3000"


def test_the_alert_fires(talk):
    code = (
        "local a for _, alert in ipairs(m.alerts(url)) do "
        "if alert.labels.alertname == 'AlwaysFiring' then a = alert end end "
        "return { a.state, a.labels.severity, a.annotations.summary }"
    )
    assert talk(code) == ["firing", "page", "it always does"]


def test_rules_come_in_groups_and_by_type(talk):
    code = (
        "local function names(opts) local found = {} for _, g in ipairs(m.rules(url, opts)) do "
        "for _, r in ipairs(g.rules) do found[#found + 1] = r.name end end return found end "
        "return { names(), names({ type = 'alert' }), names({ type = 'record' }) }"
    )
    assert talk(code) == [["AlwaysFiring", "live:one", "more:one"], ["AlwaysFiring"], ["live:one", "more:one"]]


def test_targets_and_their_metadata(talk):
    code = (
        "local t = m.targets(url).activeTargets[1] "
        "local about = m.targets_metadata(url, { metric = 'prometheus_build_info', limit = 1 }) "
        "return { t.labels.job, t.health, #about, about[1].type }"
    )
    assert talk(code) == ["itself", "up", 1, "gauge"]


def test_labels_and_series(talk):
    code = (
        "local s = m.series(url, { 'up', 'nothing_like_it' }) "
        "return { m.label_values(url, 'team'), m.label_values(url, 'nothing'), #s, s[1].job, #m.series(url, 'up') }"
    )
    assert talk(code) == [["a/b"], [], 1, "itself", 1]


def test_the_configuration_is_reloaded_unless_it_is_broken(talk, scraped):
    assert talk("return m.config_reload(url)") is True
    path = scraped.folder / "prometheus.yml"
    sound = path.read_text()
    path.write_text("scrape_configs: nonsense")
    try:
        assert talk("return m.config_reload(url)") is False
    finally:
        path.write_text(sound)
    assert talk("return m.config_reload(url)") is True


def test_a_client_has_the_functions_as_methods(talk):
    assert talk("local c = m.client(url) return { c:query('up'), #c:rules() }") == [1, 2]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("m.query(url, 'up{')", "prometheus.query: HTTP 400", id="an expression that does not parse"),
        pytest.param("m.query(url, nil)", "prometheus.query: attempt to concatenate a nil value", id="no expression"),
        pytest.param(
            "m.query_range(url, 'up', 2, 1, '1s')", "prometheus.query_range: HTTP 400", id="a range backwards"
        ),
        pytest.param("m.query_range(url, 'up', 1, 2, 'soon')", "prometheus.query_range: HTTP 400", id="a bad step"),
        pytest.param("m.query_range(url, 'up')", "prometheus.query_range: HTTP 400", id="no range"),
        pytest.param("m.series(url, { '{' })", "prometheus.series: HTTP 400", id="a bad selector"),
        pytest.param("m.series(url, nil)", "attempt to concatenate a nil value", id="no selector"),
        pytest.param("m.rules(url, { type = 'nonsense' })", "prometheus.rules: HTTP 400", id="a type of rule"),
        pytest.param("m.range(url, 'up', { start = 'soon' })", "start is neither a number", id="a time that is none"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)

"""The loki module against Loki: what is pushed is found by queries, labels and series."""

from __future__ import annotations

import pytest

from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


@pytest.fixture
def talk(loki):
    head = (
        f"local url = '{loki.url}' local c = m.client(url) local now = math.floor(time()) "
        "local function ns(seconds) return ('%d000000000'):format(now + seconds) end "
    )
    return Talk("loki", head)


def test_lines_that_are_pushed_are_found(talk):
    code = (
        "local pushed = c:push({ app = 'shop' }, { { ns(-3), 'one' }, { ns(-2), 'two error' }, 'three' }) "
        "local all = c:query_range(m.selector({ app = 'shop' }), { direction = 'forward', limit = 10 }) "
        'local some = c:query_range(\'{app="shop"} |= "error"\', { start = ns(-60), end_time = ns(60) }) '
        "local lines = {} for _, s in ipairs(all) do for _, v in ipairs(s.values) do lines[#lines + 1] = v[2] end end "
        "table.sort(lines) "
        "return { pushed, lines, #some[1].values, some[1].values[1][2], some[1].values[1][1] == ns(-2) }"
    )
    assert talk(code) == [True, ["one", "three", "two error"], 1, "two error", True]


def test_bytes_and_marks_of_a_line_stay(talk):
    code = (
        "local line = 'grüße \"q\" \\\\ \\n tab\\t €' c:push({ app = 'odd' }, { line }) "
        "return c:query_range('{app=\"odd\"}')[1].values[1][2] == line"
    )
    assert talk(code) is True


def test_labels_with_marks_are_selected(talk):
    code = (
        "local labels = { app = 'quoted', path = [[C:\\dir \"x\" {a}]] } c:push(labels, { 'here' }) "
        "return c:query_range(m.selector(labels))[1].stream.path == labels.path"
    )
    assert talk(code) is True


def test_a_limit_and_a_direction_hold(talk):
    code = (
        "c:push({ app = 'many' }, { { ns(-4), 'a' }, { ns(-3), 'b' }, { ns(-2), 'c' } }) "
        "local function lines(opts) local found = {} "
        "for i, v in ipairs(c:query_range('{app=\"many\"}', opts)[1].values) do found[i] = v[2] end return found end "
        "return { lines({ limit = 2 }), lines({ limit = 2, direction = 'forward' }) }"
    )
    assert talk(code) == [["c", "b"], ["a", "b"]]


def test_counts_are_queried_at_one_moment_and_over_time(talk):
    code = (
        "c:push({ app = 'counted' }, { { ns(-2), 'x' }, { ns(-1), 'y' } }) "
        "local at = c:query('sum(count_over_time({app=\"counted\"}[1m]))', { time = ns(0) }) "
        "local over = c:query_range('sum(count_over_time({app=\"counted\"}[1m]))', "
        "{ start = ns(-30), end_time = ns(0), step = 15 }) "
        "return { at[1].value[2], over[1].values[#over[1].values][2] }"
    )
    assert talk(code) == ["2", "2"]


def test_lines_come_from_one_moment_too(talk):
    code = "c:push({ app = 'moment' }, { 'x' }) return c:query('{app=\"moment\"}')[1].values[1][2]"
    assert talk(code) == "x"


def test_numbers_over_time_are_series_to_draw(talk):
    code = (
        "c:push({ app = 'drawn' }, { { ns(-2), 'x' } }) "
        "local list = c:range('sum by (app) (count_over_time({app=\"drawn\"}[5m]))', { start = '-1m', step = 10 }) "
        "return { #list, list[1].labels.app, list[1].points[#list[1].points][2] }"
    )
    assert talk(code) == [1, "drawn", 1]


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_lines_come_page_by_page(talk, direction):
    code = (
        f"local entries = {{}} for i = 1, 25 do entries[i] = {{ ns(-30 + i), 'line ' .. i }} end "
        f"c:push({{ app = 'paged-{direction}' }}, entries) local lines = {{}} "
        f"for e in c:each_line('{{app=\"paged-{direction}\"}}', {{ page_size = 10, direction = '{direction}' }}) do "
        "lines[#lines + 1] = e.line assert.eq(e.labels.app ~= nil, true) end return lines"
    )
    expected = [f"line {number}" for number in range(1, 26)]
    assert talk(code) == (expected if direction == "forward" else expected[::-1])


def test_new_lines_are_followed(talk):
    code = (
        "c:push({ app = 'live' }, { 'before' }) local lines = {} "
        "for e in c:follow('{app=\"live\"}', { idle = 5 }) do lines[#lines + 1] = e.line "
        "if #lines == 1 then c:push({ app = 'live' }, { 'after' }) end if #lines == 2 then break end end "
        "return lines"
    )
    assert talk(code) == ["before", "after"]


def test_the_latest_lines_come_once(talk):
    code = (
        "c:push({ app = 'tailed' }, { 'x' }) return c:tail('{app=\"tailed\"}', { limit = 10 }).streams[1].values[1][2]"
    )
    assert talk(code) == "x"


def test_labels_values_and_series(talk):
    code = (
        "c:push({ app = 'labelled', zone = 'a b' }, { 'x' }) "
        "local function has(list, name) for _, x in ipairs(list) do if x == name then return true end end end "
        "local o = { start = ns(-3600), end_time = ns(60) } "
        "local s = c:series({ '{app=\"labelled\"}' }, o) "
        "return { has(c:labels(o), 'zone'), has(c:label_values('zone', o), 'a b'), #s, s[1].zone }"
    )
    assert talk(code) == [True, True, 1, "a b"]


def test_the_server_is_ready_and_tells_its_metrics(talk):
    assert talk("return { c:ready(), c:metrics():match('loki_build_info') }") == [True, "loki_build_info"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("c:query('{app=')", "loki: GET /loki/api/v1/query HTTP 400", id="a query that does not parse"),
        pytest.param("c:query_range('{}')", "HTTP 400", id="a query for everything"),
        pytest.param("c:push({}, { 'x' })", "loki: POST /loki/api/v1/push HTTP 4", id="no labels"),
        pytest.param("c:push({ ['a b'] = 'c' }, { 'x' })", "HTTP 400", id="a label that is no name"),
        pytest.param("c:push({ app = 'old' }, { { ns(-86400 * 30), 'x' } })", "HTTP 400", id="too long ago"),
        pytest.param("c:label_values(nil)", "attempt to concatenate a nil value", id="no label"),
        pytest.param("c:series({ '{' })", "HTTP 400", id="a bad selector"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)

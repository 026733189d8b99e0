"""The alertmanager module against Alertmanager."""

from __future__ import annotations

import pytest

from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

SEND = (
    "local function send(name, labels) labels = labels or {} labels.alertname = name "
    "return m.post_alerts(url, { { labels = labels, annotations = { summary = 'from ' .. name } } }) end "
    "local function named(list) local names = {} "
    "for _, a in ipairs(list) do names[#names + 1] = a.labels.alertname end table.sort(names) return names end "
)


@pytest.fixture
def talk(alertmanager):
    return Talk("alertmanager", f"local url = '{alertmanager.url}' {SEND}")


def test_alerts_that_are_sent_are_there(talk):
    code = (
        "local sent = send('Sent', { severity = 'page', zone = 'a \"quoted\" \\\\ one' }) "
        "local found = m.alerts(url, { filter = { 'alertname=\"Sent\"' } })[1] "
        "return { sent, found.labels.zone, found.annotations.summary, found.receivers[1].name, found.status.state, "
        "m.is_firing(url, 'Sent'), m.is_firing(url, 'Nobody') }"
    )
    assert talk(code) in (
        [True, 'a "quoted" \\ one', "from Sent", "pager", state, True, False] for state in ("active", "unprocessed")
    )


def test_filters_and_receivers_choose_alerts(talk):
    code = (
        "send('Choice1', { severity = 'page', n = '1' }) send('Choice2', { n = '2' }) "
        "local one = m.alerts(url, { filter = { 'alertname=~\"Choice.*\"', 'n=\"2\"' } }) "
        "local paged = m.alerts(url, { receiver = 'pager', filter = { 'alertname=~\"Choice.*\"' } }) "
        "return { named(one), named(paged) }"
    )
    assert talk(code) == [["Choice2"], ["Choice1"]]


def test_a_name_with_quotes_is_found(talk):
    assert talk("""send('a "b" \\\\c') return m.is_firing(url, 'a "b" \\\\c')""") is True


def test_alerts_come_in_groups(talk):
    code = (
        "send('Grouped', { n = '1' }) send('Grouped', { n = '2' }) sleep(0.2) "
        "local groups = m.alert_groups(url, { filter = { 'alertname=\"Grouped\"' } }) "
        "return { #groups, groups[1].labels.alertname, groups[1].receiver.name, #groups[1].alerts }"
    )
    assert talk(code) == [1, "Grouped", "default", 2]


def test_a_silence_is_made_found_and_ended(talk):
    code = (
        "send('Noisy') local before = m.is_firing(url, 'Noisy') "
        "local id = m.silence_alert(url, 'Noisy', 2, { created_by = 'live', comment = 'too loud' }) "
        "local silence = m.silence(url, id) local silenced = m.is_firing(url, 'Noisy') "
        "local muted = m.alerts(url, { silenced = true, active = false, filter = { 'alertname=\"Noisy\"' } }) "
        "local all = m.silences(url, { filter = { 'alertname=\"Noisy\"' } }) "
        "local gone = m.delete_silence(url, id) "
        "return { before, silenced, named(muted), #all, silence.createdBy, silence.comment, silence.status.state, "
        "gone, m.silence(url, id).status.state, m.is_firing(url, 'Noisy') }"
    )
    assert talk(code) == [True, False, ["Noisy"], 1, "live", "too loud", "active", True, "expired", True]


def test_a_silence_is_changed_by_its_id(talk):
    code = (
        "local function at(s) return os.date('!%Y-%m-%dT%H:%M:%SZ', math.floor(time() + s)) end "
        "local silence = { matchers = { { name = 'job', value = 'b.*', isRegex = true } }, startsAt = at(0), "
        "endsAt = at(3600), createdBy = 'a', comment = 'b' } "
        "local id = m.create_silence(url, silence).silenceID silence.id, silence.endsAt = id, at(7200) "
        "local again = m.create_silence(url, silence).silenceID "
        "local found = m.silence(url, again) m.delete_silence(url, again) "
        "return { found.endsAt:sub(1, 19) .. 'Z' == silence.endsAt, found.matchers[1].isRegex }"
    )
    assert talk(code) == [True, True]


def test_what_inhibits_another_alert_silences_it(talk):
    code = (
        "send('Slow') local before = m.active_count(url) local firing = m.is_firing(url, 'Slow') send('Outage') "
        "sleep(0.2) return { firing, m.is_firing(url, 'Slow'), m.active_count(url) - before }"
    )
    assert talk(code) == [True, False, 0]


def test_the_server_tells_its_state_and_receivers(talk):
    code = (
        "local s = m.status(url) local names = {} "
        "for _, r in ipairs(m.receivers(url)) do names[#names + 1] = r.name end "
        "return { s.cluster.status, s.versionInfo.version ~= nil, names }"
    )
    assert talk(code) == ["disabled", True, ["default", "pager"]]


def test_a_client_has_the_functions_as_methods(talk):
    code = "local c = m.client(url) send('ByClient') return { c:is_firing('ByClient'), c:status().cluster.status }"
    assert talk(code) == [True, "disabled"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("m.post_alerts(url, { { labels = {} } })", "alertmanager.post_alerts: HTTP 400", id="no labels"),
        pytest.param("m.alerts(url, { filter = { 'a=b=\"c' } })", "alertmanager.alerts: HTTP 400", id="a bad filter"),
        pytest.param("m.alerts(url, { receiver = '(' })", "alertmanager.alerts: HTTP 400", id="a bad receiver"),
        pytest.param("m.silence(url, 'no-uuid')", "alertmanager.silence: HTTP 422", id="an id that is none"),
        pytest.param("m.silence(url, '00000000-0000-0000-0000-000000000000')", "HTTP 404", id="an unknown silence"),
        pytest.param(
            "m.delete_silence(url, '00000000-0000-0000-0000-000000000000')",
            "alertmanager.delete_silence: HTTP ",
            id="unknown, ended",
        ),
        pytest.param("m.create_silence(url, {})", "alertmanager.create_silence: HTTP 4", id="an empty silence"),
        pytest.param("m.silence(url, nil)", "alertmanager.silence: attempt to concatenate a nil value", id="no id"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)

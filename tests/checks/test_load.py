from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay_shell.checks.errors import ConfigError
from tests.checks.conftest import Load

ONE = "{name: a, type: http, url: u}"


def error(load: Load, text: str, **options: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load(text, **options)
    return str(caught.value)


def test_what_is_absent_has_the_defaults_of_the_contract(load: Load) -> None:
    suite = load("checks: []")
    assert (suite.timeout, suite.retries, suite.parallel, suite.checks) == (120.0, 3, 1, ())
    (check,) = load(f"checks: [{ONE}]").checks
    assert (check.attempts, check.backoff, check.expect, dict(check.settings)) == (4, 5.0, None, {"url": "u"})


def test_what_is_given_holds(load: Load) -> None:
    suite = load(f"timeout: 1500ms\nretries: 0\nbackoff: ' 2m '\nparallel: true\nchecks: [{ONE}]")
    assert (suite.timeout, suite.retries, suite.parallel) == (1.5, 0, 16)
    assert (suite.checks[0].attempts, suite.checks[0].backoff) == (1, 120.0)


@pytest.mark.parametrize(("text", "count"), [("false", 1), ("true", 16), ("64", 64)])
def test_parallel_is_a_boolean_or_a_number(load: Load, text: str, count: int) -> None:
    assert load(f"parallel: {text}\nchecks: []").parallel == count


def test_string_fields_take_scalars_as_they_are_written(load: Load) -> None:
    (check,) = load("checks: [{name: 5, type: script, file: true, env: {A: 1, B: 1.50, C: null}}]").checks
    assert (check.name, dict(check.settings)) == ("5", {"file": "true", "env": {"A": "1", "B": "1.50", "C": "null"}})
    assert load("checks: [{name: null, type: http}]").checks[0].name == "null"


def test_a_null_where_nothing_is_needed_counts_as_absent(load: Load) -> None:
    (check,) = load("checks: [{name: a, type: http, url: null, expect: null}]").checks
    assert (check.expect, dict(check.settings)) == (None, {})


def test_an_empty_expect_is_there(load: Load) -> None:
    assert load("checks: [{name: a, type: http, expect: {}}]").checks[0].expect == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("retries: 1", "parsing YAML config: missing field `checks` at ", id="no checks"),
        pytest.param("", "parsing YAML config: the file is empty", id="empty"),
        pytest.param("[1]", "parsing YAML config: invalid type: a list, expected a map", id="not a map"),
        pytest.param("checks: [{name: a}]", "parsing YAML config: missing field `type`", id="no type"),
        pytest.param("checks: [{type: http}]", "parsing YAML config: missing field `name`", id="no name"),
        pytest.param(
            "checks: {a: 1}", "parsing YAML config: invalid type: a map, expected a list", id="checks no list"
        ),
        pytest.param("checks: [5]", "parsing YAML config: invalid type: `5`, expected a map", id="check no map"),
        pytest.param("checks: [", "parsing YAML config: ", id="not YAML"),
        pytest.param("checks: []\n\tretries: 1", "parsing YAML config: ", id="tab"),
        pytest.param(
            "a: &a [*a]\nchecks: []", "parsing YAML config: an alias refers to a collection around it", id="loop"
        ),
        pytest.param("checks: []\n---\nchecks: []", "parsing YAML config: the text holds more than one", id="two"),
        pytest.param("checks: []\nchecks: []", "parsing YAML config: duplicate field `checks` at line 2", id="twice"),
        pytest.param("retries: yes\nchecks: []", 'parsing YAML config: invalid type: string "yes"', id="retries"),
        pytest.param("retries: -1\nchecks: []", "parsing YAML config: invalid type: `-1`", id="negative retries"),
        pytest.param("parallel: yes\nchecks: []", 'parsing YAML config: invalid type: string "yes"', id="yes"),
        pytest.param("parallel: 0\nchecks: []", "parsing YAML config: invalid type: `0`", id="parallel 0"),
        pytest.param("timeout: 5h\nchecks: []", 'parsing timeout: unsupported duration format: "5h"', id="hours"),
        pytest.param("timeout: 5\nchecks: []", 'parsing timeout: unsupported duration format: "5"', id="no unit"),
        pytest.param("backoff: 1.5s\nchecks: []", "parsing backoff: invalid seconds value: ", id="fraction"),
        pytest.param("backoff: ams\nchecks: []", "parsing backoff: invalid milliseconds value: ", id="milliseconds"),
        pytest.param("backoff: -5m\nchecks: []", "parsing backoff: invalid minutes value: ", id="minutes"),
        pytest.param("checks: [{name: a, type: HTTP}]", 'unknown check type: "HTTP"', id="case"),
        pytest.param("checks: [{name: a, type: htpp}]", 'unknown check type: "htpp"; did you mean http?', id="near"),
    ],
)
def test_a_bad_file_is_refused_with_the_words_of_the_contract(load: Load, text: str, message: str) -> None:
    assert error(load, text).startswith(message)


@pytest.mark.parametrize(
    ("line", "message", "place"),
    [
        ("expect: {status: ok}", 'invalid type: string "ok", expected a status', ":3:22 (checks[0].expect.status)"),
        ("expect: {status: 65536}", "invalid type: `65536`", ":3:22 (checks[0].expect.status)"),
        ("expect: {status: [200, 1.5]}", "invalid type: `1.5`", ":3:28 (checks[0].expect.status[1])"),
        ("expect: {min: x}", 'invalid type: string "x", expected a number', ":3:19 (checks[0].expect.min)"),
        ("expect: 5", "invalid type: `5`, expected a map", ":3:13 (checks[0].expect)"),
        ("follow_redirects: yes", 'string "yes", expected a boolean', ":3:23 (checks[0].follow_redirects)"),
        ("env: {A: [1]}", "invalid type: a list, expected a string", ":3:14 (checks[0].env.A)"),
        ("url: {a: 1}", "invalid type: a map, expected a string", ":3:10 (checks[0].url)"),
        ("port: 70000", "expected an integer from 1 to 65535", ":3:11 (checks[0].port)"),
    ],
)
def test_a_wrong_type_names_file_line_and_path(load: Load, line: str, message: str, place: str) -> None:
    said = error(load, f"checks:\n  - name: b\n    {line}\n    type: http\n")
    assert said.startswith("parsing YAML config: ")
    assert message in said
    assert said.endswith(f"checks.yaml{place}")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    from assay_shell.checks.load import load_suite

    path = str(tmp_path / "no.yaml")
    with pytest.raises(ConfigError) as caught:
        load_suite(path, {}, strict=False, warn=lambda _: None)
    assert str(caught.value) == f"reading config {path}: No such file or directory (os error 2)"


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    from assay_shell.checks.load import load_suite

    path = tmp_path / "a.yaml"
    path.write_bytes(b"checks: [\xff]")
    with pytest.raises(ConfigError, match="stream did not contain valid UTF-8"):
        load_suite(str(path), {}, strict=False, warn=lambda _: None)


def test_aliases_that_explode_are_refused_at_once(load: Load) -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    assert "aliases make the document too large" in error(load, f"l0: &l0 [x]\n{levels}\nchecks: []")


def test_deep_nesting_is_refused(load: Load) -> None:
    assert "nested deeper than" in error(load, "a: " + "[" * 100_000)


def test_anchors_share_what_they_name(load: Load) -> None:
    first, second = load(
        "checks:\n  - {name: a, type: http, url: u, expect: &e {status: 204}}\n  - {name: b, type: http, expect: *e}"
    ).checks
    assert first.expect == second.expect == {"status": (("204", 204, 204),)}


def test_an_unknown_key_is_a_warning_with_the_near_name(load: Load, warnings: list[str], tmp_path: Path) -> None:
    load("retrys: 1\nchecks:\n  - {name: a, type: http, expect: {staus: 200}}")
    file = tmp_path / "checks.yaml"
    assert warnings == [
        f'unknown key "retrys"; did you mean retries? at {file}:1:1 (retrys)',
        f'unknown key "staus"; did you mean status? at {file}:3:36 (checks[0].expect.staus)',
    ]


def test_an_unknown_key_is_refused_when_strict(load: Load) -> None:
    assert error(load, "retrys: 1\nchecks: []", strict=True).startswith('parsing YAML config: unknown key "retrys"')


def test_what_another_type_uses_is_no_unknown_key(load: Load, warnings: list[str]) -> None:
    load("checks: [{name: a, type: script, url: u, query: q, expect: {min: 1}}]")
    assert warnings == []


def test_keys_of_version_2_are_unknown_before(load: Load, warnings: list[str]) -> None:
    (check,) = load("checks: [{name: a, type: http, url: '${X}', timeout: 3, tags: [x]}]").checks
    assert (check.timeout, check.tags, check.settings["url"]) == (None, (), "${X}")
    assert [text.partition(" at ")[0] for text in warnings] == [
        'unknown key "timeout"; it needs version: 2', 'unknown key "tags"; it needs version: 2',
    ]  # fmt: skip


def test_variables_come_from_the_environment(load: Load) -> None:
    text = """
version: 2
timeout: ${T}
checks:
  - {name: "${A}-${B:-none}-$${A}", type: tcp, host: h, port: "${P}", expect: {body: "${E}"}}
"""
    suite = load(text, environ={"T": "3s", "A": "x", "P": "80", "E": ""})
    (check,) = suite.checks
    assert (suite.timeout, check.name, check.settings["port"], check.wanted("body")) == (3.0, "x-none-${A}", 80, [""])


def test_a_missing_variable_is_an_error_with_its_place(load: Load) -> None:
    said = error(load, "version: 2\nchecks:\n  - name: a\n    type: http\n    url: ${NOPE}/x\n")
    assert said.startswith("parsing YAML config: variable ${NOPE} is not set at ")
    assert said.endswith("checks.yaml:5:10 (checks[0].url)")


def test_secret_variables_are_known_as_such(load: Load) -> None:
    suite = load(
        "version: 2\nchecks: [{name: a, type: http, url: 'http://h/${API_TOKEN}'}]", environ={"API_TOKEN": "s3"}
    )
    assert suite.secrets == ("s3",)


def test_a_matrix_makes_a_check_for_each_combination(load: Load) -> None:
    text = """
version: 2
checks:
  - {name: api, type: tcp, host: "${matrix.h}", port: "${matrix.p}", matrix: {h: [a, "${H}"], p: [1, 2]}}
  - {name: "on ${matrix.h}", type: tcp, matrix: {h: [a, b]}}
"""
    checks = load(text, environ={"H": "z"}).checks
    assert [check.name for check in checks] == [
        "api [a, 1]", "api [a, 2]", "api [z, 1]", "api [z, 2]", "on a", "on b",
    ]  # fmt: skip
    assert (checks[2].settings["host"], checks[2].settings["port"]) == ("z", 1)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ("{}", "expected a map of lists"),
        ("{a: []}", "expected a list with at least one value"),
        ("{a: 5}", "expected a list with at least one value"),
        ("{a: [1,1,1,1,1,1,1,1,1,1,1], b: [1,1,1,1,1,1,1,1,1,1,1], c: [1,1,1,1,1,1,1,1,1,1,1], d: [1,1,1,1,1,1,1,1]}",
         "the matrix makes more than 10000 checks"),
    ],
)  # fmt: skip
def test_a_bad_matrix_is_refused(load: Load, matrix: str, message: str) -> None:
    assert message in error(load, f"version: 2\nchecks: [{{name: a, type: http, matrix: {matrix}}}]")


def test_included_checks_come_first(load: Load, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a.yaml").write_text("version: 2\ninclude: b.yaml\nchecks: [{name: a, type: http}]")
    (tmp_path / "sub/b.yaml").write_text("checks: [{name: b, type: http}]")
    suite = load("version: 2\ninclude: [sub/a.yaml]\nretries: 0\nchecks: [{name: c, type: http}]")
    assert [(check.name, check.attempts) for check in suite.checks] == [("b", 1), ("a", 1), ("c", 1)]
    assert load("version: 2\ninclude: sub/a.yaml").checks[0].place.file.endswith("sub/b.yaml")


def test_files_that_include_each_other_are_refused(load: Load, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("version: 2\ninclude: checks.yaml\nchecks: []")
    assert "checks.yaml includes itself" in error(load, "version: 2\ninclude: a.yaml\nchecks: []")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("depends_on: bb", 'there is no check "bb" to depend on; did you mean b?'),
        ("depends_on: a", '"a" depends on itself'),
        ("url: '${captures.tokn}'", "no check captures tokn; did you mean token?"),
        ("url: '${captures.x}', capture: {x: y}", '"a" depends on itself'),
    ],
)
def test_needs_that_cannot_be_met_are_refused(load: Load, more: str, message: str) -> None:
    text = f"version: 2\nchecks: [{{name: a, type: http, {more}}}, {{name: b, type: http, capture: {{token: t}}}}]"
    assert message in error(load, text)


def test_a_captured_value_is_a_need(load: Load) -> None:
    text = "version: 2\nchecks: [{name: a, type: http, url: '${captures.t}'}, {name: b, type: http, capture: {t: x}}]"
    assert load(text).checks[0].depends_on == ("b",)


def test_a_file_that_makes_too_many_checks_is_refused(load: Load) -> None:
    text = "checks:\n  - &c {name: a, type: http}\n" + "  - *c\n" * 20_000
    assert "there are more than 20000 checks" in error(load, text)


words = st.sampled_from(["checks", "name", "type", "http", "expect", "status", "200", "timeout", "5s", "matrix", "env"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | words | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(words, values, max_size=5), st.sampled_from([1, 2]))
def test_no_document_raises_anything_but_a_config_error(load: Load, document: dict[str, object], version: int) -> None:
    with suppress(ConfigError):
        load(json.dumps({"version": version, "checks": [document], **document}))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="cheks:[]{}&*!-#\"' \n\t|>$ab01", max_size=60))
def test_no_text_raises_anything_but_a_config_error(load: Load, text: str) -> None:
    with suppress(ConfigError):
        load(text)

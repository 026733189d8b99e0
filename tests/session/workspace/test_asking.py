"""Ask mode: what a write would do is said before it is done."""

from __future__ import annotations

import pytest

from assay_shell.runtime.errors import ScriptError


@pytest.fixture
def asking(desk):
    """A workspace in ask mode."""
    desk.text(".ask")
    return desk


def test_nothing_is_asked_about_reads(asking, tmp_path):
    (tmp_path / "f").write_text("x")
    assert asking.values("fs.read('f')") == ["x"]
    assert asking.user.questions == []


def test_a_refused_write_is_an_error_that_scripts_can_catch(asking, tmp_path):
    answer = asking.answer("fs.write('f', 'x')")
    assert isinstance(answer.error, ScriptError)
    assert "ask: fs.write refused (fs.write f)" in str(answer.error)
    assert asking.values("pcall(fs.write, 'f', 'x')")[0] is False
    assert not (tmp_path / "f").exists()


def test_yes_allows_once_and_always_this_target(asking):
    asking.user.answers = ["yes", "always", "yes"]
    for line in ("fs.write('a', '1')", "fs.write('a', '2')", "fs.write('a', '3')", "fs.write('b', '1')"):
        asking.values(line)
    assert [question.what for question in asking.user.questions] == ["fs.write a", "fs.write a", "fs.write b"]


def test_asking_again_forgets_what_was_allowed(asking):
    asking.user.answers = ["always"]
    asking.values("fs.write('a', '1')")
    asking.text(".ask")
    assert "refused" in asking.fault("fs.write('a', '2')")


@pytest.mark.parametrize(
    ("before", "line", "diff"),
    [
        pytest.param(
            "one\ntwo\n", "fs.write('f', 'one\\nthree\\n')", ["@@ -1,2 +1,2 @@", " one", "-two", "+three"], id="write"
        ),
        pytest.param("one\n", "fs.append('f', 'two\\n')", ["+two"], id="append"),
        pytest.param("four", "fs.remove('f')", ["f: 4 bytes"], id="remove"),
        pytest.param("x", "fs.write('f', 'x')", ["no change"], id="nothing"),
    ],
)
def test_a_file_is_compared_with_what_is_there(asking, tmp_path, before, line, diff):
    (tmp_path / "f").write_text(before)
    asking.answer(line)
    (question,) = asking.user.questions
    assert asking.wait(question.diff()) == diff


@pytest.mark.parametrize(
    ("call", "details", "diff"),
    [
        pytest.param(
            'http.patch(url, { spec = { replicas = 12 } })', ["spec.replicas  12"], ["spec.replicas  4 → 12"],
            id="patch",
        ),
        pytest.param(
            'http.put(url, { spec = { replicas = 4, paused = true } })', ["spec.paused  true", "spec.replicas  4"],
            ["spec.paused  + true", 'kind  - "Scale"'], id="put",
        ),
        pytest.param('http.delete(url)', [], ["spec.replicas  - 4", 'kind  - "Scale"'], id="delete"),
        pytest.param('http.client({}):patch(url, { kind = "x" })', ['kind  "x"'], ['kind  "Scale" → "x"'], id="client"),
        pytest.param(
            'http.request("PATCH", url, { body = { kind = "x" } })', ['kind  "x"'], ['kind  "Scale" → "x"'],
            id="request",
        ),
        pytest.param('http.post(url, "plain text")', ["plain text"], ["nothing to compare with"], id="post"),
    ],
)  # fmt: skip
def test_a_request_is_compared_with_what_its_address_gives(asking, stub, call, details, diff):
    stub.on("GET", "/scale", status=200, body=b'{"spec":{"replicas":4},"kind":"Scale"}')
    asking.answer(f'url = "{stub.url}/scale" {call}')
    (question,) = asking.user.questions
    assert question.what.endswith(f" {stub.url}/scale")
    assert sorted(question.details) == sorted(details)
    assert sorted(asking.wait(question.diff())) == sorted(diff)
    assert [request.method for request in stub.requests if request.method != "GET"] == []


@pytest.mark.parametrize(
    ("call", "status", "shown"),
    [
        pytest.param("http.patch(url, { n = 12 })", 200, ["n  4 → 12"], id="what changes"),
        pytest.param("http.patch(url, { n = 4 })", 200, ["no change"], id="nothing"),
        pytest.param("http.patch(url, { n = 12 })", 403, ["n  12"], id="unreadable"),
        pytest.param("http.patch(nowhere, { n = 12 })", 200, ["n  12"], id="nobody there"),
        pytest.param("http.post(url, { n = 12 })", 200, ["n  12"], id="nothing to compare with"),
        pytest.param("http.delete(url)", 200, [], id="all goes"),
        pytest.param("fs.write('f', 'x')", 200, ["1 bytes"], id="a file"),
    ],
)
def test_a_question_shows_what_changes_where_that_is_known(asking, stub, call, status, shown):
    stub.on("GET", "/n", status=status, body=b'{"n":4}')
    asking.answer(f'url, nowhere = "{stub.url}/n", "http://127.0.0.1:1/" {call}')
    (question,) = asking.user.questions
    assert asking.wait(question.preview()) == shown


def test_a_question_does_not_wait_for_a_slow_server(asking, stub):
    stub.on("GET", "/n", status=200, body=b'{"n":4}', delay=1.0)
    asking.answer(f'http.patch("{stub.url}/n", {{ n = 12 }})')
    (question,) = asking.user.questions
    assert asking.wait(question.preview(0.1)) == ["n  12"]


def test_sql_is_shown_with_its_parameters(asking):
    asking.user.answers = ["yes", "yes"]
    asking.values('conn = db.connect("sqlite::memory:")')
    asking.values('conn:execute("create table t (name text)")')
    asking.values('conn:execute("insert into t values (?)", { "x" })')
    assert "insert into t values (?)" in asking.user.questions[1].what
    assert asking.user.questions[1].details == ['[1]  "x"']


def test_a_command_is_shown_with_its_folder(asking):
    asking.user.answers = ["yes"]
    asking.values("shell.exec('true', { cwd = '/', env = { A = '1' } })")
    (question,) = asking.user.questions
    assert (question.what, question.details) == ("shell.exec true", ["in /", "with A"])


def test_secrets_are_masked_in_questions(asking, stub):
    asking.answer(f'http.post("{stub.url}/login", {{ password = "hunter2-is-no-password" }})')
    (question,) = asking.user.questions
    assert "hunter2" not in " ".join([question.what, *question.details])


def test_a_production_context_asks_from_the_first_line(open_desk, tmp_path):
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").write_text("current-context: Prod-EU\ncontexts: []\n")
    desk = open_desk()
    assert "refused" in desk.fault("fs.write('f', 'x')")


def test_read_only_is_not_loosened_by_production(open_desk, tmp_path):
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").write_text("current-context: prod\ncontexts: []\n")
    desk = open_desk(readonly=True)
    assert "readonly" in desk.fault("fs.write('f', 'x')")
    assert desk.user.questions == []

"""A repeated run is answered from what was noted the first time, and never repeats a write."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.journal import Journal, read
from assay_shell.runtime.vm import Runtime


class Runs:
    """Runs code with a journal; what a run noted is what the next one is answered from."""

    def __init__(self, notes: Path) -> None:
        self.notes = notes

    def __call__(self, code: str) -> Any:
        earlier = read(str(self.notes)) if self.notes.exists() else []
        self.notes.unlink(missing_ok=True)
        with Runtime() as runtime:
            runtime.guard.journal = Journal(runtime, str(self.notes), earlier)
            (result,) = runtime.evaluate(f"return (function() {code} end)()") or [None]
            return result


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "notes.jsonl")


def test_a_write_is_done_once_and_answers_as_the_first_time(runs, tmp_path):
    code = f"local made = shell.exec('echo x >> {tmp_path}/log; wc -l < {tmp_path}/log').stdout return made"
    assert runs(code) == runs(code) == runs(code) == "1\n"
    assert (tmp_path / "log").read_text() == "x\n"


def test_reads_are_those_of_the_first_time(runs, tmp_path):
    (tmp_path / "f").write_text("before")
    assert runs(f"return fs.read('{tmp_path}/f')") == "before"
    (tmp_path / "f").write_text("after")
    assert runs(f"return fs.read('{tmp_path}/f')") == "before"


def test_responses_have_their_methods_and_repeated_headers(runs, stub):
    stub.on("GET", "/", body=b'{"n": 1}', headers=[("x-a", "1"), ("x-a", "2")])
    code = (
        f"local r = http.get('{stub.url}/') "
        "return { r.status, r:json().n, table.concat(r:header_values('x-a'), '+') }"
    )
    assert runs(code) == runs(code) == [200, 1, "1+2"]
    assert len(stub.requests) == 1


def test_an_error_is_the_same_error_again(runs, stub):
    code = "local ok, e = pcall(fs.read, '/nowhere/at/all') return tostring(e):match('No such file')"
    assert runs(code) == runs(code) == "No such file"


def test_statements_of_a_transaction_are_not_repeated(runs, tmp_path):
    code = (
        f"local c <close> = db.connect('sqlite:{tmp_path}/x.db?mode=rwc') "
        "db.execute(c, 'CREATE TABLE IF NOT EXISTS t(x)') "
        "db.transaction(c, function(tx) tx:execute('INSERT INTO t VALUES (1)') end) "
        "return db.query(c, 'SELECT count(*) AS n FROM t')[1].n"
    )
    assert runs(code) == runs(code) == 1


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("local f = io.open('{}', 'a') f:write('x') f:close()", id="a file of Lua's own"),
        pytest.param("require('os').remove('{}')", id="Lua's own removal"),
        pytest.param("local p <close> = io.popen('cat >> {}', 'w') p:write('x')", id="a process that is written to"),
    ],
)
def test_a_write_that_leaves_nothing_to_answer_with_is_refused(runs, tmp_path, code):
    runs(code.format(tmp_path / "f"))
    with pytest.raises(ScriptError, match="was done already and must not be repeated"):
        runs(code.format(tmp_path / "f"))


def test_a_call_that_was_cancelled_halfway_counts_as_done(runs, tmp_path):
    code = f"async.timeout(0.2, function() shell.exec('echo x >> {tmp_path}/log; sleep 5') end)"
    with pytest.raises(ScriptError):
        runs(code)
    with pytest.raises(ScriptError, match="must not be repeated"):
        runs(code)


def test_a_run_that_does_something_else_is_refused(runs, tmp_path):
    runs(f"fs.write('{tmp_path}/a', 'x')")
    with pytest.raises(ScriptError, match="not what the run did the first time"):
        runs(f"fs.write('{tmp_path}/a', 'y')")


def test_tasks_may_change_places(runs, stub):
    stub.on("GET", "/a", body="a", delay=0.05)
    stub.on("GET", "/b", body="b")
    code = (
        f"local found = async.map({{ 'a', 'b' }}, function(name) return http.get('{stub.url}/' .. name).body end) "
        "return table.concat(found)"
    )
    assert runs(code) == runs(code) == "ab"
    assert len(stub.requests) == 2


def test_secrets_are_not_kept_and_are_read_again(runs, stub):
    stub.on("GET", "/", json={"password": "hunter2-hunter2"})
    code = f"return http.get('{stub.url}/'):json().password"
    assert runs(code) == runs(code) == "hunter2-hunter2"
    assert len(stub.requests) == 2
    assert "hunter2" not in runs.notes.read_text()


def test_what_the_notes_are_made_of_is_for_their_owner_alone(runs):
    runs("return time()")
    assert runs.notes.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["{", "[]\n", '{"call": 1}\n', '{"call": "", "name": "", "kind": "", "more": 1}\n'])
def test_notes_of_something_else_are_refused(tmp_path, text):
    (tmp_path / "notes").write_text(text)
    with pytest.raises(ValueError, match=r"line|JSON|Expecting|no call"):
        read(str(tmp_path / "notes"))


def test_a_full_disk_is_noticed_and_fails_no_call(tmp_path):
    pid = os.fork()
    if pid == 0:  # in a process of its own: the limit cannot be taken back
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with Runtime() as runtime:
            runtime.guard.journal = Journal(runtime, str(tmp_path / "notes"), [])
            resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
            (found,) = runtime.evaluate("return time() > 0")
            os._exit(0 if found is True and not runtime.guard.journal.whole else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(plain)
def test_any_plain_result_comes_back_as_it_was(value):
    from assay_shell.runtime.journal import packed, unpacked

    assert unpacked(json.loads(json.dumps(packed(value)))) == value

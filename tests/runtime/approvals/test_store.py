from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from assay_shell.runtime.approvals.clock import Clock, Moment
from assay_shell.runtime.approvals.decision import decide
from assay_shell.runtime.approvals.record import Answer, Record, RecordError, Run, parse
from assay_shell.runtime.approvals.request import Request
from assay_shell.runtime.approvals.store import Store
from assay_shell.runtime.state import StateError, state_folder

RECORD = Record(Run("/s.lua", "d" * 64, ("a", "é"), {"NS": "shop", "KEY": None}), Request("p", {"a": [1.5, None]}),
                Moment(1000, "boot", 5.0), answers=(Answer("x", "yes", approver="me"),)).sealed()  # fmt: skip


def at(unix: float, boot: str = "boot", uptime: float = 5.0) -> Clock:
    return Clock(lambda: unix, lambda: boot, lambda: uptime)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path), at(1000))


def test_a_record_comes_back_as_it_was(store: Store) -> None:
    assert store.load(store.save(RECORD)) == RECORD


def test_tokens_are_new_each_time(store: Store) -> None:
    assert len({store.save(RECORD) for _ in range(20)}) == 20


def test_what_was_decided_stays_on_record(store: Store) -> None:
    token = store.save(RECORD)
    claimed = store.claim(token, RECORD, decide(RECORD.request, "yes", approver="me", at=7))
    store.finish(token, claimed, "ok")
    with pytest.raises(StateError, match=r"^invalid resume token$"):
        store.load(token)
    found = store.decided(token)
    assert (found.outcome, found.decision) == ("ok", Answer(RECORD.request.digest, "yes", "error", "me", 7))


def test_one_of_many_claims_succeeds(store: Store) -> None:
    token = store.save(RECORD)
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def claim() -> None:
        start.wait()
        try:
            store.claim(token, RECORD, decide(RECORD.request, "yes", at=7))
        except StateError as exc:
            outcomes.append(str(exc))
        else:
            outcomes.append("claimed")

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["claimed", *["invalid resume token"] * 7]


@pytest.mark.parametrize(
    ("clock", "expired"),
    [
        pytest.param(at(4600), False, id="to the second"),
        pytest.param(at(4601), True, id="a second later"),
        pytest.param(at(10), False, id="clock set back"),
        pytest.param(at(10, uptime=4000), True, id="clock set back, and waited"),
        pytest.param(at(10, boot="other"), True, id="clock set back, and started anew"),
    ],
)
def test_records_expire(tmp_path: Path, clock: Clock, expired: bool) -> None:
    assert Store(str(tmp_path), clock).expired(RECORD) is expired


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """A full disk, played by the size limit of a process of its own."""
    code = f"""
import resource, os
from tests.runtime.approvals.test_store import RECORD, Store
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    Store({str(tmp_path)!r}).save(RECORD)
except Exception as exc:
    print(exc)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "writing resume state: File too large (os error 27)\n"
    assert list((tmp_path / "resume").iterdir()) == []


def test_a_claim_that_cannot_be_noted_leaves_the_record_waiting(store: Store, tmp_path: Path) -> None:
    token = store.save(RECORD)
    code = f"""
import resource
from tests.runtime.approvals.test_store import RECORD, Store, at, decide
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    Store({str(tmp_path)!r}, at(1000)).claim({token!r}, RECORD, decide(RECORD.request, "yes", at=1))
except Exception as exc:
    print(exc)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "writing resume state: File too large (os error 27)\n"
    assert store.load(token) == RECORD


@pytest.mark.parametrize("stop", ["fsync", "rename"])
def test_a_kill_on_the_way_leaves_the_record_absent_or_whole(tmp_path: Path, stop: str) -> None:
    """The process is killed in front of a system call: before its data is safe, and before it gets its name."""
    code = f"""
import os, signal
from tests.runtime.approvals.test_store import RECORD, Store
os.{stop} = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
Store({str(tmp_path)!r}).save(RECORD)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    store = Store(str(tmp_path))
    assert store.entries() == []
    (left,) = (tmp_path / "resume").iterdir()
    os.utime(left, (1, 1))
    assert store.expire() == 0
    assert not left.exists()


def test_what_waits_is_listed_the_oldest_first_and_damaged_ones_with_their_fault(store: Store, tmp_path: Path) -> None:
    late = store.save(replace(RECORD, created=Moment(999)))
    early = store.save(replace(RECORD, created=Moment(1), ttl=10))
    damaged = tmp_path / "resume" / ("f" * 32 + ".json")
    damaged.write_text("{")
    (tmp_path / "resume" / "notes.json").write_text("{}")
    entries = store.entries()
    assert [entry.token for entry in entries] == [early, late, "f" * 32]
    assert [entry.expired for entry in entries] == [True, False, False]
    assert entries[2].fault.startswith("parsing resume state: ")
    assert store.expire() == 1
    assert store.expire(late) == 1
    assert store.expire(every=True) == 1
    assert store.entries() == []


@pytest.mark.parametrize("token", ["0" * 32, "../x", "", "0" * 31 + "\n"])
def test_there_is_nothing_under_another_token(store: Store, token: str) -> None:
    for action in (store.load, store.decided, store.expire):
        with pytest.raises(StateError, match=r"^invalid resume token$"):
            action(token)


def test_decided_records_go_after_a_month(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    old, new = store.save(RECORD), store.save(RECORD)
    store.claim(old, RECORD, decide(RECORD.request, "yes", at=7))
    os.utime(tmp_path / "resume" / "decided" / f"{old}.json", (1, 1))
    store.claim(new, RECORD, decide(RECORD.request, "yes", at=7))
    assert [path.stem for path in (tmp_path / "resume" / "decided").iterdir()] == [new]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"script_path": 1}, "field `script_path` has the wrong type", id="path"),
        pytest.param({"created_at": 1.5}, "field `created_at` has the wrong type", id="fraction"),
        pytest.param({"created_at": True}, "field `created_at` has the wrong type", id="boolean"),
        pytest.param({"ttl_secs": -1}, "field `ttl_secs` is out of range", id="negative"),
        pytest.param({"created_at": 10**30}, "field `created_at` is out of range", id="huge"),
        pytest.param({"answers": {}}, "field `answers` has the wrong type", id="answers"),
        pytest.param({"answers": [1]}, "a field has members that do not belong there", id="answer"),
        pytest.param({"decision": {"x": 1}}, "a field has members that do not belong there", id="decision"),
        pytest.param({"digest": 5}, "field `digest` has the wrong type", id="digest"),
    ],
)
def test_wrong_fields_are_named(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(RecordError, match=f"^{reason}"):
        parse(json.dumps(json.loads(RECORD.to_json()) | fields))


@pytest.mark.parametrize("length", range(0, len(RECORD.to_json()), 7))
def test_a_record_that_was_cut_is_none(length: int) -> None:
    with pytest.raises(RecordError):
        parse(RECORD.to_json()[:length])


def test_without_any_variable_there_is_no_state_folder() -> None:
    with pytest.raises(StateError, match=r"^resolving state directory: HOME is not set$"):
        state_folder({})

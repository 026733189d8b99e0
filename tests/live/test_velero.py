"""The velero module on a real API server that has Velero's kinds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live.harness import crds
from tests.live.harness.kubernetes import Cluster
from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

KINDS = crds.by_kind(crds.VELERO)
SPACE = "velero"


@pytest.fixture(scope="module")
def filled(kubernetes: Cluster) -> Cluster:
    crds.define(kubernetes, crds.VELERO)
    kubernetes.call("POST", "/api/v1/namespaces", {"metadata": {"name": SPACE}})
    times = {"startTimestamp": "2026-01-01T00:00:00Z", "completionTimestamp": "2026-01-01T00:01:00Z"}
    progress = {"progress": {"itemsBackedUp": 7, "totalItems": 9}}
    nightly = {"velero.io/schedule-name": "nightly"}
    objects: tuple[tuple[str, str, dict[str, Any], dict[str, str]], ...] = (
        ("Backup", "full", {"phase": "Completed", **times, **progress, "warnings": 2}, nightly),
        ("Backup", "part", {"phase": "PartiallyFailed", "errors": 3}, {}),
        ("Restore", "back", {"phase": "Completed", **times}, {}), ("Restore", "broken", {"phase": "Failed"}, {}),
        ("Schedule", "nightly", {"phase": "Enabled", "lastBackup": "2026-01-01T00:00:00Z"}, {}),
        ("Schedule", "wrong", {"phase": "FailedValidation", "validationErrors": ["no cron"]}, {}),
        ("BackupStorageLocation", "main", {"phase": "Available"}, {}),
        ("BackupStorageLocation", "away", {"phase": "Unavailable"}, {}),
        ("VolumeSnapshotLocation", "disks", {"phase": "Available"}, {}),
        ("BackupRepository", "shop", {"phase": "Ready"}, {}),
    )  # fmt: skip
    for kind, name, status, labels in objects:
        crds.put(kubernetes, KINDS[kind], name, SPACE, spec={"x": "y"}, status=status, labels=labels)
    return kubernetes


@pytest.fixture
def talk(filled: Cluster) -> Talk:
    return crds.talk_to("velero", filled)


def test_all_kinds_are_listed(talk):
    code = (
        "return { names(c:backups()), names(c:restores()), names(c:schedules()), names(c:backup_storage_locations()), "
        "names(c:volume_snapshot_locations()), names(c:backup_repositories()), all(c:each('restores', { limit = 1 })) }"
    )
    assert talk(code) == ["full part", "back broken", "nightly wrong", "away main", "disks", "shop", "back broken"]


def test_one_of_each_is_read(talk):
    code = (
        "return { c:backup('full').kind, c:restore('back').kind, c:schedule('nightly').kind, "
        "c:backup_storage_location('main').kind, c:volume_snapshot_location('disks').kind, "
        "c:backup_repository('shop').kind, c:backup('nobody') == nil, c:latest_backup('nightly').metadata.name, "
        "c:latest_backup('nobody') == nil }"
    )
    kinds = ["Backup", "Restore", "Schedule", "BackupStorageLocation", "VolumeSnapshotLocation", "BackupRepository"]
    assert talk(code) == [*kinds, True, "full", True]


def test_states_are_told_and_summed_up(talk):
    code = (
        "local b, r, s = c:backup_status('full'), c:restore_status('back'), c:schedule_status('wrong') "
        "return { b.phase, b.completed, b.warnings, b.items_backed_up, b.items_total, r.phase, r.errors, "
        "s.phase, s.validation_errors[1], c:is_backup_completed('full'), c:is_backup_failed('part'), "
        "c:is_restore_completed('broken'), c:is_schedule_enabled('nightly'), c:is_bsl_available('away'), "
        "c:all_schedules_enabled(), c:all_bsl_available() }"
    )
    schedules = {"enabled": 1, "disabled": 1, "total": 2, "disabled_names": ["wrong"]}
    places = {"available": 1, "unavailable": 1, "total": 2, "unavailable_names": ["away"]}
    first = ["Completed", "2026-01-01T00:01:00Z", 2, 7, 9, "Completed", 0, "FailedValidation", "no cron"]
    assert talk(code) == [*first, True, True, False, True, False, schedules, places]


def test_a_backup_and_a_restore_are_started_and_waited_for(talk, filled):
    def done(found):
        return {"status": {"phase": "Completed"}} if found else None

    for kind, name, made in (
        ("Backup", "new", "c:create_backup('new', { includedNamespaces = { 'default' }, ttl = '24h' })"),
        ("Restore", "from-new", "c:create_restore('from-new', { backupName = 'new' })"),
    ):
        assert talk(f"return {made}.metadata.name") == name
        with crds.controller(filled, KINDS[kind].path(SPACE, name), done, part=""):
            assert talk(f"return c:wait_{kind.lower()}('{name}', 20).phase") == "Completed"
    assert filled.call("GET", KINDS["Backup"].path(SPACE, "new"))["spec"]["ttl"] == "24h"
    assert "Failed" in talk.fails("c:wait_restore('broken', 5)")
    assert "PartiallyFailed" in talk.fails("c:wait_backup('part', 5)")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("c:backup_status('nobody')", "velero: backup nobody not found", id="a backup"),
        pytest.param("c:restore_status('nobody')", "velero: restore nobody not found", id="a restore"),
        pytest.param("c:schedule_status('nobody')", "velero: schedule nobody not found", id="a schedule"),
        pytest.param("c:create_backup('Not A Name')", "HTTP 422", id="a name that is none"),
        pytest.param("c:create_backup('full')", "HTTP 409", id="a name that is taken"),
        pytest.param("c:backup('..')", "must not have the path part", id="a way up"),
        pytest.param("c:backup(nil)", "velero.backup: ", id="no name"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)

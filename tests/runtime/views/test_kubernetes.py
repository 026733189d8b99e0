from __future__ import annotations

import json
import time

import pytest

from assay_shell.runtime.views.choose import choose
from assay_shell.runtime.views.model import Table
from assay_shell.runtime.views.text import render


def ago(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))


def thing(kind, name="web", namespace="shop", **members):
    metadata = {"name": name, "creationTimestamp": ago(3 * 86400 + 60)}
    if namespace:
        metadata["namespace"] = namespace
    return {"kind": kind, "apiVersion": "v1", "metadata": metadata, **members}


def listed(kind, *items):
    return {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {}, "items": list(items)}


def pod(name="web", state=None, *, ready=True, restarts=0, phase="Running", **status):
    status = {
        "phase": phase,
        "containerStatuses": [{"ready": ready, "restartCount": restarts, "state": state or {"running": {}}}],
        **status,
    }
    return thing("Pod", name, spec={"containers": [{}], "nodeName": "node-1"}, status=status)


@pytest.fixture
def table(runtime):
    """The view of a JSON value that Lua has parsed."""

    def show(value):
        runtime.lua.globals()["given"] = json.dumps(value).encode()
        return choose(runtime, runtime.compile("return json.parse(given)")())

    return show


def row(view):
    return dict(zip([column.title for column in view.columns], view.rows[0], strict=True))


def test_a_list_of_pods_is_what_operators_know(table):
    view = table(listed("Pod", pod("cart"), pod("web", {"waiting": {"reason": "CrashLoopBackOff"}}, restarts=17)))
    lines = render(view).split("\n")
    assert lines[0].split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE"]
    assert lines[1].split() == ["cart", "1/1", "Running", "0", "3d", "node-1"]
    assert lines[2].split() == ["web", "1/1", "CrashLoopBackOff", "17", "3d", "node-1"]


@pytest.mark.parametrize(
    ("made", "status"),
    [
        pytest.param(pod(), "Running", id="running"),
        pytest.param(pod(state={"terminated": {"exitCode": 0, "reason": "Completed"}}), "Completed", id="completed"),
        pytest.param(pod(state={"terminated": {"exitCode": 3}}), "ExitCode:3", id="exit code"),
        pytest.param(pod(state={"terminated": {"exitCode": 137, "signal": 9}}), "Signal:9", id="signal"),
        pytest.param(pod(state={"waiting": {"reason": "ImagePullBackOff"}}), "ImagePullBackOff", id="waiting"),
        pytest.param(pod(phase="Failed", reason="Evicted", containerStatuses=[]), "Evicted", id="evicted"),
        pytest.param(pod(phase="Pending", containerStatuses=None), "Pending", id="nothing known of containers"),
        pytest.param(
            {**pod(phase="Pending", initContainerStatuses=[{"state": {"running": {}}}]),
             "spec": {"containers": [{}], "initContainers": [{}, {}]}},
            "Init:0/2", id="init",
        ),
        pytest.param(
            pod(phase="Pending", initContainerStatuses=[{"state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]),
            "Init:Error", id="init failed",
        ),
    ],
)  # fmt: skip
def test_the_status_of_a_pod_is_the_reason_that_explains_it(table, made, status):
    assert row(table(made))["STATUS"] == status


def test_a_pod_that_is_being_deleted_says_so(table):
    made = pod()
    made["metadata"]["deletionTimestamp"] = ago(1)
    assert row(table(made))["STATUS"] == "Terminating"


@pytest.mark.parametrize(
    ("made", "cells"),
    [
        pytest.param(
            thing("Deployment", spec={"replicas": 3}, status={"readyReplicas": 2, "updatedReplicas": 3}),
            {"READY": "2/3", "UP-TO-DATE": 3, "AVAILABLE": 0}, id="deployment",
        ),
        pytest.param(thing("StatefulSet", spec={"replicas": 2}, status={}), {"READY": "0/2"}, id="statefulset"),
        pytest.param(
            thing("DaemonSet", spec={"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
                  status={"desiredNumberScheduled": 4, "numberReady": 3}),
            {"DESIRED": 4, "READY": 3, "NODE SELECTOR": "disk=ssd"}, id="daemonset",
        ),
        pytest.param(
            thing("Service", spec={"type": "LoadBalancer", "clusterIP": "10.0.0.1",
                                   "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}]}),
            {"TYPE": "LoadBalancer", "CLUSTER-IP": "10.0.0.1", "EXTERNAL-IP": "<pending>", "PORT(S)": "80:30080/TCP"},
            id="service",
        ),
        pytest.param(
            thing("Node", namespace="", spec={"unschedulable": True},
                  status={"conditions": [{"type": "Ready", "status": "True"}],
                          "nodeInfo": {"kubeletVersion": "v1.31"}}),
            {"STATUS": "Ready,SchedulingDisabled", "ROLES": "<none>", "VERSION": "v1.31"}, id="node",
        ),
        pytest.param(thing("Namespace", namespace="", status={"phase": "Active"}), {"STATUS": "Active"}, id="space"),
        pytest.param(
            thing("Job", spec={"completions": 1},
                  status={"succeeded": 1, "startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:01:00Z",
                          "conditions": [{"type": "Complete", "status": "True"}]}),
            {"STATUS": "Complete", "COMPLETIONS": "1/1", "DURATION": 60}, id="job",
        ),
        pytest.param(
            thing("CronJob", spec={"schedule": "@daily", "suspend": False}, status={"active": [{}]}),
            {"SCHEDULE": "@daily", "SUSPEND": "False", "ACTIVE": 1}, id="cronjob",
        ),
        pytest.param(
            thing("Ingress", spec={"ingressClassName": "nginx", "rules": [{"host": "a.example"}], "tls": [{}]}),
            {"CLASS": "nginx", "HOSTS": "a.example", "PORTS": "80, 443"}, id="ingress",
        ),
        pytest.param(
            thing("PersistentVolumeClaim", spec={"storageClassName": "fast", "accessModes": ["ReadWriteOnce"]},
                  status={"phase": "Bound", "capacity": {"storage": "1Gi"}}),
            {"STATUS": "Bound", "CAPACITY": "1Gi", "ACCESS MODES": "RWO", "STORAGECLASS": "fast"}, id="claim",
        ),
        pytest.param(thing("ConfigMap", data={"a": "1", "b": "2"}), {"DATA": 2}, id="configmap"),
        pytest.param(thing("Secret", type="Opaque", data={"a": "1"}), {"TYPE": "Opaque", "DATA": 1}, id="secret"),
        pytest.param(
            thing("Event", type="Warning", reason="BackOff", involvedObject={"kind": "Pod", "name": "web"}, count=4,
                  message="back-off", lastTimestamp=ago(30)),
            {"TYPE": "Warning", "REASON": "BackOff", "OBJECT": "pod/web", "COUNT": 4, "MESSAGE": "back-off"},
            id="event",
        ),
        pytest.param(thing("Stage", spec={}), {"NAMESPACE": "shop", "NAME": "web"}, id="any other kind"),
    ],
)  # fmt: skip
def test_each_kind_has_its_columns(table, made, cells):
    assert cells.items() <= row(table(listed(made["kind"], made))).items()


def test_items_of_a_list_need_not_say_their_kind(table):
    made = pod()
    del made["kind"], made["apiVersion"]
    assert "READY" in row(table(listed("Pod", made)))
    assert "READY" in row(table([made]))


def test_namespaces_are_a_column_where_they_differ(table):
    other = pod("x")
    other["metadata"]["namespace"] = "other"
    assert "NAMESPACE" not in row(table(listed("Pod", pod("a"), pod("b"))))
    assert row(table(listed("Pod", pod("a"), other)))["NAMESPACE"] == "shop"


def test_objects_of_several_kinds_say_which(table):
    assert row(table([pod(), thing("Service", spec={})]))["KIND"] == "Pod"


def test_an_empty_list_is_a_table_without_rows(table):
    view = table(listed("Pod"))
    assert isinstance(view, Table)
    assert view.total == 0


def test_a_missing_or_broken_time_is_no_age(table):
    made = pod()
    made["metadata"]["creationTimestamp"] = "yesterday"
    assert row(table(made))["AGE"] is None


@pytest.mark.parametrize("broken", [None, 5, "x", [], [5], {}, [None, "x"]])
def test_objects_that_are_not_what_they_should_be_do_no_harm(table, broken):
    for kind in ("Pod", "Deployment", "Service", "Node", "Job", "Ingress", "Event", "Secret", "PersistentVolumeClaim"):
        made = thing(kind, spec=broken, status=broken, data=broken, involvedObject=broken, type=broken, reason=broken)
        if broken is not None:
            assert render(table(listed(kind, made)))
        nested = thing(kind, spec={"containers": broken, "ports": broken, "rules": broken, "accessModes": broken},
                       status={"containerStatuses": broken, "conditions": broken, "loadBalancer": broken})  # fmt: skip
        assert render(table(listed(kind, nested)))


def test_changes_are_shown_as_the_objects_that_changed(table):
    changes = [{"type": "ADDED", "object": pod("cart")}, {"type": "DELETED", "object": thing("Pod", "web")}]
    lines = render(table(changes)).split("\n")
    assert lines[0].split() == ["CHANGE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE"]
    assert lines[1].split() == ["ADDED", "cart", "1/1", "Running", "0", "3d", "node-1"]
    assert lines[2].split()[:2] == ["DELETED", "web"]

"""What assay.k8s applies, and what read-only mode leaves of it."""

from __future__ import annotations

import pytest

from tests.stdlib.k8s.cluster import NS, PODS, caught, named

# Applying ---------------------------------------------------------------------------------------------------

TEXT = """# two objects
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
data:
  text: |
    ---
    not a border
--- # the next
apiVersion: v1
kind: Namespace
metadata: {name: two}
...
---
"""


def test_each_document_of_a_text_is_applied_as_it_stands(ask, stub):
    stub.on("PATCH", f"{NS}/configmaps/one", json=named("one")[0])
    stub.on("PATCH", "/api/v1/namespaces/two", json=named("two")[0])
    assert ask(f"local made = c:apply([[{TEXT}]]) return {{ made[1].metadata.name, #made }}") == ["one", 2]
    assert b"    ---\n    not a border" in stub.requests[0].body
    assert stub.requests[0].query == "fieldManager=assay"
    assert stub.requests[0].header("content-type") == "application/apply-patch+yaml"
    assert b"Namespace" in stub.requests[1].body


def test_lists_are_applied_object_by_object(ask, stub):
    stub.on("PATCH", f"{NS}/configmaps/one", json=named("one")[0])
    item = "{ apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'one' } }"
    assert len(ask(f"return c:apply({{ {item}, {item} }})")) == 2
    assert len(ask(f"return c:apply({{ kind = 'List', items = {{ {item} }} }})")) == 1
    assert len(ask("return c:apply('apiVersion: v1\\nkind: List\\nitems: [{apiVersion: v1, kind: ConfigMap, "
                   "metadata: {name: one}}]')")) == 1  # fmt: skip


def test_the_kind_of_a_custom_object_is_asked_for_by_its_version(ask, stub):
    stub.on("GET", "/apis/acme/v2", json={"resources": [{"name": "mice", "kind": "Mouse", "namespaced": True}]})
    stub.on("PATCH", "/apis/acme/v2/namespaces/shop/mice/m", json=named("m")[0])
    mouse = "{ apiVersion = 'acme/v2', kind = 'Mouse', metadata = { name = 'm' } }"
    assert ask(f"c:apply({mouse}) return c:apply({mouse}).metadata.name") == "m"
    assert [request.method for request in stub.requests] == ["GET", "PATCH", "PATCH"]
    assert "k8s.apply: the server has no Rat in acme/v2" in ask(caught(f"c:apply({mouse.replace('Mouse', 'Rat')})"))


def test_what_was_read_can_be_written_back_with_what_is_empty_in_it(ask, stub):
    pod = {"spec": {"volumes": [{"name": "v", "emptyDir": {}}], "containers": [{"resources": {}, "args": []}]}}
    stub.on("GET", f"{PODS}/x", json=pod)
    stub.on("PUT", f"{PODS}/x", json={})
    ask("local pod = c:pod('x') c:update(nil, 'pod', 'x', pod) assert.eq(json.encode({}), '[]')")
    assert stub.requests[1].json() == pod


# Read-only mode ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "post('/x', {})", "put('/x', {})", "patch('/x', {})", "delete('/x')", "create(nil, 'pod', {})",
        "update(nil, 'pod', 'x', {})", "patch_resource(nil, 'pod', 'x', {})", "delete_resource(nil, 'pod', 'x')",
        "scale(nil, 'deployment', 'x', 1)", "restart(nil, 'deployment', 'x')",
        "apply({ apiVersion = 'v1', kind = 'Pod', metadata = { name = 'x' } })",
        "exec(nil, 'x', 'ls')", "port_forward(nil, 'x', 80)",
    ],
)  # fmt: skip
def test_whatever_changes_something_is_refused_in_read_only_mode(ask, stub, call):
    assert "blocked (" in ask(caught(f"c:{call}"), readonly=True)
    assert stub.requests == []


def test_reading_goes_on_in_read_only_mode(ask, stub):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": named("a")})
    stub.on("GET", f"{PODS}/a/log", body="x")
    code = "return { #c:pods().items, c:watch(nil, 'pod'):next().type, c:logs(nil, 'a'), c:exists(nil, 'pod', 'b') }"
    assert ask(code, readonly=True) == [1, "ADDED", "x", False]

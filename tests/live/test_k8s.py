"""The k8s module on a real cluster: API server, controllers, and pods that run as far as anybody can tell."""

from __future__ import annotations

import json

import pytest

from tests.live.harness import crds
from tests.live.harness.kubernetes import LOG, NODE
from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

SPACE = "live"
HELPERS = (
    f"local NODE, n, o = '{NODE}', '{SPACE}', {{ context = 'admin' }} "
    "local function with(more) local all = { context = 'admin' } "
    "for k, v in pairs(more) do all[k] = v end return all end "
    "local function names(list) local found = {} "
    "for i, x in ipairs(list.items or list) do found[i] = x.metadata.name end table.sort(found) return found end "
    "local function map(name, data) return { apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = name, "
    "labels = { made = 'here' } }, data = data } end "
    "local function pod_spec(more) local spec = more or {} spec.nodeName = NODE "
    "spec.containers = { { name = 'main', image = 'x' } } return spec end "
    "local function until_true(check) local deadline = time() + 30 repeat local found = check() "
    "if found then return found end sleep(0.1) until time() > deadline error('it never came') end "
)
MAPS = f"/api/v1/namespaces/{SPACE}/configmaps"


@pytest.fixture(scope="module")
def space(kubernetes):
    kubernetes.call("POST", "/api/v1/namespaces", {"metadata": {"name": SPACE}})
    return kubernetes


@pytest.fixture
def talk(space, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(space.kubeconfig))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    return Talk("k8s", HELPERS)


@pytest.fixture
def web(talk):
    """A Deployment with two pods and a Service before them."""
    code = (
        "local labels = { app = 'web' } m.apply({ { apiVersion = 'apps/v1', kind = 'Deployment', "
        "metadata = { name = 'web' }, spec = { replicas = 2, selector = { matchLabels = labels }, "
        "template = { metadata = { labels = labels }, "
        "spec = pod_spec() } } }, { apiVersion = 'v1', kind = 'Service', metadata = { name = 'web' }, spec = { "
        "selector = labels, ports = { { port = 80 } } } } }, with({ namespace = n })) "
        "return m.wait_ready(n, 'deployment', 'web', 30, with({ interval = 0.1 }))"
    )
    assert talk(code) is True
    return talk


# Raw paths ------------------------------------------------------------------------------------------------


def test_raw_paths_are_created_read_replaced_patched_and_deleted(talk):
    code = (
        f"local base = '{MAPS}' local made = m.post(base, map('raw', {{ a = '1' }}), o) "
        "made.data = { a = '2', b = '2' } m.put(base .. '/raw', made, o) "
        "m.patch(base .. '/raw', { data = { b = json.null } }, o) "
        "m.patch(base .. '/raw', { { op = 'add', path = '/data/c', value = '3' } }, with({ type = 'json' })) "
        "local found = m.get(base .. '/raw', o).data m.delete(base .. '/raw', o) "
        "return { found, m.exists(n, 'configmap', 'raw', o) }"
    )
    assert talk(code) == [{"a": "2", "c": "3"}, False]


# Objects by kind ------------------------------------------------------------------------------------------


def test_an_object_is_created_read_replaced_changed_and_deleted(talk):
    code = (
        "local made = m.create(n, 'configmap', map('kept', { a = '1' }), o) made.data = { a = '2' } "
        "m.update(n, 'configmap', 'kept', made, o) m.patch_resource(n, 'configmap', 'kept', { data = { b = '3' } }, o) "
        "local found = m.get_resource(n, 'configmap', 'kept', o).data "
        "local there = m.exists(n, 'configmap', 'kept', o) "
        "local data = m.get_configmap(n, 'kept', o) m.delete_resource(n, 'configmap', 'kept', o) "
        "return { found, there, data, m.exists(n, 'configmap', 'kept', o) }"
    )
    data = {"a": "2", "b": "3"}
    assert talk(code) == [data, True, data, False]


def test_a_secret_keeps_all_bytes(talk):
    code = (
        "local bytes = '' for i = 0, 255 do bytes = bytes .. string.char(i) end "
        "m.create(n, 'secret', { metadata = { name = 'bytes' }, data = { all = base64.encode(bytes) } }, o) "
        "local same = m.get_secret(n, 'bytes', o).all == bytes m.delete_resource(n, 'secret', 'bytes', o) return same"
    )
    assert talk(code) is True


def test_lists_are_chosen_limited_and_paged(talk):
    code = (
        "for i = 1, 5 do m.create(n, 'configmap', map('page-' .. i, { n = tostring(i) }), o) end "
        "local chosen = names(m.list(n, 'configmap', with({ label_selector = { made = 'here' } }))) "
        "local field = names(m.list(n, 'configmap', with({ field_selector = 'metadata.name=page-3' }))) "
        "local first = m.list(n, 'configmap', with({ label_selector = 'made=here', limit = 2 })) "
        "local second = m.list(n, 'configmap', with({ label_selector = 'made=here', limit = 2, "
        "continue = first.metadata.continue })) local paged = {} "
        "for x in m.each('*', 'configmap', with({ label_selector = 'made=here', limit = 2 })) do "
        "paged[#paged + 1] = x end "
        "for i = 1, 5 do m.delete_resource(n, 'configmap', 'page-' .. i, o) end "
        "return { chosen, field, names(first), names(second), names(paged) }"
    )
    all_five = [f"page-{number}" for number in range(1, 6)]
    assert talk(code) == [all_five, ["page-3"], all_five[:2], all_five[2:4], all_five]


def test_objects_are_applied_from_yaml_and_conflicts_are_told(talk):
    code = (
        'local text = \'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: one}\\ndata: {a: "1"}\\n---\\n'
        "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: two}\\n' "
        "local made = m.apply(text, with({ namespace = n })) "
        "local other = map('one', { a = '2' }) other.metadata.labels = nil "
        "local ok, e = pcall(m.apply, other, with({ namespace = n, field_manager = 'somebody' })) "
        "m.apply(other, with({ namespace = n, field_manager = 'somebody', force = true })) "
        "local data = m.get_configmap(n, 'one', o) for _, name in ipairs({ 'one', 'two' }) do "
        "m.delete_resource(n, 'configmap', name, o) end return { names(made), ok, e.status, data.a }"
    )
    assert talk(code) == [["one", "two"], False, 409, "2"]


def test_kinds_are_taught_or_asked_from_the_server(talk, space):
    crds.define(space, crds.KARGO)
    crds.put(space, crds.by_kind(crds.KARGO)["Warehouse"], "w-1", SPACE, spec={"x": "y"})
    code = (
        "local asked = names(m.list(n, 'warehouses', o)) "
        "m.register_crd('depot', 'kargo.akuity.io', 'v1alpha1', 'warehouses') local known = {} "
        "for _, kind in ipairs(m.kinds(o)) do known[kind.kind] = kind.group end "
        "return { asked, m.get_resource(n, 'depot', 'w-1', o).kind, m._resource_path(n, 'depot', 'x'), "
        "m._list_path(n, 'Pod'), known.Warehouse, known.Pod }"
    )
    path = f"/apis/kargo.akuity.io/v1alpha1/namespaces/{SPACE}/warehouses/x"
    pods = f"/api/v1/namespaces/{SPACE}/pods"
    assert talk(code) == [["w-1"], "Warehouse", path, pods, "kargo.akuity.io", ""]


# Workloads ------------------------------------------------------------------------------------------------


def test_a_deployment_is_rolled_out_scaled_and_restarted(web):
    code = (
        "local r = m.rollout_status(n, 'web', o) "
        "local before = names(m.list_pods(n, with({ label_selector = 'app=web' }))) "
        "local counts = m.pod_status(n, with({ label_selector = 'app=web' })) "
        "m.scale(n, 'deployment', 'web', 3, o) "
        "until_true(function() return m.rollout_status(n, 'web', o).ready == 3 end) "
        "m.restart(n, 'deployment', 'web', o) "
        "until_true(function() local now = m.list_pods(n, with({ label_selector = 'app=web' })) "
        "for _, name in ipairs(names(now)) do "
        "for _, old in ipairs(before) do if name == old then return false end end end "
        "return #now.items >= 3 end) m.scale(n, 'deployment', 'web', 2, o) "
        "return { r.desired, r.ready, r.complete, counts.running, counts.total, #before, "
        "until_true(function() return m.is_ready(n, 'deployment', 'web', o) end) }"
    )
    assert web(code) == [2, 2, True, 2, 2, 2, True]


def test_a_service_has_the_addresses_of_its_pods(web):
    code = "return #until_true(function() local ips = m.service_endpoints(n, 'web', o) return #ips >= 2 and ips end)"
    assert web(code) >= 2


def test_the_log_of_a_pod_is_read_and_followed(web):
    code = (
        "local pod = m.list_pods(n, with({ label_selector = 'app=web' })).items[1].metadata.name "
        "local lines = {} for line in m.logs(n, pod, with({ follow = true })) do lines[#lines + 1] = line "
        f"if #lines == {len(LOG)} then break end end return {{ m.logs(n, pod, o), lines }}"
    )
    assert web(code) == ["".join(f"{line}\n" for line in LOG), list(LOG)]


def test_a_command_runs_in_a_pod(web):
    # What stands for the kubelet tells neither a command that its input has ended, nor us its exit code.
    code = (
        "local pod = m.list_pods(n, with({ label_selector = 'app=web' })).items[1].metadata.name "
        "local a = m.exec(n, pod, { 'sh', '-c', 'head -c 9; echo err >&2' }, with({ stdin = 'from here' })) "
        "local seen = {} local b = m.exec(n, pod, 'echo a b; echo c', with({ on_line = function(line, name) "
        "seen[#seen + 1] = name .. ' ' .. line end })) "
        "local c = m.exec(n, pod, { 'sleep', '20' }, with({ timeout = 0.5 })) "
        "local ok, e = pcall(m.exec, n, pod, { 'sh', '-c', 'exit 3' }, o) "
        "return { a.status, a.stdout, a.stderr, b.status, b.stdout, seen, c.timed_out, c.status, tostring(e) }"
    )
    *found, refusal = web(code)
    assert found == [0, "from here", "err\n", 0, "a b\nc\n", ["stdout a b", "stdout c"], True, -1]
    assert "exit status 3" in refusal


def test_a_port_leads_to_a_pod(web, space):
    # Here port 8080 of all pods is the API server itself.
    code = (
        "local pod = m.list_pods(n, with({ label_selector = 'app=web' })).items[1].metadata.name "
        "local way <close> = m.port_forward(n, pod, 8080, o) local r = http.get('https://127.0.0.1:' .. "
        f"math.floor(way.port) .. '/version', {{ ca_cert_file = '{space.ca}' }}) return json.parse(r.body).gitVersion"
    )
    assert web(code) == "v1.37.2"


def test_changes_are_watched_as_they_happen(talk):
    code = (
        "m.create(n, 'configmap', map('first', {}), o) local found = {} "
        "for e in m.watch(n, 'configmap', with({ label_selector = 'made=here', timeout = 20 })) do "
        "found[#found + 1] = e.type .. ' ' .. e.object.metadata.name "
        "if #found == 1 then m.create(n, 'configmap', map('second', {}), o) end "
        "if #found == 2 then m.patch_resource(n, 'configmap', 'second', { data = { a = 'b' } }, o) end "
        "if #found == 3 then m.delete_resource(n, 'configmap', 'first', o) end if #found == 4 then break end end "
        "m.delete_resource(n, 'configmap', 'second', o) return found"
    )
    assert talk(code) == ["ADDED first", "ADDED second", "MODIFIED second", "DELETED first"]


def test_objects_tell_whether_they_are_ready(talk):
    code = (
        "m.create(n, 'job', { metadata = { name = 'once' }, "
        "spec = { template = { spec = pod_spec({ restartPolicy = 'Never' }) } } }, o) "
        "local done = m.wait_ready(n, 'job', 'once', 30, with({ interval = 0.1 })) "
        "m.delete_resource(n, 'job', 'once', with({ propagation = 'Background' })) "
        "return { done, m.is_ready(nil, 'node', NODE, o), m.is_ready(nil, 'namespace', n, o), "
        "m.namespace_exists(n, o), m.namespace_exists('nowhere', o) }"
    )
    assert talk(code) == [True, True, True, True, False]


def test_nodes_tell_their_state(talk):
    code = "local node = m.node_status(o)[1] return { node.name, node.ready, type(node.capacity) }"
    assert talk(code) == [NODE, True, "table"]


def test_events_about_an_object_are_found(talk):
    code = (
        "m.create(n, 'event', { metadata = { name = 'seen' }, involvedObject = { kind = 'Pod', name = 'p-1', "
        "namespace = n }, reason = 'Looked', message = 'at it', type = 'Normal' }, o) "
        "local about, all = m.events_for(n, 'Pod', 'p-1', o).items, m.list_events(n, o).items "
        "m.delete_resource(n, 'event', 'seen', o) return { #about, about[1].reason, #all >= 1 }"
    )
    assert talk(code) == [1, "Looked", True]


# Clients and contexts -------------------------------------------------------------------------------------


def test_contexts_and_clients(talk, space):
    code = (
        "local found = {} "
        "for _, x in ipairs(m.contexts()) do found[#found + 1] = x.name .. (x.current and '*' or '') end "
        f"local c = m.client('{space.url}', {{ token = '{space.token}', ca_cert_file = '{space.ca}' }}) "
        "local d = m.client({ context = 'admin', namespace = n }) "
        "return { found, c:namespace_exists(n), #c:pods(n).items >= 0, c:node(NODE).metadata.name, "
        "d:exists(nil, 'serviceaccount', 'default') }"
    )
    assert talk(code) == [["admin*", "guest"], True, True, NODE, True]


def test_somebody_without_rights_is_refused_and_the_token_not_told(talk, space):
    message = talk.fails("m.list(n, 'secret', { context = 'guest' })")
    assert f"k8s.get: HTTP 403 /api/v1/namespaces/{SPACE}/secrets" in message
    assert space.guest not in message
    assert talk("return m.exists(n, 'secret', 'x', { context = 'guest' })") is False


def test_a_program_signs_in_again_when_the_server_refuses_what_it_gave(talk, space, tmp_path, monkeypatch):
    program, config = tmp_path / "login", json.loads(space.kubeconfig.read_text())
    version = "client.authentication.k8s.io/v1"
    answer = f'{{"apiVersion":"{version}","kind":"ExecCredential","status":{{"token":"%s"}}}}'
    program.write_text(
        f"#!/bin/sh\ncd '{tmp_path}'\nif [ -e asked ]; then token={space.token}; else token=over; fi\n"
        f"echo x >> asked\nprintf '{answer}' $token\n"
    )
    program.chmod(0o700)
    config["users"][0]["user"] = {"exec": {"apiVersion": version, "command": str(program)}}
    (tmp_path / "config").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    assert talk("local c = m.client() return { c:namespace_exists(n), c:namespace_exists(n) }") == [True, True]
    assert (tmp_path / "asked").read_text() == "x\nx\n"


def test_the_token_of_vault_is_taken_from_a_secret(talk, openbao):
    code = (
        "m.apply({ apiVersion = 'v1', kind = 'Secret', metadata = { name = 'root', namespace = n }, stringData = { "
        f"token = '{openbao.token}\\n' }} }}, o) "
        f"local c = require('assay.vault').authenticated_client('{openbao.url}', {{ secret_namespace = n, "
        "secret_name = 'root', secret_key = 'token', timeout = 5 }) return c:token_lookup_self().policies"
    )
    assert talk(code) == ["root"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("m.get_resource(n, 'pod', 'nobody', o)", "/pods/nobody", id="a pod"),
        pytest.param("m.list(n, 'gizmo', o)", "k8s: unknown resource kind 'gizmo'", id="a kind"),
        pytest.param("m.get_resource(n, 'pod', nil, o)", "attempt to concatenate a nil value", id="no name"),
        pytest.param("m.get_resource(n, 'pod', '..', o)", "must not have the path part", id="a way up"),
        pytest.param("m.create(n, 'configmap', map('Not A Name'), o)", "k8s.post: HTTP 422", id="a name that is none"),
        pytest.param("m.scale(n, 'deployment', 'nobody', 1, o)", "k8s.patch: HTTP 404", id="nothing to scale"),
        pytest.param("m.exec(n, 'nobody', { 'true' }, o)", "k8s.exec: HTTP 404", id="nowhere to run"),
        pytest.param("m.logs(n, 'nobody', o)", "k8s.logs: HTTP 404", id="no log"),
        pytest.param("m.wait_ready(n, 'pod', 'nobody', 0.2, o)", "pod/nobody not ready after 0.2s", id="in vain"),
        pytest.param("m.list(n, 'pod', { context = 'nowhere' })", "nowhere", id="a context"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)

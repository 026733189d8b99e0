--- @module assay.k8s
--- @category kubernetes
--- @description Kubernetes API client: many resource kinds, CRDs, readiness, pod logs, rollouts
--- @keywords kubernetes, k8s, pods, deployments, services, secrets, configmaps, namespaces, crd, custom-resources, rbac, events, logs, rollout, nodes, readiness, wait, deploy, deployment
--- @env KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT
--- @quickref M.register_crd(kind, api_group, version, plural, cluster_scoped?) -> nil | Teach all functions a kind; needed only where the server cannot be asked
--- @quickref M.get(path, opts?) -> object | GET a raw API path
--- @quickref M.post(path, body?, opts?) -> object | POST to a raw API path
--- @quickref M.put(path, body?, opts?) -> object | PUT to a raw API path
--- @quickref M.patch(path, body?, opts?) -> object | PATCH a raw API path; opts: {type = merge, json, strategic or apply, content_type}
--- @quickref M.delete(path, opts?) -> nil | DELETE a raw API path; opts: {propagation, grace_period, dry_run}
--- @quickref M.get_resource(namespace, kind, name, opts?) -> object | One object by kind and name
--- @quickref M.list(namespace, kind, opts?) -> {items, metadata} | All objects of a kind; namespace "*" is all; opts: {label_selector, field_selector, limit, continue}
--- @quickref M.create(namespace, kind, body, opts?) -> object | Create an object
--- @quickref M.update(namespace, kind, name, body, opts?) -> object | Replace an object
--- @quickref M.patch_resource(namespace, kind, name, body, opts?) -> object | Change parts of an object; opts as patch
--- @quickref M.delete_resource(namespace, kind, name, opts?) -> nil | Delete an object; opts as delete
--- @quickref M.exists(namespace, kind, name, opts?) -> bool | Whether the server shows an object; false for any status but 200
--- @quickref M.get_secret(namespace, name, opts?) -> {key = text} | Decoded data of a Secret
--- @quickref M.get_configmap(namespace, name, opts?) -> {key = text} | Data of a ConfigMap
--- @quickref M.list_pods(namespace, opts?) -> {items} | Pods of a namespace; opts as list
--- @quickref M.list_events(namespace, opts?) -> {items} | Events of a namespace; opts as list
--- @quickref M.pod_status(namespace, opts?) -> {running, pending, succeeded, failed, unknown, total} | Pods of a namespace counted by phase
--- @quickref M.is_ready(namespace, kind, name, opts?) -> bool | Whether an object is ready, by the rule of its kind
--- @quickref M.wait_ready(namespace, kind, name, timeout_secs?, opts?) -> true | Wait until an object is ready, 60 s; opts: {interval = 2}
--- @quickref M.service_endpoints(namespace, name, opts?) -> [ip] | Addresses behind a Service that are ready
--- @quickref M.logs(namespace, pod_name, opts?) -> str|iterator | Log of a pod; opts: {container, tail, since, since_time, previous, timestamps, follow}
--- @quickref M.rollout_status(namespace, name, opts?) -> {desired, updated, ready, available, unavailable, complete} | How far a Deployment has been rolled out
--- @quickref M.node_status(opts?) -> [{name, ready, roles, capacity, allocatable}] | State of all nodes
--- @quickref M.namespace_exists(name, opts?) -> bool | Whether the server shows a namespace
--- @quickref M.events_for(namespace, kind, name, opts?) -> {items} | Events about one object; the kind is spelled as in the object (Pod)
--- @quickref M.each(namespace, kind, opts?) -> iterator | Objects of a kind from all pages; opts: {label_selector, field_selector, limit = 500 a page}
--- @quickref M.watch(namespace, kind, opts?) -> iterator | Changes {type, object} as they happen; opts: {label_selector, field_selector, initial, resource_version, timeout}
--- @quickref M.apply(object, opts?) -> object|[object] | Server-side apply of an object, a list, or YAML text; opts: {namespace, field_manager = "assay", force, dry_run}
--- @quickref M.scale(namespace, kind, name, replicas, opts?) -> scale | Set the number of replicas
--- @quickref M.restart(namespace, kind, name, opts?) -> object | Replace all pods of a Deployment, StatefulSet or DaemonSet, as its strategy says
--- @quickref M.exec(namespace, pod_name, command, opts?) -> {status, stdout, stderr, timed_out} | Run a command in a container; opts: {container, stdin, timeout, on_line}
--- @quickref M.port_forward(namespace, pod_name, port, opts?) -> {address, port, close} | Have a port of this machine lead to a port of a pod; opts: {local_port = any, address = "127.0.0.1"}
--- @quickref M.kinds(opts?) -> [{kind, name, group, version, namespaced, short_names, verbs}] | All kinds of objects the server has
--- @quickref M.contexts() -> [{name, cluster, user, namespace, current}] | Contexts of the kubeconfig

-- The shared parts are loaded when a function is first called.
local function part(name)
  return setmetatable({}, { __index = function(_, key) return require(name)[key] end })
end

local Api, kube = part("assay.lib.kube_api"), part("assay.lib.kube")
local kinds, reach = part("assay.lib.kube_kinds"), part("assay.lib.kube_reach")
local M = {}

-- The parentheses below keep a frame of this file on the stack, which errors then name.

-- What the methods stand on is looked up in the module, since scripts may have replaced it.
local module = setmetatable({}, {
  __index = function(_, name)
    local f = M[name]
    return f and function(_, ...) return f(...) end
  end,
})

--- Makes a client: all functions here are its methods, without the options that say which cluster is meant, and so
--- is every kind of object by its name: `c:pods(namespace?, opts?)` lists, `c:pod(namespace?, name)` gets one.
---
--- `client(opts?)`: `context` (of the kubeconfig; without it the pod's own cluster, else the current context), `token`,
--- `namespace` (where a call says nil; else the one of the context, else "default"). `client(url, opts)`: `token`,
--- `namespace`, `ca_cert`, `ca_cert_file`, `cert`, `key`, `verify`, `server_name`, `headers`, `timeout`; a text instead
--- of options is the token. `c:discover()` adds methods for all kinds that the server has. Where a program of the
--- kubeconfig signs in, it is asked again when that has expired or the server takes it no longer.
--- Errors: there is no cluster, no such context, or it cannot be used (`kubeconfig: ...`).
--- Example: `local c = require("assay.k8s").client({ context = "staging", namespace = "shop" })`
--- @effect read
M.client = function(url, opts)
  return require("assay.lib.kube_client")(url, opts)
end

--- Adds a kind of object, or puts it in the place of another of that name. Kinds that the server has are found without
--- this; it saves the question, and chooses a version.
--- Errors: an argument is no text.
--- Example: `k8s.register_crd("Certificate", "cert-manager.io", "v1", "certificates")`
--- @effect read
function M.register_crd(kind, api_group, version, plural, cluster_scoped)
  kinds.register(kind, api_group, version, plural, cluster_scoped)
end

--- Gives the path of an object, of a kind that is known without asking a server.
--- Errors: `k8s: unknown resource kind 'KIND'.`; an argument is no text or would leave the path.
--- Example: `k8s._resource_path("shop", "pod", "web-0")`
--- @effect read
function M._resource_path(namespace, kind, name)
  return reach.static_path("_resource_path", namespace, kind, "/{name}", { name = name })
end

--- Gives the path of all objects of a kind in a namespace; of all namespaces for "*".
--- Errors: as `_resource_path`.
--- Example: `k8s._list_path("*", "pod")`
--- @effect read
function M._list_path(namespace, kind)
  return reach.static_path("_list_path", namespace, kind, "", {})
end

--- Gets what is at a path of the API. Options, here and everywhere: `context` (of the kubeconfig), or `base_url` and
--- `token`; `timeout` (seconds), `ca_cert`, `verify` and the like. Without them it is the context that was chosen by
--- `.context` in the shell, else the cluster of the pod that the script runs in, else the current context.
--- Errors: `k8s.get: HTTP STATUS PATH: BODY` for any status but 200; there is no cluster; no answer came.
--- Example: `print(k8s.get("/version", { context = "staging" }).gitVersion)`
--- @effect read
function M.get(path, opts)
  return (Api.get(module, path, opts))
end

--- Sends an object, or a text as it is. What is empty in a table goes out as `{}`, except in fields that are lists;
--- json.array and json.object say which is meant. Options besides: `dry_run`, `field_manager`.
--- Errors: `k8s.post: HTTP STATUS PATH: BODY` unless the status is 2xx; the answer is no JSON.
--- Example: `k8s.post("/api/v1/namespaces", { metadata = { name = "shop" } })`
--- @effect write
function M.post(path, body, opts)
  return (Api.post(module, path, body, opts))
end

--- Replaces what is at a path; body and options as for `post`.
--- Errors: `k8s.put: HTTP STATUS PATH: BODY` unless the status is 2xx; the answer is no JSON.
--- Example: `k8s.put("/api/v1/namespaces/shop", object)`
--- @effect write
function M.put(path, body, opts)
  return (Api.put(module, path, body, opts))
end

--- Changes what is at a path. `type` says what the body is: merge (a merge patch, unless told otherwise), json,
--- strategic or apply; `content_type` is any other. A member is removed by json.null. Other options as for `post`.
--- Errors: `k8s.patch: HTTP STATUS PATH: BODY` unless the status is 2xx; the answer is no JSON.
--- Example: `k8s.patch("/api/v1/nodes/n1", { spec = { unschedulable = true } })`
--- @effect write
function M.patch(path, body, opts)
  return (Api.patch(module, path, body, opts))
end

--- Deletes what is at a path. Options besides: `propagation` (Background, Foreground, Orphan), `grace_period`
--- (seconds), `dry_run`.
--- Errors: `k8s.delete: HTTP STATUS PATH: BODY` unless the status is 2xx.
--- Example: `k8s.delete("/apis/batch/v1/namespaces/shop/jobs/once", { propagation = "Background" })`
--- @effect write
function M.delete(path, opts)
  Api.delete(module, path, opts)
end

--- Gets an object. A kind is its name in any case, its plural or its short name, also of kinds that only this server
--- has (`certificate`, or `certificate.cert-manager.io` where several groups have one). The namespace of kinds that
--- have none is ignored, and may be nil with `context`: then it is the one of the context.
--- Errors: `k8s.get: HTTP STATUS PATH: BODY` for any status but 200; `k8s: unknown resource kind 'KIND'.`
--- Example: `print(k8s.get_resource("shop", "deployment", "web").spec.replicas)`
--- @effect read
function M.get_resource(namespace, kind, name, opts)
  return (Api.get_resource(module, namespace, kind, name, opts))
end

--- Lists objects; the namespace "*" stands for all. Options besides: `label_selector`, `field_selector` (text, or a
--- table like `{ app = "web" }`), `limit` (so many: then `metadata.continue` is for `continue`), `resource_version`.
--- Without `limit` all objects come.
--- Errors: as `get_resource`.
--- Example: `print(#k8s.list("*", "pod", { label_selector = { app = "web" } }).items)`
--- @effect read
function M.list(namespace, kind, opts)
  return (Api.list(module, namespace, kind, opts))
end

--- Creates an object. The body and its options are as for `post`; it needs its own apiVersion and kind only where the
--- server wants them.
--- Errors: `k8s.post: HTTP STATUS PATH: BODY`, 409 when there is one of that name.
--- Example: `k8s.create("shop", "configmap", { metadata = { name = "settings" }, data = { level = "info" } })`
--- @effect write
function M.create(namespace, kind, body, opts)
  return (Api.create(module, namespace, kind, body, opts))
end

--- Replaces an object by what was read and changed.
--- Errors: `k8s.put: HTTP STATUS PATH: BODY`, 409 when somebody else changed it meanwhile.
--- Example: `k8s.update("shop", "configmap", "settings", object)`
--- @effect write
function M.update(namespace, kind, name, body, opts)
  return (Api.update(module, namespace, kind, name, body, opts))
end

--- Changes parts of an object; options as for `patch`.
--- Errors: `k8s.patch: HTTP STATUS PATH: BODY` unless the status is 2xx.
--- Example: `k8s.patch_resource("shop", "configmap", "settings", { data = { level = "debug" } })`
--- @effect write
function M.patch_resource(namespace, kind, name, body, opts)
  return (Api.patch_resource(module, namespace, kind, name, body, opts))
end

--- Deletes an object; options as for `delete`.
--- Errors: `k8s.delete: HTTP STATUS PATH: BODY` unless the status is 2xx, 404 when there is none.
--- Example: `k8s.delete_resource("shop", "pod", "web-0", { grace_period = 0 })`
--- @effect write
function M.delete_resource(namespace, kind, name, opts)
  Api.delete_resource(module, namespace, kind, name, opts)
end

--- Says whether the server shows an object. It is false for any status but 200, also where one may not look.
--- Errors: `k8s: unknown resource kind 'KIND'.`; no answer came.
--- Example: `if not k8s.exists("shop", "secret", "registry") then log.warn("no registry secret") end`
--- @effect read
function M.exists(namespace, kind, name, opts)
  return (Api.exists(module, namespace, kind, name, opts))
end

--- Gives the data of a Secret, decoded; {} when it has none.
--- Errors: as `get_resource`; the data is no base64 (`base64.decode: ...`).
--- Example: `local password = k8s.get_secret("shop", "database").password`
--- @effect read
function M.get_secret(namespace, name, opts)
  return (Api.get_secret(module, namespace, name, opts))
end

--- Gives the data of a ConfigMap; {} when it has none.
--- Errors: as `get_resource`.
--- Example: `print(k8s.get_configmap("shop", "settings").level)`
--- @effect read
function M.get_configmap(namespace, name, opts)
  return (Api.get_configmap(module, namespace, name, opts))
end

--- Lists the pods of a namespace; options as for `list`.
--- Errors: as `list`.
--- Example: `print(#k8s.list_pods("shop", { field_selector = "status.phase=Failed" }).items)`
--- @effect read
function M.list_pods(namespace, opts)
  return (Api.list_pods(module, namespace, opts))
end

--- Lists the events of a namespace; options as for `list`.
--- Errors: as `list`.
--- Example: `for _, event in ipairs(k8s.list_events("shop").items) do print(event.reason, event.message) end`
--- @effect read
function M.list_events(namespace, opts)
  return (Api.list_events(module, namespace, opts))
end

--- Counts the pods of a namespace by their phase; options as for `list`.
--- Errors: as `list`.
--- Example: `assert.eq(k8s.pod_status("shop").failed, 0)`
--- @effect read
function M.pod_status(namespace, opts)
  return (Api.pod_status(module, namespace, opts))
end

--- Says whether an object is ready: Deployments, StatefulSets and DaemonSets with all replicas, Jobs that have
--- succeeded, anything else by its condition Ready, or by a phase like Running, Bound or Active.
--- Errors: as `get_resource`: a missing object is an error.
--- Example: `k8s.is_ready("shop", "deployment", "web")`
--- @effect read
function M.is_ready(namespace, kind, name, opts)
  return (Api.is_ready(module, namespace, kind, name, opts))
end

--- Waits until an object is ready, `timeout_secs` (60) at most, asking every `interval` seconds (2). While it waits,
--- errors count as not ready. A timeout of 0 fails without asking.
--- Errors: `k8s.wait_ready: KIND/NAME not ready after SECONDSs`.
--- Example: `k8s.wait_ready("shop", "deployment", "web", 120)`
--- @effect read
function M.wait_ready(namespace, kind, name, timeout_secs, opts)
  return (Api.wait_ready(module, namespace, kind, name, timeout_secs, opts))
end

--- Gives the addresses behind a Service that are ready; {} when there are none.
--- Errors: as `get_resource`.
--- Example: `print(#k8s.service_endpoints("shop", "web"))`
--- @effect read
function M.service_endpoints(namespace, name, opts)
  return (Api.service_endpoints(module, namespace, name, opts))
end

--- Gives the log of a pod. Options besides: `container`, `tail` (so many last lines), `since` (seconds back),
--- `since_time` (RFC 3339), `previous` (true: of the container before its restart), `timestamps`, `limit_bytes`, and
--- `follow` (true: lines as they come, to loop over until the container ends; leaving the loop closes the connection).
--- Errors: `k8s.logs: HTTP STATUS PATH: BODY` for any status but 200.
--- Example: `for line in k8s.logs("shop", "web-0", { follow = true, tail = 10 }) do print(line) end`
--- @effect read
function M.logs(namespace, pod_name, opts)
  return (Api.logs(module, namespace, pod_name, opts))
end

--- Says how far a Deployment has been rolled out; it is complete when all that are desired are updated and ready.
--- Errors: as `get_resource`.
--- Example: `print(k8s.rollout_status("shop", "web").complete)`
--- @effect read
function M.rollout_status(namespace, name, opts)
  return (Api.rollout_status(module, namespace, name, opts))
end

--- Gives name, readiness, roles (sorted), capacity and what can be allocated of all nodes.
--- Errors: `k8s.get: HTTP STATUS /api/v1/nodes: BODY` for any status but 200.
--- Example: `for _, node in ipairs(k8s.node_status()) do print(node.name, node.ready) end`
--- @effect read
function M.node_status(opts)
  return (Api.node_status(module, opts))
end

--- Says whether the server shows a namespace.
--- Errors: no answer came.
--- Example: `k8s.namespace_exists("shop")`
--- @effect read
function M.namespace_exists(name, opts)
  return (Api.namespace_exists(module, name, opts))
end

--- Lists the events about one object. The kind is sent as it is, so it must be spelled as in the object: `Pod`.
--- Errors: as `list`.
--- Example: `for _, event in ipairs(k8s.events_for("shop", "Pod", "web-0").items) do print(event.message) end`
--- @effect read
function M.events_for(namespace, kind, name, opts)
  return (Api.events_for(module, namespace, kind, name, opts))
end

--- Iterates over objects, page by page: `limit` (500) at once. Other options as for `list`.
--- Errors: as `list`, when a page is asked for.
--- Example: `for pod in k8s.each("*", "pod") do print(pod.metadata.name) end`
--- @effect read
M.each = function(namespace, kind, opts)
  return (Api.each(module, namespace, kind, opts))
end

--- Iterates over changes as they happen: `type` is ADDED, MODIFIED or DELETED, `object` what it is about. It begins
--- with an ADDED for all objects there are (not with `initial = false`), or after `resource_version`. Lost connections
--- are made again from where they broke off; where the server has forgotten that, what differs is told (of objects that
--- were deleted meanwhile then only name and version). With `timeout` (seconds) the loop ends by itself, otherwise when
--- it is left: that closes the connection.
--- Errors: `k8s.list: ...` or `k8s.watch: HTTP STATUS PATH: BODY` when it cannot begin, or is refused later.
--- Example: `for event in k8s.watch("shop", "pod") do print(event.type, event.object.metadata.name) end`
--- @effect read
M.watch = function(namespace, kind, opts)
  return Api.watch(module, namespace, kind, opts)
end

--- Brings objects to the given state (server-side apply) and returns them: one for one, a list for several. They are
--- tables with apiVersion, kind and metadata.name, or YAML text with any number of documents. `namespace` is for
--- objects that name none ("default"). Fields that another manager owns are a conflict unless `force` is true.
--- Errors: `k8s.patch: HTTP STATUS PATH: BODY`, 409 for a conflict; the server has no such kind; the text is no YAML.
--- Example: `k8s.apply(fs.read("deploy/web.yaml"), { namespace = "shop" })`
--- @effect write
M.apply = function(object, opts)
  return (Api.apply(module, object, opts))
end

--- Sets the number of replicas of a Deployment, a StatefulSet, or anything else that scales.
--- Errors: `k8s.patch: HTTP STATUS PATH: BODY` unless the status is 2xx; `replicas` is no whole number.
--- Example: `k8s.scale("shop", "deployment", "web", 3)`
--- @effect write
M.scale = function(namespace, kind, name, replicas, opts)
  return (Api.scale(module, namespace, kind, name, replicas, opts))
end

--- Has all pods of a Deployment, StatefulSet or DaemonSet replaced, at the pace of its strategy.
--- Errors: `k8s.patch: HTTP STATUS PATH: BODY` unless the status is 2xx.
--- Example: `k8s.restart("shop", "deployment", "web")`
--- @effect write
M.restart = function(namespace, kind, name, opts)
  return (Api.restart(module, namespace, kind, name, opts))
end

--- Runs a command in a container and waits for its end. A list is run as it is, text by the container's /bin/sh.
--- `status` is the exit code. Options besides: `container`, `stdin` (text), `timeout` (seconds; then `timed_out` is
--- true and `status` is -1), `on_line` (function of a line and "stdout" or "stderr", called while it runs).
--- Errors: `k8s.exec: HTTP STATUS PATH: BODY` when it is refused; `k8s.exec: REASON` when it cannot be started.
--- Example: `print(k8s.exec("shop", "web-0", { "nginx", "-t" }).stderr)`
--- @effect write
M.exec = function(namespace, pod_name, command, opts)
  return (Api.exec(module, namespace, pod_name, command, opts))
end

--- Listens on a port of this machine that leads to a port of a pod, and returns `{address, port}`, which `:close()`
--- ends; the script's end does too. Options besides: `local_port` (any free one), `address` ("127.0.0.1"). The server
--- has to offer forwarding over WebSockets. What goes wrong with a connection is logged.
--- Errors: `k8s.port_forward: cannot listen on ADDRESS:PORT: REASON`; a port is none.
--- Example: `local web <close> = k8s.port_forward("shop", "web-0", 8080) print(web.port)`
--- @effect write
M.port_forward = function(namespace, pod_name, port, opts)
  return (Api.port_forward(module, namespace, pod_name, port, opts))
end

--- Gives all kinds of objects that the server has, each in the version it prefers.
--- Errors: no answer came.
--- Example: `for _, kind in ipairs(k8s.kinds()) do print(kind.name, kind.group) end`
--- @effect read
M.kinds = function(opts)
  return (Api.kinds(module, opts))
end

--- Gives the contexts of the kubeconfig ($KUBECONFIG, else ~/.kube/config); {} when there is none.
--- Errors: a file cannot be read, or is no kubeconfig.
--- Example: `for _, context in ipairs(k8s.contexts()) do print(context.name) end`
--- @effect read
M.contexts = function()
  return kube.contexts()
end

return M

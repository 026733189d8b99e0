-- The functions of `assay.k8s` as methods: of clients, and of the module itself, whose functions take what a client
-- knows (address, token, context) as options of each call.

local _, core = ...
local rest = require("assay.lib.rest")
local kube = require("assay.lib.kube")
local kinds = require("assay.lib.kube_kinds")
local body = require("assay.lib.kube_body")
local reach = require("assay.lib.kube_reach")

local format, lower, match = string.format, string.lower, string.match
local error, ipairs, pairs, pcall, tonumber, tostring, type = error, ipairs, pairs, pcall, tonumber, tostring, type

local api, client_for = reach.service, reach.client_for
local for_writing, resource_path = reach.for_writing, reach.resource_path
local Api = {}

-- Requests ------------------------------------------------------------------------------------------------

local function succeeded(method, status)
  return status == 200 or method ~= "GET" and status >= 200 and status < 300
end

local function send(self, fn, method, path, opts, call)
  call = call or {}
  call.timeout = opts and opts.timeout
  call.target = reach.rooted(fn, path)
  local response
  response, call = api:request(method, fn, client_for(self, opts), nil, nil, call)
  if not succeeded(method, response.status) then api:fail(call, response) end
  return response, call
end

function Api:get(path, opts)
  local response, call = send(self, "get", "GET", path, opts)
  return api:decode(call, response)
end

function Api:post(path, content, opts)
  local response, call = send(self, "post", "POST", for_writing("post", path, opts), opts, { body = body.of(content) })
  return api:decode(call, response)
end

function Api:put(path, content, opts)
  local response, call = send(self, "put", "PUT", for_writing("put", path, opts), opts, { body = body.of(content) })
  return api:decode(call, response)
end

function Api:patch(path, content, opts)
  local kind = opts and (opts.content_type or opts.type and kube.patch_type(opts.type)) or kube.patch_type("merge")
  if type(content) == "table" then
    content = json.encode(kind == kube.patch_type("json") and content or body.of(content))
  end
  local call = { body = content, headers = { ["Content-Type"] = kind } }
  local response
  response, call = send(self, "patch", "PATCH", for_writing("patch", path, opts), opts, call)
  return api:decode(call, response)
end

function Api:delete(path, opts)
  send(self, "delete", "DELETE", for_writing("delete", path, opts), opts)
end

-- Objects -------------------------------------------------------------------------------------------------

function Api:get_resource(namespace, kind, name, opts)
  return self:get(resource_path(self, "get_resource", namespace, kind, name, opts), opts)
end

function Api:list(namespace, kind, opts)
  local values = kube.list_values(nil, opts, "k8s.list")
  kind = reach.kind_for(self, "list", kind, opts)
  local function page() return self:get(reach.list_path(self, "list", namespace, kind, values, opts), opts) end
  return kube.whole_list(page, values, opts)
end

function Api:each(namespace, kind, opts)
  kind = reach.kind_for(self, "each", kind, opts)
  return kube.each_page(function(values)
    return self:get(reach.list_path(self, "each", namespace, kind, values, opts), opts)
  end, kube.list_values(nil, opts, "k8s.each"))
end

function Api:create(namespace, kind, content, opts)
  return self:post(reach.path_for(self, "create", kind, namespace, "", {}, opts), content, opts)
end

function Api:update(namespace, kind, name, content, opts)
  return self:put(resource_path(self, "update", namespace, kind, name, opts), content, opts)
end

function Api:patch_resource(namespace, kind, name, content, opts)
  return self:patch(resource_path(self, "patch_resource", namespace, kind, name, opts), content, opts)
end

function Api:delete_resource(namespace, kind, name, opts)
  self:delete(resource_path(self, "delete_resource", namespace, kind, name, opts), opts)
end

function Api:exists(namespace, kind, name, opts)
  local path = resource_path(self, "exists", namespace, kind, name, opts)
  return api:request("GET", "exists", client_for(self, opts), nil, nil, { target = path }).status == 200
end

function Api:get_secret(namespace, name, opts)
  local decoded = {}
  for key, value in pairs(self:get_resource(namespace, "secret", name, opts).data or {}) do
    decoded[key] = base64.decode(value)
  end
  return decoded
end

function Api:get_configmap(namespace, name, opts)
  return self:get_resource(namespace, "configmap", name, opts).data or {}
end

function Api:list_pods(namespace, opts)
  return self:list(namespace, "pod", opts)
end

function Api:list_events(namespace, opts)
  return self:list(namespace, "event", opts)
end

function Api:events_for(namespace, kind, name, opts)
  local where = "k8s.events_for"
  local selector = format("involvedObject.kind=%s,involvedObject.name=%s",
    rest.text(where, kind, "kind"), rest.text(where, name, "name"))
  return self:list(namespace, "event", rest.merged({ field_selector = selector }, opts))
end

-- State ---------------------------------------------------------------------------------------------------

function Api:pod_status(namespace, opts)
  local counts = { running = 0, pending = 0, succeeded = 0, failed = 0, unknown = 0, total = 0 }
  for _, pod in ipairs(self:list_pods(namespace, opts).items or {}) do
    local phase = lower(pod.status and pod.status.phase or "unknown")
    phase = phase ~= "total" and counts[phase] and phase or "unknown"
    counts[phase], counts.total = counts[phase] + 1, counts.total + 1
  end
  return counts
end

local function all_of(status, ready, wanted)
  return (status[ready] or 0) >= (status[wanted] or 0) and (status[wanted] or 0) > 0
end

local function replicas_ready(status) return all_of(status, "readyReplicas", "replicas") end

local READY = {
  deployment = replicas_ready,
  statefulset = replicas_ready,
  daemonset = function(status) return all_of(status, "numberReady", "desiredNumberScheduled") end,
  job = function(status) return (status.succeeded or 0) >= 1 end,
  node = function(_, object) return kube.is_true(object, "Ready") end,
}

local GOOD_PHASES = { Active = true, Running = true, Bound = true, Ready = true }

function Api:is_ready(namespace, kind, name, opts)
  local object = self:get_resource(namespace, kind, name, opts)
  local known = kinds.known(kind)
  local rule = READY[lower(known and known.kind or kind)]
  if rule then return rule(object.status or {}, object) end
  if kube.condition(object, "Ready") then return kube.is_true(object, "Ready") end
  return GOOD_PHASES[object.status and object.status.phase] or false
end

function Api:wait_ready(namespace, kind, name, timeout_secs, opts)
  local where = "k8s.wait_ready"
  local words = format("%s/%s", rest.text(where, kind, "kind"), rest.text(where, name, "name"))
  local timeout = rest.seconds(where, timeout_secs == nil and 60 or timeout_secs, "timeout_secs")
  local function check() return self:is_ready(namespace, kind, name, opts) end
  if kube.poll(timeout, opts and opts.interval or 2, check, { quiet = true }) then return true end
  api:raise({}, nil, format("%s: %s not ready after %ss", where, words, timeout_secs or 60))
end

function Api:service_endpoints(namespace, name, opts)
  local addresses = {}
  for _, subset in ipairs(self:get_resource(namespace, "endpoints", name, opts).subsets or {}) do
    for _, address in ipairs(subset.addresses or {}) do addresses[#addresses + 1] = address.ip end
  end
  return addresses
end

function Api:rollout_status(namespace, name, opts)
  local object = self:get_resource(namespace, "deployment", name, opts)
  local status = object.status or {}
  local found = {
    desired = object.spec and object.spec.replicas or 0, updated = status.updatedReplicas or 0,
    ready = status.readyReplicas or 0, available = status.availableReplicas or 0,
    unavailable = status.unavailableReplicas or 0,
  }
  found.complete = found.updated == found.desired and found.ready == found.desired
  return found
end

local function roles_of(node)
  local roles = {}
  for label in pairs(node.metadata and node.metadata.labels or {}) do
    roles[#roles + 1] = match(label, "^node%-role%.kubernetes%.io/(.+)$")
  end
  table.sort(roles)
  return roles
end

function Api:node_status(opts)
  local nodes = {}
  for _, node in ipairs(self:get("/api/v1/nodes", opts).items or {}) do
    local ready, status = kube.last_condition(node, "Ready"), node.status or {}
    nodes[#nodes + 1] = {
      name = node.metadata and node.metadata.name, ready = ready ~= nil and ready.status == "True",
      roles = roles_of(node), capacity = status.capacity or {}, allocatable = status.allocatable or {},
    }
  end
  return nodes
end

function Api:namespace_exists(name, opts)
  return self:exists(nil, "namespace", name, opts)
end

-- Logs and changes ----------------------------------------------------------------------------------------

local LOGS = "/{pod_name}/log?tailLines=tail&container&previous&sinceSeconds=since&sinceTime=since_time"
  .. "&timestamps&limitBytes=limit_bytes&follow"

function Api:logs(namespace, pod_name, opts)
  local values = rest.merged(opts)
  values.pod_name, values.previous = pod_name, values.previous and "true" or nil
  values.follow, values.timestamps = values.follow and "true" or nil, values.timestamps and "true" or nil
  local path = reach.path_for(self, "logs", "pod", namespace, LOGS, values, opts)
  if values.follow then -- a container may say nothing for as long as it likes, also at first
    return (api:stream("logs", client_for(self, opts), nil, nil, { target = path, lines = true, timeout = math.huge }))
  end
  return send(self, "logs", "GET", path, opts).body
end

local WATCH = "?watch!&allowWatchBookmarks=watch&resourceVersion=version&timeoutSeconds=seconds"
  .. "&labelSelector=label_selector&fieldSelector=field_selector"

local function is_event(value)
  local object = type(value) == "table" and value.object
  return type(object) == "table" and (object.metadata == nil or type(object.metadata) == "table")
end

function Api:watch(namespace, kind, opts)
  opts = opts or {}
  kind = reach.kind_for(self, "watch", kind, opts)
  local selected = kube.list_values(nil, { label_selector = opts.label_selector, field_selector = opts.field_selector })
  local listed = rest.merged(opts)
  listed.resource_version, listed.limit, listed.timeout = nil, nil, nil
  local source, stream_call = {}, nil
  function source.list() return self:list(namespace, kind.plural, listed) end
  function source.open(version, seconds, silence)
    local values = rest.merged({ watch = "true", version = version, seconds = seconds }, selected)
    local path = reach.path_for(self, "watch", kind, namespace, WATCH, values, opts)
    local call, stream = { target = path, lines = true, read_timeout = silence }, nil
    stream, stream_call = api:stream("watch", client_for(self, opts), nil, nil, call)
    return stream
  end
  function source.decode(line)
    local event = api:decode(stream_call, { status = 200, body = line })
    if is_event(event) then return event end
    api:fail(stream_call, { status = 200, body = line })
  end
  function source.fail(status)
    local said = type(status.message) == "string" and status.message or json.encode(status)
    api:fail(stream_call, { status = status.code, body = said })
  end
  return require("assay.lib.kube_watch")(source, opts)
end

-- Changes -------------------------------------------------------------------------------------------------

function Api:scale(namespace, kind, name, replicas, opts)
  if math.type(tonumber(replicas)) ~= "integer" or tonumber(replicas) < 0 then
    api:raise({}, nil, format("k8s.scale: replicas must be a whole number, got %s", tostring(replicas)))
  end
  local path = resource_path(self, "scale", namespace, kind, name, opts, "/scale")
  return self:patch(path, { spec = { replicas = tonumber(replicas) } }, opts)
end

function Api:restart(namespace, kind, name, opts)
  local annotations = { ["kubectl.kubernetes.io/restartedAt"] = os.date("!%Y-%m-%dT%H:%M:%SZ") }
  local change = { spec = { template = { metadata = { annotations = annotations } } } }
  return self:patch(resource_path(self, "restart", namespace, kind, name, opts), change, opts)
end

local function apply_one(self, manifest, opts)
  local object, where = manifest.object, "k8s.apply"
  local meta = object.metadata or {}
  local api_version = rest.text(where, object.apiVersion, "apiVersion")
  local name = rest.text(where, object.kind, "kind")
  local client = client_for(self, opts)
  local kind = kinds.of_object(client.url, reach.fetcher(client, "apply"), api_version, name)
  if not kind then api:raise({}, nil, format("k8s.apply: the server has no %s in %s", name, api_version)) end
  local namespace = meta.namespace or opts.namespace
  if namespace == nil and not self.url and not kind.cluster_scoped then namespace = client.namespace or "default" end
  local path = reach.path_for(self, "apply", kind, namespace, "/{name}", { name = meta.name }, opts)
  return self:patch(path, manifest.text or object, rest.merged({
    type = "apply", content_type = kube.patch_type("apply"), field_manager = opts.field_manager or "assay",
  }, opts))
end

function Api:apply(object, opts)
  opts = opts or {}
  local given, applied = body.manifests(object), {}
  for _, manifest in ipairs(given) do applied[#applied + 1] = apply_one(self, manifest, opts) end
  if #given == 1 and (type(object) == "string" or object.kind and not object.items) then return applied[1] end
  return applied
end

-- Inside of pods ------------------------------------------------------------------------------------------

local EXEC = "/{pod_name}/exec?command&container&stdin&stdout&stderr"

-- A WebSocket to a pod; refused as requests are.
local function socket(self, fn, namespace, pod_name, tail, values, opts, connection)
  values.pod_name = pod_name
  local path = reach.path_for(self, fn, "pod", namespace, tail, values, opts)
  local call = { target = path, name = fn, method = "GET" }
  local ok, conn = pcall(api.websocket, api, fn, client_for(self, opts), nil, nil, connection, call)
  if ok then return conn, call end
  if type(conn) ~= "table" or not conn.status then error(conn, 0) end
  api:fail(call, { status = conn.status, body = conn.body })
end

function Api:exec(namespace, pod_name, command, opts)
  opts = opts or {}
  local exec = require("assay.lib.kube_exec")
  local values = { command = exec.words(command), container = opts.container, stdout = "true", stderr = "true" }
  values.stdin = opts.stdin and "true"
  local conn <close>, call = socket(self, "exec", namespace, pod_name, EXEC, values, opts, {
    subprotocols = exec.subprotocols, binary = true,
  })
  local result, reason = exec.run(conn, opts)
  if not result then api:raise(call, nil, "k8s.exec: " .. reason) end
  return result
end

local FORWARD = "/{pod_name}/portforward?ports"

local function port_number(value, name)
  local number = math.tointeger(tonumber(value))
  if number and number >= 0 and number <= 65535 then return number end
  api:raise({}, nil, format("k8s.port_forward: %s must be a port number, got %s", name, tostring(value)))
end

function Api:port_forward(namespace, pod_name, port, opts)
  opts = opts or {}
  local values = { ports = port_number(port, "port"), pod_name = rest.text("k8s.port_forward", pod_name, "pod_name") }
  local local_port = port_number(opts.local_port or 0, "local_port")
  local address = rest.text("k8s.port_forward", opts.address or "127.0.0.1", "address")
  if address == "" then rest.complain("k8s.port_forward: address must not be empty") end -- it would be all there are
  local function dial()
    return (socket(self, "port_forward", namespace, pod_name, FORWARD, values, opts, {
      subprotocols = { "v4.channel.k8s.io" }, binary = true,
    }))
  end
  local target = format("%s:%d", pod_name, values.ports)
  return core.kube_forward(dial, address, local_port, target)
end

-- What a server has ---------------------------------------------------------------------------------------

function Api:kinds(opts)
  local client = client_for(self, opts)
  return kinds.all(client.url, reach.fetcher(client, "kinds"))
end

return Api

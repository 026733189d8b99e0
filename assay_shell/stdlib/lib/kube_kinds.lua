-- Which kinds of objects an API server has, and where: those every server has, those that scripts register, and what
-- the server itself says.
--
-- A kind is `{ kind = "Pod", plural = "pods", base = "/api/v1", cluster_scoped = false }`.

local rest = require("assay.lib.rest")

local find, gmatch, lower, match = string.find, string.gmatch, string.lower, string.match
local ipairs, pairs = ipairs, pairs

local kinds = {}

-- Kind, plural, short names; `!` for those of the cluster.
local EVERYWHERE = {
  ["/api/v1"] = [[
    Pod pods po
    Service services svc
    Secret secrets
    ConfigMap configmaps cm
    Endpoints endpoints ep
    ServiceAccount serviceaccounts sa
    PersistentVolumeClaim persistentvolumeclaims pvc
    LimitRange limitranges limits
    ResourceQuota resourcequotas quota
    Event events ev
    ReplicationController replicationcontrollers rc
    Namespace namespaces ns !
    Node nodes no !
    PersistentVolume persistentvolumes pv !
  ]],
  ["/apis/apps/v1"] = [[
    Deployment deployments deploy
    StatefulSet statefulsets sts
    DaemonSet daemonsets ds
    ReplicaSet replicasets rs
  ]],
  ["/apis/batch/v1"] = [[
    Job jobs
    CronJob cronjobs cj
  ]],
  ["/apis/networking.k8s.io/v1"] = [[
    Ingress ingresses ing
    NetworkPolicy networkpolicies netpol
    IngressClass ingressclasses !
  ]],
  ["/apis/storage.k8s.io/v1"] = [[
    StorageClass storageclasses sc !
  ]],
  ["/apis/rbac.authorization.k8s.io/v1"] = [[
    Role roles
    RoleBinding rolebindings
    ClusterRole clusterroles !
    ClusterRoleBinding clusterrolebindings !
  ]],
  ["/apis/autoscaling/v2"] = [[
    HorizontalPodAutoscaler horizontalpodautoscalers hpa
  ]],
  ["/apis/policy/v1"] = [[
    PodDisruptionBudget poddisruptionbudgets pdb
  ]],
  ["/apis/coordination.k8s.io/v1"] = [[
    Lease leases
  ]],
  ["/apis/discovery.k8s.io/v1"] = [[
    EndpointSlice endpointslices
  ]],
  ["/apis/apiextensions.k8s.io/v1"] = [[
    CustomResourceDefinition customresourcedefinitions crd crds !
  ]],
}

local known, listed, registered = {}, {}, {}

local function read_line(base, line)
  local kind, plural, rest = match(line, "^%s*(%S+) (%S+)(.*)$")
  if not kind then return end
  local found = { kind = kind, plural = plural, base = base, cluster_scoped = find(rest, "!", 1, true) ~= nil }
  known[lower(kind)], known[plural], listed[#listed + 1] = found, found, found
  for short in gmatch(rest, "%a+") do known[short] = found end
end

for base, lines in pairs(EVERYWHERE) do
  for line in gmatch(lines, "[^\n]+") do read_line(base, line) end
end

--- The kinds that every server has.
kinds.everywhere = listed

--- The path of a group's version: `/api/v1` for the group "".
function kinds.base(group, version)
  return group == "" and "/api/" .. version or "/apis/" .. group .. "/" .. version
end

--- The same for an `apiVersion`: `v1`, `apps/v1`.
function kinds.base_of(api_version)
  return (find(api_version, "/", 1, true) and "/apis/" or "/api/") .. api_version
end

-- A part of the path of all objects of a kind; the group may be empty, which is the core's.
local function part_of_path(value, name)
  local text = rest.text("k8s.register_crd", value, name)
  if find(text, "^[%w%-_.]*$") and not find(text, "^%.*$") or text == "" and name == "api_group" then return text end
  rest.complain(("k8s.register_crd: %s must be a name, not '%s'"):format(name, text))
end

--- Adds a kind, or puts it in the place of another of that name.
function kinds.register(kind, group, version, plural, cluster_scoped)
  kind, plural = rest.text("k8s.register_crd", kind, "kind"), part_of_path(plural, "plural")
  group, version = part_of_path(group, "api_group"), part_of_path(version, "version")
  local found = {
    kind = kind, plural = plural, base = kinds.base(group, version), cluster_scoped = cluster_scoped or false,
  }
  registered[lower(kind)] = found
  local name = lower(plural)
  if not known[name] and not registered[name] then registered[name] = found end
end

--- A kind by its name (of any case), plural or short name; nil where only a server can tell.
function kinds.known(name)
  name = lower(name)
  return registered[name] or known[name]
end

-- What a server says -------------------------------------------------------------------------------------

local AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
  .. "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

local function described(group, version, plural, cluster_scoped, details)
  return {
    kind = details.kind, plural = plural, base = kinds.base(group, version), cluster_scoped = cluster_scoped,
    group = group, version = version, namespaced = not cluster_scoped, name = plural,
    singular = details.singular ~= "" and details.singular or lower(details.kind),
    short_names = details.short_names or {}, verbs = details.verbs or {},
  }
end

-- One answer with everything, of servers since 1.26. The first version of a group is the one it prefers.
local function add_aggregated(found, answer)
  for _, group in ipairs(answer.items or {}) do
    local version = group.versions and group.versions[1]
    for _, item in ipairs(version and version.resources or {}) do
      found[#found + 1] = described(
        group.metadata and group.metadata.name or "", version.version, item.resource, item.scope == "Cluster", {
          kind = item.responseKind and item.responseKind.kind or item.resource, singular = item.singularResource,
          short_names = item.shortNames, verbs = item.verbs,
        })
    end
  end
end

local function add_version(found, fetch, group, version, accept)
  local answer = fetch(kinds.base(group, version), accept)
  for _, item in ipairs(answer and answer.resources or {}) do
    if not find(item.name, "/", 1, true) then
      found[#found + 1] = described(group, version, item.name, item.namespaced ~= true, {
        kind = item.kind, singular = item.singularName, short_names = item.shortNames, verbs = item.verbs,
      })
    end
  end
end

local function add_groups(found, fetch, path)
  local answer = fetch(path, AGGREGATED)
  if not answer then return end
  if answer.kind == "APIGroupDiscoveryList" then return add_aggregated(found, answer) end
  for _, version in ipairs(answer.versions or {}) do
    add_version(found, fetch, "", version)
  end
  for _, group in ipairs(answer.groups or {}) do
    local preferred = group.preferredVersion or group.versions and group.versions[1]
    if preferred then add_version(found, fetch, group.name, preferred.version) end
  end
end

local function index(found)
  local by_name = {}
  local function add(name, entry)
    name = lower(name)
    by_name[name] = by_name[name] or entry
    if entry.group ~= "" then by_name[name .. "." .. entry.group] = by_name[name .. "." .. entry.group] or entry end
  end
  for _, entry in ipairs(found) do
    add(entry.kind, entry)
    add(entry.plural, entry)
    add(entry.singular, entry)
  end
  for _, entry in ipairs(found) do
    for _, short in ipairs(entry.short_names) do add(short, entry) end
  end
  return by_name
end

local FRESH = 10 -- seconds for which a server is not asked again for a kind it did not have

local servers = {} -- address -> { list, by_name, time }

local function discover(address, fetch)
  local found = {}
  add_groups(found, fetch, "/api")
  add_groups(found, fetch, "/apis")
  servers[address] = { list = found, by_name = index(found), time = time() }
  return servers[address]
end

--- All kinds of the server at `address`, as it says now. `fetch(path, accept)` gives a decoded answer, or nil.
function kinds.all(address, fetch)
  return discover(address, fetch).list
end

--- A kind that the server has by that name (also `name.group`), plural or short name; nil when it has none.
function kinds.discovered(address, fetch, name)
  local server = servers[address]
  name = lower(name)
  if server and (server.by_name[name] or time() - server.time < FRESH) then return server.by_name[name] end
  return discover(address, fetch).by_name[name]
end

local versions = {} -- address .. base -> { [kind] = entry }

--- The kind of an object by its `apiVersion` and `kind`; nil when the server has none.
function kinds.of_object(address, fetch, api_version, kind)
  local base = kinds.base_of(api_version)
  local usual = kinds.known(kind)
  if usual and usual.kind == kind and usual.base == base then return usual end
  local there = versions[address .. base]
  if not (there and there[kind]) then
    local group, version = match(api_version, "^(.*)/(.*)$")
    local list = {}
    add_version(list, fetch, group or "", version or api_version, "application/json")
    there = {}
    for _, entry in ipairs(list) do there[entry.kind] = entry end
    versions[address .. base] = there
  end
  return there[kind]
end

return kinds

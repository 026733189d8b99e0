-- The columns that operators expect of Kubernetes objects, by kind. Objects are read raw.
local core = ...
local views = core.views
local get, dig, length = views.get, views.dig, views.length
local rawget, type, tostring, tonumber, next = rawget, type, tostring, tonumber, next
local format, match, lower, sub = string.format, string.match, string.lower, string.sub
local concat, sort, unpack, floor = table.concat, table.sort, table.unpack, math.floor

local kinds = {}

-- Days since 1970-01-01 of a date of the Gregorian calendar.
local function days(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local era = year // 400
  local of_era = year - era * 400
  local of_year = (153 * (month - 3) + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

-- Unix seconds of `2026-01-31T12:00:00Z`, nil for anything else.
local function seconds(text)
  if type(text) ~= "string" then return nil end
  local year, month, day, hour, minute, second = match(text, "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)")
  if not year then return nil end
  local date = days(tonumber(year), tonumber(month), tonumber(day))
  return date * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

local function since(text, now)
  local at = seconds(text)
  return at and (now > at and now - at or 0)
end

local function age(object, now)
  return since(dig(object, "metadata", "creationTimestamp"), now)
end

local EMPTY = {}

local function following(list, index)
  index = index + 1
  local item = rawget(list, index)
  if item ~= nil then return index, item end
end

-- Iterates over index and items of a raw list; nothing where it is none.
local function each(list)
  return following, type(list) == "table" and list or EMPTY, 0
end

local function count(t)
  local n = 0
  if type(t) == "table" then
    for _ in next, t do n = n + 1 end
  end
  return n
end

local function joined(list, separator)
  return #list > 0 and concat(list, separator or ",") or nil
end

local function text_of(value)
  local kind = type(value)
  return (kind == "string" or kind == "number" or kind == "boolean") and tostring(value) or "?"
end

local function whole(value)
  local number = tonumber(value)
  return number and floor(number) or 0
end

local function share(ready, wanted)
  return format("%d/%d", whole(ready), whole(wanted))
end

-- Pods -------------------------------------------------------------------------------------------------------

local function waiting_reason(status)
  local reason = dig(status, "state", "waiting", "reason")
  return reason ~= "PodInitializing" and reason or nil
end

local function ended_reason(status)
  local ended = dig(status, "state", "terminated")
  if not ended then return nil end
  local signal = whole(get(ended, "signal"))
  return get(ended, "reason") or signal ~= 0 and format("Signal:%d", signal)
    or format("ExitCode:%d", whole(get(ended, "exitCode")))
end

-- The reason while init containers have not all run, else nil.
local function init_reason(pod)
  local total, done = length(dig(pod, "spec", "initContainers")), 0
  for _, status in each(dig(pod, "status", "initContainerStatuses")) do
    local code = dig(status, "state", "terminated", "exitCode")
    if code == 0 or (get(status, "started") == true and not dig(status, "state", "terminated")) then
      done = done + 1
    elseif code then
      return "Init:" .. text_of(ended_reason(status))
    else
      local reason = waiting_reason(status)
      return "Init:" .. (reason and text_of(reason) or share(done, total))
    end
  end
end

local function pod_status(pod)
  local reason = get(get(pod, "status"), "reason") or dig(pod, "status", "phase") or "Unknown"
  local running = false
  local starting = init_reason(pod)
  if starting then
    reason = starting
  else
    for _, status in each(dig(pod, "status", "containerStatuses")) do
      local found = waiting_reason(status) or ended_reason(status)
      if found then reason = found end
      running = running or (get(status, "ready") == true and dig(status, "state", "running") ~= nil)
    end
  end
  if reason == "Completed" and running then reason = "Running" end
  if dig(pod, "metadata", "deletionTimestamp") then
    return get(get(pod, "status"), "reason") == "NodeLost" and "Unknown" or "Terminating"
  end
  return text_of(reason)
end

local function pod_counts(pod)
  local ready, restarts = 0, 0
  for _, status in each(dig(pod, "status", "containerStatuses")) do
    if get(status, "ready") == true then ready = ready + 1 end
    restarts = restarts + whole(get(status, "restartCount"))
  end
  return ready, restarts
end

kinds.Pod = {
  columns = { "READY", "STATUS", "RESTARTS:number", "AGE:age", "NODE" },
  cells = function(pod, now)
    local ready, restarts = pod_counts(pod)
    return share(ready, length(dig(pod, "spec", "containers"))), pod_status(pod), restarts, age(pod, now),
      dig(pod, "spec", "nodeName")
  end,
}

-- What runs pods -----------------------------------------------------------------------------------------------

local function replicas(object)
  return share(dig(object, "status", "readyReplicas"), dig(object, "spec", "replicas") or 1)
end

kinds.Deployment = {
  columns = { "READY", "UP-TO-DATE:number", "AVAILABLE:number", "AGE:age" },
  cells = function(object, now)
    return replicas(object), whole(dig(object, "status", "updatedReplicas")),
      whole(dig(object, "status", "availableReplicas")), age(object, now)
  end,
}

kinds.StatefulSet = {
  columns = { "READY", "AGE:age" },
  cells = function(object, now) return replicas(object), age(object, now) end,
}

kinds.ReplicaSet = {
  columns = { "DESIRED:number", "CURRENT:number", "READY:number", "AGE:age" },
  cells = function(object, now)
    return whole(dig(object, "spec", "replicas")), whole(dig(object, "status", "replicas")),
      whole(dig(object, "status", "readyReplicas")), age(object, now)
  end,
}

local function selector(labels)
  local found = {}
  if type(labels) == "table" then
    for key, value in next, labels do found[#found + 1] = text_of(key) .. "=" .. text_of(value) end
  end
  sort(found)
  return joined(found)
end

kinds.DaemonSet = {
  columns = {
    "DESIRED:number", "CURRENT:number", "READY:number", "UP-TO-DATE:number", "AVAILABLE:number", "NODE SELECTOR", "AGE:age",
  },
  cells = function(object, now)
    local status = get(object, "status")
    return whole(get(status, "desiredNumberScheduled")), whole(get(status, "currentNumberScheduled")),
      whole(get(status, "numberReady")), whole(get(status, "updatedNumberScheduled")),
      whole(get(status, "numberAvailable")), selector(dig(object, "spec", "template", "spec", "nodeSelector")),
      age(object, now)
  end,
}

local function job_status(job)
  for _, condition in each(dig(job, "status", "conditions")) do
    local kind = get(condition, "type")
    if get(condition, "status") == "True" and (kind == "Complete" or kind == "Failed" or kind == "Suspended") then
      return kind
    end
  end
  return dig(job, "metadata", "deletionTimestamp") and "Terminating" or "Running"
end

kinds.Job = {
  columns = { "STATUS", "COMPLETIONS", "DURATION:age", "AGE:age" },
  cells = function(job, now)
    local ended = seconds(dig(job, "status", "completionTime")) or now
    return job_status(job), share(dig(job, "status", "succeeded"), dig(job, "spec", "completions") or 1),
      since(dig(job, "status", "startTime"), ended), age(job, now)
  end,
}

kinds.CronJob = {
  columns = { "SCHEDULE", "SUSPEND", "ACTIVE:number", "LAST SCHEDULE:age", "AGE:age" },
  cells = function(object, now)
    return dig(object, "spec", "schedule"), dig(object, "spec", "suspend") == true and "True" or "False",
      length(dig(object, "status", "active")), since(dig(object, "status", "lastScheduleTime"), now), age(object, now)
  end,
}

-- Network ------------------------------------------------------------------------------------------------------

local function addresses(service)
  local found = {}
  for _, ingress in each(dig(service, "status", "loadBalancer", "ingress")) do
    found[#found + 1] = text_of(get(ingress, "ip") or get(ingress, "hostname"))
  end
  for _, address in each(dig(service, "spec", "externalIPs")) do found[#found + 1] = text_of(address) end
  return found
end

local function external(service)
  local kind = dig(service, "spec", "type")
  if kind == "ExternalName" then return dig(service, "spec", "externalName") end
  return joined(addresses(service)) or (kind == "LoadBalancer" and "<pending>" or "<none>")
end

local function ports(service)
  local found = {}
  for _, port in each(dig(service, "spec", "ports")) do
    local node = get(port, "nodePort")
    found[#found + 1] = text_of(get(port, "port")) .. (node and ":" .. text_of(node) or "")
      .. "/" .. text_of(get(port, "protocol") or "TCP")
  end
  return joined(found)
end

kinds.Service = {
  columns = { "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE:age" },
  cells = function(service, now)
    return dig(service, "spec", "type") or "ClusterIP", dig(service, "spec", "clusterIP"), external(service),
      ports(service), age(service, now)
  end,
}

kinds.Ingress = {
  columns = { "CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE:age" },
  cells = function(object, now)
    local hosts = {}
    for _, rule in each(dig(object, "spec", "rules")) do hosts[#hosts + 1] = text_of(get(rule, "host") or "*") end
    return dig(object, "spec", "ingressClassName"), joined(hosts) or "*", joined(addresses(object)),
      length(dig(object, "spec", "tls")) > 0 and "80, 443" or "80", age(object, now)
  end,
}

-- The cluster --------------------------------------------------------------------------------------------------

local ROLE = "^node%-role%.kubernetes%.io/(.+)$"

local function roles(node)
  local found = {}
  local labels = dig(node, "metadata", "labels")
  if type(labels) == "table" then
    for key in next, labels do
      found[#found + 1] = type(key) == "string" and match(key, ROLE) or nil
    end
  end
  sort(found)
  return joined(found) or "<none>"
end

local function node_status(node)
  local text = "Unknown"
  for _, condition in each(dig(node, "status", "conditions")) do
    if get(condition, "type") == "Ready" then
      text = get(condition, "status") == "True" and "Ready" or "NotReady"
    end
  end
  return dig(node, "spec", "unschedulable") == true and text .. ",SchedulingDisabled" or text
end

kinds.Node = {
  columns = { "STATUS", "ROLES", "AGE:age", "VERSION" },
  cells = function(node, now)
    return node_status(node), roles(node), age(node, now), dig(node, "status", "nodeInfo", "kubeletVersion")
  end,
}

kinds.Namespace = {
  columns = { "STATUS", "AGE:age" },
  cells = function(object, now) return dig(object, "status", "phase"), age(object, now) end,
}

kinds.Event = {
  columns = { "LAST SEEN:age", "TYPE", "REASON", "OBJECT", "COUNT:number", "MESSAGE" },
  unnamed = true,
  cells = function(event, now)
    local last = get(event, "lastTimestamp") or dig(event, "series", "lastObservedTime") or get(event, "eventTime")
      or dig(event, "metadata", "creationTimestamp")
    local object = get(event, "involvedObject") or get(event, "regarding")
    local kind = get(object, "kind")
    return since(last, now), get(event, "type"), get(event, "reason"),
      (type(kind) == "string" and lower(kind) .. "/" or "") .. text_of(get(object, "name")),
      whole(get(event, "count") or dig(event, "series", "count") or 1), get(event, "message") or get(event, "note")
  end,
}

-- Storage and settings -----------------------------------------------------------------------------------------

local MODES = { ReadWriteOnce = "RWO", ReadOnlyMany = "ROX", ReadWriteMany = "RWX", ReadWriteOncePod = "RWOP" }

local function modes(list)
  local found = {}
  for _, mode in each(list) do found[#found + 1] = MODES[mode] or text_of(mode) end
  return joined(found)
end

kinds.PersistentVolumeClaim = {
  columns = { "STATUS", "VOLUME", "CAPACITY", "ACCESS MODES", "STORAGECLASS", "AGE:age" },
  cells = function(claim, now)
    return dig(claim, "status", "phase"), dig(claim, "spec", "volumeName"), dig(claim, "status", "capacity", "storage"),
      modes(dig(claim, "status", "accessModes") or dig(claim, "spec", "accessModes")),
      dig(claim, "spec", "storageClassName"), age(claim, now)
  end,
}

kinds.ConfigMap = {
  columns = { "DATA:number", "AGE:age" },
  cells = function(object, now)
    return count(get(object, "data")) + count(get(object, "binaryData")), age(object, now)
  end,
}

kinds.Secret = {
  columns = { "TYPE", "DATA:number", "AGE:age" },
  cells = function(object, now) return get(object, "type"), count(get(object, "data")), age(object, now) end,
}

local other = {
  columns = { "AGE:age" },
  cells = function(object, now) return age(object, now) end,
}

-- Tables of any kind -------------------------------------------------------------------------------------------

-- Items of a list do not say their kind.
local function guessed(object)
  if dig(object, "spec", "containers") then return "Pod" end
  if get(object, "involvedObject") then return "Event" end
  if dig(object, "status", "nodeInfo") then return "Node" end
  if dig(object, "spec", "clusterIP") then return "Service" end
end

local LOOKED_AT = 1000

-- The object that an item is about: of a change the one that has changed.
local function object_of(item)
  return views.is_kube_change(item) and get(item, "object") or item
end

-- Whether the objects are in different namespaces, and whether any is in one.
local function namespaces(list)
  local first, different = nil, false
  local n = length(list)
  for index = 1, n < LOOKED_AT and n or LOOKED_AT do
    local namespace = dig(object_of(rawget(list, index)), "metadata", "namespace")
    if type(namespace) == "string" then
      different = different or (first ~= nil and first ~= namespace)
      first = first or namespace
    end
  end
  return different, first ~= nil
end

local function mixed(list, kind)
  local n = length(list)
  for index = 1, n < LOOKED_AT and n or LOOKED_AT do
    local own = get(object_of(rawget(list, index)), "kind")
    if type(own) == "string" and own ~= kind then return true end
  end
  return false
end

local function change_of(_, item) return get(item, "type") end
local function namespace_of(object) return dig(object, "metadata", "namespace") end
local function name_of(object) return dig(object, "metadata", "name") end
local function kind_of(object) return get(object, "kind") end

local kubernetes = {}

-- How objects of `kind` are shown: the plan, which `rows` takes, and the titles of its columns.
function kubernetes.plan(list, kind)
  local first = rawget(list, 1)
  local changes = views.is_kube_change(first)
  if kind == "" and first then kind = guessed(object_of(first)) or "" end
  local several = kind ~= "" and kind ~= "List" and mixed(list, kind) or kind == "List"
  local known = not several and kinds[kind] or nil
  local shown = known or other
  local different, namespaced = namespaces(list)
  local titles, leading = {}, {}
  local function lead(title, read)
    titles[#titles + 1], leading[#leading + 1] = title, read
  end
  if changes then lead("CHANGE", change_of) end
  if different or (not known and namespaced) then lead("NAMESPACE", namespace_of) end
  if several then lead("KIND", kind_of) end
  if not shown.unnamed then lead("NAME", name_of) end
  for _, title in next, shown.columns do titles[#titles + 1] = title end
  return { shown = shown, leading = leading, changes = changes }, unpack(titles)
end

local function shown(cell)
  local kind = type(cell)
  if kind == "string" then return #cell > 1024 and sub(cell, 1, 1024) .. "..." or cell end
  if kind == "number" or kind == "boolean" then return cell end
end

local function fill(out, at, a, b, c, d, e, f, g)
  out[at + 1], out[at + 2], out[at + 3], out[at + 4], out[at + 5], out[at + 6], out[at + 7] =
    shown(a), shown(b), shown(c), shown(d), shown(e), shown(f), shown(g)
end

-- The cells of objects first..last, row by row; `now` in unix seconds.
function kubernetes.rows(list, first, last, plan, now)
  local out, at = {}, 0
  local cells, width = plan.shown.cells, #plan.shown.columns
  for index = first, last do
    local item = rawget(list, index)
    local object = plan.changes and object_of(item) or item
    for _, read in next, plan.leading do
      at = at + 1
      out[at] = shown(read(object, item))
    end
    fill(out, at, cells(object, now))
    at = at + width
  end
  return unpack(out, 1, at)
end

return kubernetes

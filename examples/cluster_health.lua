-- What is wrong in a Kubernetes cluster: nodes that are not ready, pods that do not run, deployments short of replicas.
--
--   assay examples/cluster_health.lua -- [--json] [--context=NAME] [NAMESPACE]
--
-- Exit code 1 when something is wrong. Without a namespace it looks at all of them. The cluster is that of the context
-- (or KUBE_CONTEXT), else the pod's own, else the current one of the kubeconfig.

local function usage()
  io.stderr:write("usage: assay cluster_health.lua -- [--json] [--context=NAME] [NAMESPACE]\n")
  require("os").exit(2)
end

local given = { json = false, context = env.get("KUBE_CONTEXT") or "" }
for _, word in ipairs(arg or {}) do
  local name, value = word:match("^%-%-?(%a*)=?(.*)$")
  if name and given[name] == nil then usage() end
  if name then given[name] = value else given[#given + 1] = word end
end
if #given > 1 then usage() end

local cluster = require("assay.k8s").client({ context = given.context ~= "" and given.context or nil })
local namespace = given[1] or "*"
local report = { nodes = 0, pods = 0, deployments = 0, problems = json.array() }

local function complain(kind, object_namespace, name, problem)
  local entry = { kind = kind, namespace = object_namespace or "", name = name, problem = problem }
  report.problems[#report.problems + 1] = entry
end

-- Why a container does not run, unless it is just being started.
local STARTING = { ContainerCreating = true, PodInitializing = true }
local function waiting_reason(containers)
  for _, container in ipairs(containers or {}) do
    local waiting = container.state and container.state.waiting
    if waiting and not STARTING[waiting.reason] then return waiting.reason or "waiting" end
  end
end

local function pod_problem(status)
  if status.phase == "Succeeded" then return nil end
  if status.phase == "Failed" or status.phase == "Unknown" then return status.reason or status.phase end
  local reason = waiting_reason(status.initContainerStatuses) or waiting_reason(status.containerStatuses)
  if reason then return reason end
  for _, condition in ipairs(status.conditions or {}) do
    if condition.type == "PodScheduled" and condition.status ~= "True" then return condition.reason or "Unscheduled" end
    if condition.type == "Ready" and condition.status ~= "True" then return "not ready" end
  end
end

for _, node in ipairs(cluster:node_status()) do
  report.nodes = report.nodes + 1
  if not node.ready then complain("node", nil, node.name, "not ready") end
end
if report.nodes == 0 then complain("cluster", nil, given.context, "no nodes") end

for pod in cluster:each(namespace, "pod") do
  report.pods = report.pods + 1
  local problem = pod_problem(pod.status or {})
  if problem then complain("pod", pod.metadata.namespace, pod.metadata.name, problem) end
end

for deployment in cluster:each(namespace, "deployment") do
  report.deployments = report.deployments + 1
  local wanted, available = deployment.spec.replicas or 1, (deployment.status or {}).availableReplicas or 0
  if available < wanted then
    local problem = ("%d of %d available"):format(available, wanted)
    complain("deployment", deployment.metadata.namespace, deployment.metadata.name, problem)
  end
end

if given.json then
  print(json.encode(report))
else
  if #report.problems > 0 then display(report.problems, { columns = { "kind", "namespace", "name", "problem" } }) end
  local counts = "%d nodes, %d pods, %d deployments: %d problems"
  print(counts:format(report.nodes, report.pods, report.deployments, #report.problems))
end
if #report.problems > 0 then require("os").exit(1) end

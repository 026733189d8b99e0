-- Contexts come from the kubeconfig; in a pod its service account is used.
local cluster = require("assay.k8s").client({ context = "staging", namespace = "shop" })

for _, pod in ipairs(cluster:pods().items) do print(pod.metadata.name, pod.status.phase) end
local rollout = cluster:rollout_status("shop", "web")
print(("%d of %d ready"):format(rollout.ready, rollout.desired))
--> web-0	Running
--> 2 of 3 ready

-- What completion is measured on: a live list of 5,000 pods, the same by name, a client, a function.
local pods = { kind = "PodList", apiVersion = "v1", metadata = { resourceVersion = "1" }, items = {} }
for index = 1, 5000 do
  pods.items[index] = {
    metadata = { name = "cart-" .. index, namespace = "shop", labels = { app = "cart", ["a/b"] = "c" } },
    spec = { nodeName = "node-1", containers = { { name = "main", image = "cart:1", resources = {} } } },
    status = { phase = "Running", podIP = "10.0.0.1", containerStatuses = { { name = "main", ready = true } } },
  }
end
by_name = {}
for _, pod in ipairs(pods.items) do by_name[pod.metadata.name] = pod end
c = require("assay.vault").client("http://127.0.0.1:1", { token = "t" })
function rollout(namespace, name, opts) return namespace end
return pods

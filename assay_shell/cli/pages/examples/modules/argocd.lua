-- Sync an application and wait until it is healthy.
local argo = require("assay.argocd").client(env.get("ARGOCD_URL"), { token = env.get("ARGOCD_TOKEN") })

argo:sync("web", { prune = true })
argo:wait_healthy("web", 300)
local health = argo:app_health("web")
print(health.status, health.sync)
--> Healthy	Synced

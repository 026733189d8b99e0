local grafana = require("assay.grafana").client(env.get("GRAFANA_URL"), { api_key = env.get("GRAFANA_API_KEY") })

print(grafana:health().database)
grafana:create_annotation({ text = "cart 1.4.2 deployed", tags = { "deploy" } })
for _, hit in ipairs(grafana:search({ query = "node", limit = 2 })) do print(hit.uid) end
--> ok
--> u

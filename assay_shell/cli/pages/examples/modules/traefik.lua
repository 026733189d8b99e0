local traefik = require("assay.traefik").client(env.get("TRAEFIK_URL"))

for _, router in ipairs(traefik:http_routers()) do print(router.name) end
print(traefik:is_router_enabled("r"))
--> x
--> true

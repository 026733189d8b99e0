local bao = require("assay.openbao").client(env.get("BAO_ADDR"), { token = env.get("BAO_TOKEN") })

print(bao:kv_get("kv", "team/app").data.p)
--> x

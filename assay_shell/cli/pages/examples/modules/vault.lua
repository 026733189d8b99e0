local vault = require("assay.vault").client(env.get("VAULT_ADDR"), { token = env.get("VAULT_TOKEN") })

local secret = vault:kv_get("kv", "team/app")
print(secret.data.p, secret.metadata.version)
vault:kv_put("kv", "team/app", { p = "y" }, { cas = secret.metadata.version })
--> x	3

local secrets = require("assay.eso").client({ context = "staging", namespace = "shop" })

local status = secrets:external_secret_status("shop", "x")
print(status.ready, status.status)
--> true	SecretSynced

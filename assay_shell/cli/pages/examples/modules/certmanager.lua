-- When does a certificate expire?
local certs = require("assay.certmanager").client({ context = "staging", namespace = "shop" })

local status = certs:certificate_status("shop", "x")
print(status.ready, status.not_after)
--> true	2026-04-01T00:00:00Z

-- Which revision runs?
local flux = require("assay.flux").client({ context = "staging" })

local status = flux:kustomization_status("ns1", "web")
print(status.ready, status.revision)
--> true	main@sha1:ab

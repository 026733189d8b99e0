-- Is a provider installed and healthy?
local crossplane = require("assay.crossplane").client({ context = "staging" })

local status = crossplane:provider_status("x")
print(status.installed, status.healthy, status.current_revision)
--> true	false	x-1

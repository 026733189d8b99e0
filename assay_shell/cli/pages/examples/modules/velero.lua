local velero = require("assay.velero").client({ context = "staging" })

print(velero:latest_backup("nightly").metadata.name)
local status = velero:backup_status("x")
print(status.phase, ("%d of %d items"):format(status.items_backed_up, status.items_total))
--> b
--> Completed	3 of 4 items

-- Silence an alert for two hours, then see what still fires.
local am = require("assay.alertmanager").client(env.get("ALERTMANAGER_URL"))

print(am:silence_alert("Down", 2, { comment = "disk swap", created_by = "ana" }))
print(am:is_firing("Down"), am:active_count())
--> s1
--> true	1

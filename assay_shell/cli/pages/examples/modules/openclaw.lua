local claw = require("assay.openclaw").client(env.get("OPENCLAW_URL"), { token = env.get("OPENCLAW_TOKEN") })

print(claw:notify("ana", "Backup finished").ok)
--> true

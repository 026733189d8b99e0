-- Switch a flag on in one environment.
local flags = require("assay.unleash").client(env.get("UNLEASH_URL"), { token = env.get("UNLEASH_ADMIN_TOKEN") })

flags:toggle_on("p", "f", "dev")
for _, feature in ipairs(flags:features("p")) do print(feature.name, feature.stale) end
--> f	false

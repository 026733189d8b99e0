local keto = require("assay.keto").client(env.get("KETO_READ_URL"), { write_url = env.get("KETO_WRITE_URL") })

print(keto:check("File", "report", "view", "user:ada"))
for _, role in ipairs(keto:get_user_roles("ada")) do print(role.object, role.relation) end
--> true
--> admin	members

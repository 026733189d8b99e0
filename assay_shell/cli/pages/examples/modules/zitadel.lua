local zitadel = require("assay.zitadel").client({
  url = env.get("ZITADEL_URL"), domain = "example.com", token = env.get("ZITADEL_TOKEN"),
})
for _, user in ipairs(zitadel:search_users()) do print(user.id) end
--> 1

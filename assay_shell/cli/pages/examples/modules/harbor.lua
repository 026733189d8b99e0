local harbor = require("assay.harbor").client(env.get("HARBOR_URL"), {
  username = env.get("HARBOR_USERNAME"), password = env.get("HARBOR_PASSWORD"),
})
print(harbor:is_healthy(), harbor:image_exists("lib", "app", "v1"))
--> true	true

local ory = require("assay.ory").connect({
  kratos_public = env.get("KRATOS_PUBLIC_URL"), keto_read = env.get("KETO_READ_URL"),
})
print(ory.kratos:whoami("ory_kratos_session=abc").id)
print(ory.keto:check("File", "report", "view", "user:ada"))
--> x
--> true

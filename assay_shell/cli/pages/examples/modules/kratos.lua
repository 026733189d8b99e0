local kratos = require("assay.kratos").client({
  public_url = env.get("KRATOS_PUBLIC_URL"), admin_url = env.get("KRATOS_ADMIN_URL"),
})
local session = kratos:whoami("ory_kratos_session=abc")
print(session and session.id)
print(#kratos:list_identities())
--> x
--> 1

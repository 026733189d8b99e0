local dex = require("assay.dex").client(env.get("DEX_URL"))

print(dex:health(), dex:issuer())
print(dex:supports_scope("groups"))
--> true	https://dex.example.com
--> true

-- The files are those of assay.oauth2; a refused token is refreshed and written back.
local mail = require("assay.gmail").client({
  credentials_file = "client.json", token_file = "token.json", api_base = env.get("GOOGLE_API_URL"), -- nil: Google's
})
for _, message in ipairs(mail:search("is:unread", { max = 2 })) do print(message.id) end
--> 1
--> 2

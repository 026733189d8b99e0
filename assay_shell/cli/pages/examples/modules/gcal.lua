-- The files are those of assay.oauth2; a refused token is refreshed and written back.
local calendar = require("assay.gcal").client({
  credentials_file = "client.json", token_file = "token.json", api_base = env.get("GOOGLE_API_URL"), -- nil: Google's
})
for _, event in ipairs(calendar:events({ timeMin = "2026-01-31T00:00:00Z", maxResults = 5 })) do print(event.id) end
--> 1

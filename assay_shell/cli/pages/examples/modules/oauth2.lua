local google = require("assay.oauth2").from_file("client.json", "token.json", {
  token_url = env.get("GOOGLE_TOKEN_URL"), -- nil: Google's
})
print(google:headers().Authorization)
google:refresh()
google:save()
print(json.parse(fs.read("token.json")).access_token)
--> Bearer old-token
--> new-token

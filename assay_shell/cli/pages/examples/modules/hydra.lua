local hydra = require("assay.hydra").client({
  public_url = env.get("HYDRA_PUBLIC_URL"), admin_url = env.get("HYDRA_ADMIN_URL"),
})
for _, client in ipairs(hydra:list_clients()) do print(client.client_id) end
print(hydra:introspect("token-to-look-at").active)
--> web
--> true

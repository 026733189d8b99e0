local loki = require("assay.loki").client(env.get("LOKI_URL"))

loki:push({ app = "cart", level = "info" }, { "deployed 1.4.2" })
for _, stream in ipairs(loki:query_range('{app="cart"}', { limit = 10 })) do
  for _, entry in ipairs(stream.values) do print(entry[2]) end
end
--> l

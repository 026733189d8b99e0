local pg = require("assay.postgres").client("db.example.com", 5432, "postgres", env.get("PGPASSWORD"))

for _, row in ipairs(pg:query("SELECT name FROM users WHERE age > $1", { 30 })) do print(row.name) end
pg:close()
--> ada

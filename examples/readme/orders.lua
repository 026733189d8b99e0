-- Tables, a transaction, parameters, and rows one by one. DATABASE_URL names any database.
local shop <close> = db.connect(env.get("DATABASE_URL"))

db.execute(shop, "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL, total NUMERIC(8, 2))")

db.transaction(shop, function(tx) -- all of it, or nothing when something in it fails
  db.execute(tx, "INSERT INTO orders VALUES (1, $1, $2)", { "lamp", 42.5 })
  db.execute(tx, "INSERT INTO orders VALUES (2, $1, $2)", { "chair'); DROP TABLE orders; --", 120 })
end)

for order in db.stream(shop, "SELECT item, total FROM orders WHERE total > :least", { least = 100 }) do
  print(order.item, order.total)
end

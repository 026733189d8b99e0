local shop <close> = db.connect("sqlite::memory:")
db.execute(shop, "CREATE TABLE orders (item TEXT, total REAL)")
db.transaction(shop, function(tx)
  db.batch(tx, "INSERT INTO orders VALUES ($1, $2)", { { "lamp", 42.5 }, { "chair", 120 } })
end)
for order in db.stream(shop, "SELECT * FROM orders WHERE total > :least", { least = 100 }) do
  print(order.item, order.total)
end
--> chair	120.0

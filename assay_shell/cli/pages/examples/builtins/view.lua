-- In the shell and in notebooks the same view is drawn with colours, or as HTML.
display(view.table({
  { name = "cart", replicas = 3, age = 5400 },
  { name = "search", replicas = 1, age = 90 },
}, { columns = { "name", "replicas", { "age", kind = "age" } }, sort = "-replicas" }))

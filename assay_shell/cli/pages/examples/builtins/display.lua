display({ { name = "cart", replicas = 3 }, { name = "search", replicas = 1 } }, { title = "Deployments" })

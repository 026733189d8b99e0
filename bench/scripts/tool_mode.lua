-- A result as an agent gets it.
return { items = { 1, 2, 3 }, ok = true }

"""How many requests and events `http.serve` delivers, and what a request costs."""

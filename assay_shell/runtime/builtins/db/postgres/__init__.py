"""PostgreSQL, by libpq as psycopg brings it: its URL parameters and PG* variables, and text results as the server
writes them."""

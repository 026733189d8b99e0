-- Milliseconds to read 100,000 rows of three columns from the server that BENCH_POSTGRES names; the best of three.
local conn = db.connect(env.get("BENCH_POSTGRES"))
local best = math.huge
for run = 1, 3 do
  local started = time()
  local rows = db.query(conn, "SELECT i AS a, i * 0.5::float8 AS b, 'row ' || i AS c FROM generate_series(1, 100000) AS i")
  best = math.min(best, (time() - started) * 1000)
  assert.eq(#rows, 100000)
end
print(best)

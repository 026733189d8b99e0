-- Milliseconds to insert 100,000 rows with one db.batch; the best of three.
local rows = {}
for i = 1, 100000 do rows[i] = { i, i * 0.5, "row " .. i } end
local best = math.huge
for run = 1, 3 do
  local conn = db.connect("sqlite::memory:")
  db.execute(conn, "CREATE TABLE t(a INTEGER, b REAL, c TEXT)")
  local started = time()
  db.batch(conn, "INSERT INTO t VALUES (?, ?, ?)", rows)
  best = math.min(best, (time() - started) * 1000)
  db.close(conn)
end
print(best)
